"""Runs in one folder: two at once do not harm each other, and a killed one does not hinder the next.

Snakemake locks the files of a run. It leaves these locks behind when it is killed, and when a run ends it
removes those of all others. Here runs and their jobs are announced by locks that the system takes back when a
process ends, however it ends: a run that finds no other removes what was left, and runs of which one would
write what another reads or writes are kept apart whatever became of Snakemake's locks.
"""

import fcntl
import json
import os
import shutil
import socket
import sys
import time
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from activepool.announcements import announce, at_work
from activepool.errors import InputError

#: Where Snakemake keeps its locks, and where runs and jobs are announced, in the folder of a run.
SNAKEMAKE_LOCKS = Path(".snakemake/locks")
RUNS = Path(".snakemake/activepool/runs")
JOBS = Path(".snakemake/activepool/jobs")

#: The environment variable that tells a run which is a job of another one that other's name.
WITHIN = "ACTIVEPOOL_RUN"

#: Seconds between two looks at jobs that were left at work.
INTERVAL = 0.5


def enter() -> IO[str] | None:
    """Announce a run in the present folder, and clear what killed runs have left there.

    Jobs that a killed run has left at work are waited for, because they write files of the next run.

    Returns: what announces the run until it is closed or the process ends; None where the file system
    has no such locks.
    """
    RUNS.mkdir(parents=True, exist_ok=True)
    try:
        with (RUNS / "door").open("w", encoding="utf-8") as door:
            _pass(door)
            if WITHIN in os.environ:
                pass  # the run around it has looked
            elif others := at_work(RUNS):
                _tell(
                    f"another run is at work in this folder ({', '.join(others)});"
                    " if both write the same files, this one is stopped: start it again after the other"
                )
            else:
                _wait_for_jobs()
                shutil.rmtree(SNAKEMAKE_LOCKS, ignore_errors=True)
            return announce(RUNS)
    except OSError:
        return None


def claim(run: IO[str] | None, reads: Iterable[str], writes: Iterable[str]) -> None:
    """Note which files a run reads and writes, before its first job.

    Args:
        run: what announces it, from `enter`.
        reads, writes: paths as the rules name them.

    Raises: InputError if a run at work writes one of them, or reads one that this run would write.
    """
    if run is None:
        return
    own = {"reads": sorted(reads), "writes": sorted(writes)}
    with (RUNS / "door").open("w", encoding="utf-8") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        for other in at_work(RUNS):
            if shared := _shared(own, json.loads((RUNS / other).read_text(encoding="utf-8") or "{}")):
                raise InputError(
                    f"another run in this folder ({other}) is at work on {min(shared)}; start this one again"
                    " after it"
                )
        run.write(json.dumps(own))
        run.flush()


def _shared(own: dict[str, list[str]], others: dict[str, list[str]]) -> set[str]:
    """Return the files that one of two runs writes, and the other reads or writes."""
    reads, writes = set(own["reads"]), set(own["writes"])
    read, written = set(others.get("reads", [])), set(others.get("writes", []))
    return (writes & (read | written)) | (reads & written)


def _pass(door: IO[str]) -> None:
    """Lock the door; runs that start at the same moment enter one by one."""
    try:
        fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _tell("another run is about to start in this folder; waits for it")
        fcntl.flock(door, fcntl.LOCK_EX)


def _wait_for_jobs() -> None:
    if jobs := at_work(JOBS):
        _tell(
            f"a run that was killed has left jobs at work ({', '.join(jobs)}); waits for them"
            f" ({_how_to_end(jobs)})"
        )
    while at_work(JOBS):
        time.sleep(INTERVAL)


def _how_to_end(jobs: Iterable[str]) -> str:
    """Return the commands that end these jobs, each on its host."""
    numbers: dict[str, list[str]] = {}
    for job in jobs:
        host, _, number = job.rpartition("-")
        numbers.setdefault(host, []).append(number)
    here = socket.gethostname()
    commands = [
        f"kill {' '.join(own)}" + ("" if host == here else f" on {host}") for host, own in numbers.items()
    ]
    return f"{', '.join(commands)} ends them"


def _tell(message: str) -> None:
    print(f"activepool: {message}", file=sys.stderr)
