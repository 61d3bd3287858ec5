"""The lock of a folder: two runs at once do not harm each other, and a killed run does not block the next.

Before its first job, a run registers the files that it reads and writes. It stops if another run writes one
of them, or reads one that it would write. Runs and jobs hold locks that the system releases when a process
ends, however it ends. Locks of other hosts may be invisible here, so a run of another host counts as active
until its entry is removed. Snakemake's own locks stay behind when a run is killed; the profiles turn them
off, and this module leaves them alone.
"""

import atexit
import fcntl
import json
import os
import shlex
import socket
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from activepool.errors import InputError
from activepool.records.process_locks import Announcement, announce, other_processes, remove_ended, withdraw

#: Where runs and jobs are announced, relative to `_announcing_folder`.
RUNS = Path(".snakemake/activepool/runs")
JOBS = Path(".snakemake/activepool/jobs")

#: The environment variable that names the outer run, in a run that is a job of another run.
OUTER_RUN = "ACTIVEPOOL_RUN"

#: Seconds between two checks of jobs that a killed run left running.
POLLING_SECONDS = 0.5


def runs_folder() -> Path:
    """Return where runs are announced."""
    return _announcing_folder() / RUNS


def jobs_folder() -> Path:
    """Return where running stages are announced."""
    return _announcing_folder() / JOBS


def _announcing_folder() -> Path:
    """Return the working directory or, if ``results`` leads to a writable folder elsewhere, that folder."""
    results = Path("results")
    if not results.is_symlink():
        return Path()
    shared = results.resolve().parent
    return shared if os.access(shared, os.W_OK) else Path()


def warn_about_others() -> None:
    """Warn about other runs in this folder; write and remove nothing, since this may be a dry run."""
    if OUTER_RUN in os.environ:
        return  # the outer run has warned
    if active := active_runs():
        _print(
            f"another run is active in this folder ({', '.join(active)});"
            " if both write the same files, this run stops: start it again after the other has ended"
        )
    _warn_about_unreachable("another run", other_processes(runs_folder()))


def active_runs() -> list[str]:
    """Return the names of other runs that are active in this folder, as far as this host sees them."""
    if OUTER_RUN in os.environ:
        return []
    return [run.name for run in other_processes(runs_folder()) if run.is_confirmed]


def register(reads: Iterable[str], writes: Iterable[str]) -> None:
    """Announce this run, and the files, as rules name them, that it reads and writes, until it ends.

    It first waits for jobs that a killed run left running, because they write files of this run.

    Raises: InputError if a run that is active, or may be, writes one of them, or reads one of ``writes``.
    """
    files = {"reads": sorted(reads), "writes": sorted(writes)}
    runs_folder().mkdir(parents=True, exist_ok=True)
    with _one_start_at_a_time():
        remove_ended(runs_folder())
        if OUTER_RUN not in os.environ and not active_runs():
            _wait_for_jobs()
        announcement = announce(runs_folder(), json.dumps(files))
        # Announce, then look: if two hosts do not see each other's locks, at least one of the runs stops.
        if conflict := next(_conflicts(files), None):
            withdraw(runs_folder())
            raise InputError(conflict)
    atexit.register(_end, announcement)


def _end(announcement: IO[str]) -> None:
    withdraw(runs_folder())
    announcement.close()


def _conflicts(ours: dict[str, list[str]]) -> Iterator[str]:
    for run in other_processes(runs_folder()):
        with suppress(FileNotFoundError):  # the process has just ended
            theirs = json.loads(run.path.read_text(encoding="utf-8") or "{}")
            if files := _contested_files(ours, theirs):
                yield _conflict(run, min(files))


def _conflict(run: Announcement, file: str) -> str:
    if run.is_confirmed:
        return f"another run in this folder ({run.name}) uses {file}; start this run again after it has ended"
    return (
        f"another run in this folder may be using {file} ({run.description()}), and its host is out of reach;"
        f" start this run again after it has ended; if it was killed, first: {_removal_command(run)}"
    )


def _contested_files(ours: dict[str, list[str]], theirs: dict[str, list[str]]) -> set[str]:
    """Return the files that one of two runs writes and the other reads or writes."""
    reads, writes = set(ours["reads"]), set(ours["writes"])
    their_reads, their_writes = set(theirs.get("reads", [])), set(theirs.get("writes", []))
    return (writes & (their_reads | their_writes)) | (reads & their_writes)


@contextmanager
def _one_start_at_a_time() -> Iterator[None]:
    """Make runs that start at the same moment register one by one, if the file system has locks."""
    with (runs_folder() / "door").open("w", encoding="utf-8") as door:
        try:
            fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _print("another run is starting in this folder; waiting for it")
            fcntl.flock(door, fcntl.LOCK_EX)
        except OSError:
            pass
        yield


def _wait_for_jobs() -> None:
    remove_ended(jobs_folder())
    jobs = other_processes(jobs_folder())
    _warn_about_unreachable("a job of an earlier run", jobs)
    if active := [job.name for job in jobs if job.is_confirmed]:
        _print(
            f"a killed run left jobs running ({', '.join(active)}); waiting for them"
            f" (to end them: {_kill_commands(active)})"
        )
    while any(job.is_confirmed for job in other_processes(jobs_folder())):
        time.sleep(POLLING_SECONDS)
    remove_ended(jobs_folder())


def _warn_about_unreachable(kind: str, processes: list[Announcement]) -> None:
    if unreachable := [process for process in processes if not process.is_confirmed]:
        descriptions = "; ".join(process.description() for process in unreachable)
        _print(
            f"{kind} may be active in this folder, and its host is out of reach ({descriptions});"
            f" if it was killed: {_removal_command(*unreachable)}"
        )


def _removal_command(*announcements: Announcement) -> str:
    return shlex.join(["rm", *(str(announcement.path.absolute()) for announcement in announcements)])


def _kill_commands(jobs: Iterable[str]) -> str:
    """Return the commands that end these jobs, one for each host."""
    numbers: dict[str, list[str]] = {}
    for job in jobs:
        host, _, number = job.rpartition("-")
        numbers.setdefault(host, []).append(number)
    this_host = socket.gethostname()
    return ", ".join(
        f"kill {' '.join(processes)}" + ("" if host == this_host else f" on {host}")
        for host, processes in numbers.items()
    )


def _print(message: str) -> None:
    print(f"activepool: {message}", file=sys.stderr)
