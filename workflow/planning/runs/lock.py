"""Runs in one folder: two at once do not harm each other, and a killed one does not hinder the next.

Before its first job a run claims the files that it reads and writes. It is stopped if another one writes
one of them, or reads one that it would write. Runs and their jobs are announced by locks that the system
takes back when a process ends, however it ends. What another host has left is told and never taken for
ended, because its locks may not be seen here. Snakemake's own locks, which stay behind when a run is
killed, are turned off by the profiles and are not touched.
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
from activepool.records.process_locks import Announcement, announce, others, remove_ended, withdraw

#: Where runs and jobs are announced, in the folder of a run (see `_home`).
RUNS = Path(".snakemake/activepool/runs")
JOBS = Path(".snakemake/activepool/jobs")

#: The environment variable that tells a run which is a job of another one that other's name.
WITHIN = "ACTIVEPOOL_RUN"

#: Seconds between two looks at jobs that were left at work.
INTERVAL = 0.5


def runs_folder() -> Path:
    """Return where runs are announced."""
    return _home() / RUNS


def jobs_folder() -> Path:
    """Return where running stages are announced."""
    return _home() / JOBS


def _home() -> Path:
    """Return the folder where the runs that write the same results are announced.

    It is the present one; where ``results`` is a link, with which folders share results, the one that the
    results really lie in, if it can be written.
    """
    results = Path("results")
    if not results.is_symlink():
        return Path()
    shared = results.resolve().parent
    return shared if os.access(shared, os.W_OK) else Path()


def warn_about_others() -> None:
    """Tell of other runs in the present folder. Nothing is written or removed: it may be a dry run."""
    if WITHIN in os.environ:
        return  # the run around it has looked
    found = others(runs_folder())
    if seen := [run.name for run in found if run.is_seen]:
        _tell(
            f"another run is at work in this folder ({', '.join(seen)});"
            " if both write the same files, this one is stopped: start it again after the other"
        )
    _tell_unseen("another run", found)


def register(reads: Iterable[str], writes: Iterable[str]) -> None:
    """Announce this run, and the files that it reads and writes, until the process ends.

    Jobs that a killed run has left at work are waited for, because they write files of this one.

    Args:
        reads, writes: paths as the rules name them.

    Raises: InputError if a run that is at work, or may be, writes one of them, or reads one of ``writes``.
    """
    own = {"reads": sorted(reads), "writes": sorted(writes)}
    runs_folder().mkdir(parents=True, exist_ok=True)
    with _door():
        remove_ended(runs_folder())
        if WITHIN not in os.environ and not any(run.is_seen for run in others(runs_folder())):
            _wait_for_jobs()
        announcement = announce(runs_folder(), json.dumps(own))
        # Announced before it looks: of two hosts that see no locks of each other, one at least is stopped.
        if conflict := next(_conflicts(own), None):
            withdraw(runs_folder())
            raise InputError(conflict)
    atexit.register(_leave, announcement)


def _leave(announcement: IO[str]) -> None:
    withdraw(runs_folder())
    announcement.close()


def _conflicts(own: dict[str, list[str]]) -> Iterator[str]:
    for run in others(runs_folder()):
        with suppress(FileNotFoundError):  # it has ended in this moment
            if shared := _shared(own, json.loads(run.path.read_text(encoding="utf-8") or "{}")):
                yield _conflict(run, min(shared))


def _conflict(run: Announcement, file: str) -> str:
    if run.is_seen:
        return f"another run in this folder ({run.name}) is at work on {file}; start this one again after it"
    return (
        f"another run in this folder may be at work on {file} ({run.described()}): its host cannot be asked;"
        f" start this one again after it; if it was killed, first: {_removal(run)}"
    )


def _shared(own: dict[str, list[str]], theirs: dict[str, list[str]]) -> set[str]:
    """Return the files that one of two runs writes, and the other reads or writes."""
    reads, writes = set(own["reads"]), set(own["writes"])
    read, written = set(theirs.get("reads", [])), set(theirs.get("writes", []))
    return (writes & (read | written)) | (reads & written)


@contextmanager
def _door() -> Iterator[None]:
    """Let runs that start at the same moment enter one by one, where the file system has locks."""
    with (runs_folder() / "door").open("w", encoding="utf-8") as door:
        try:
            fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _tell("another run is about to start in this folder; waits for it")
            fcntl.flock(door, fcntl.LOCK_EX)
        except OSError:
            pass
        yield


def _wait_for_jobs() -> None:
    remove_ended(jobs_folder())
    found = others(jobs_folder())
    _tell_unseen("a job of an earlier run", found)
    if seen := [job for job in found if job.is_seen]:
        names = [job.name for job in seen]
        _tell(
            f"a run that was killed has left jobs at work ({', '.join(names)}); waits for them"
            f" ({_how_to_end(names)})"
        )
    while any(job.is_seen for job in others(jobs_folder())):
        time.sleep(INTERVAL)
    remove_ended(jobs_folder())


def _tell_unseen(what: str, found: list[Announcement]) -> None:
    unseen = [one for one in found if not one.is_seen]
    if unseen:
        which = "; ".join(one.described() for one in unseen)
        _tell(
            f"{what} may be at work in this folder, and its host cannot be asked ({which});"
            f" if it was killed: {_removal(*unseen)}"
        )


def _removal(*left: Announcement) -> str:
    """Return the command that removes announcements."""
    return shlex.join(["rm", *(str(one.path.absolute()) for one in left)])


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
