"""Snakemake's scheduler, and whether a run has what its jobs need, before the first: a cluster, a GPU."""

import re
import shlex
import subprocess
import threading
from typing import Any

from activepool.compute.devices import has_cuda_driver
from activepool.errors import InputError
from activepool.programs.messages import print_notices

#: Commands of Slurm that report the states of jobs, as a question that costs Slurm little.
STATES = {
    "squeue": ["squeue", "--noheader", "--name", "activepool"],
    "sacct": ["sacct", "--allocations", "--noheader", "--name", "activepool"],
}

#: Seconds that Slurm may take to answer. Its commands give up by themselves after about ten seconds.
PATIENCE = 30.0

#: A variable before a command of the shell, and a command that the shell does not change.
ASSIGNMENT, PLAIN = re.compile(r"\w+="), re.compile(r"[\w./+~-]+")


def unblock_sigterm(workflow: Any) -> None:
    """Give Snakemake's scheduler a lock that its handler of SIGTERM can take while its loop holds it.

    Both run in the main thread, which would otherwise wait for itself forever. No other thread holds it yet.
    """
    workflow.scheduler._lock = threading.RLock()


def require_scheduler(workflow: Any) -> None:
    """Raise InputError if a run cannot submit its jobs from this machine: each would fail at each retry."""
    if all(job.is_local for job in workflow.dag.needrun_jobs()):
        return
    settings = workflow.executor_settings
    if workflow.executor_plugin.name == "slurm":
        _require_slurm(settings.status_command)
    elif submit := getattr(settings, "submit_cmd", None):  # that of cluster-generic
        _require({_first_command(submit): "that submits the jobs"})


def require_gpu(workflow: Any, device: str) -> None:
    """Raise InputError if jobs of a run would compute on a GPU of this machine, which has none."""
    if workflow.executor_plugin.name != "local" or not device.startswith("cuda") or has_cuda_driver():
        return
    rules = sorted({job.rule.name for job in workflow.dag.needrun_jobs() if "device" in job.rule.resources})
    if rules:
        raise InputError(
            f"device: {device}: {', '.join(rules)} would compute on a GPU, and CUDA finds none on this "
            "machine; use auto or cpu, or a profile that submits the jobs to a machine with a GPU"
        )


def _require_slurm(chosen: str | None) -> None:
    """Raise InputError unless the two commands that Snakemake's plugin uses are there, and Slurm answers.

    The plugin asks the same command the same question while jobs run, so this check stops no run that could
    follow its jobs. `sbatch --test-only` might: whether Slurm accepts it depends on what a job requests.

    ``chosen`` is the command that reports states; without sacct, the plugin uses squeue.
    """
    states = "sacct" if chosen == "sacct" and _is_command("sacct") else "squeue"
    _require({"sbatch": "that submits the jobs", states: "that reports their states"})
    _require_answer(STATES[states])


def _require_answer(command: list[str]) -> None:
    """Raise InputError if a command of Slurm fails. If it takes long, warn: Slurm may only be busy."""
    words = shlex.join(command)
    try:
        answer = subprocess.run(
            command, capture_output=True, encoding="utf-8", errors="replace", timeout=PATIENCE, check=False
        )
    except subprocess.TimeoutExpired:
        print_notices([f"Slurm has not answered `{words}` within {PATIENCE:g} seconds; the run goes on"])
        return
    if answer.returncode:
        lines = [line.strip() for line in (answer.stderr or answer.stdout).splitlines()]
        message = "; ".join(filter(None, lines)) or f"exit status {answer.returncode}"
        raise InputError(f"Slurm does not answer on this machine; `{words}` said: {message}")


def _require(commands: dict[str | None, str]) -> None:
    """Raise InputError if a command is missing; ``commands`` has their uses by name, or None if unknown."""
    missing = {name: use for name, use in commands.items() if name and not _is_command(name)}
    if missing:
        named = " and ".join(f"{name}, the command {use}," for name, use in missing.items())
        are, them = ("is", "it") if len(missing) == 1 else ("are", "them")
        raise InputError(
            f"{named} {are} not on this machine; "
            f"start the run on a machine that has {them}, or with another profile"
        )


def _first_command(line: str) -> str | None:
    """Return the program that a line of the shell starts; None if the line does not show it."""
    try:
        words = shlex.split(line)
    except ValueError:
        return None
    word = next((word for word in words if not ASSIGNMENT.match(word)), "")
    return word if PLAIN.fullmatch(word) else None


def _is_command(name: str) -> bool:
    """Return whether the shell knows a command, built in or not."""
    words = ["/bin/sh", "-c", 'command -v "$1"', "sh", name]
    return subprocess.run(words, stdout=subprocess.DEVNULL, check=False).returncode == 0
