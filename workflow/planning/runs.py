"""Runs in one folder: two at once do not harm each other, and a killed one does not hinder the next.

Snakemake locks the files that a run will write, and leaves these locks behind when it is killed. Here runs
and their jobs are announced by locks that the system takes back when a process ends, however it ends: a run
that finds no other removes what was left. Runs that would write the same files are kept apart by Snakemake.
"""

import fcntl
import os
import shutil
import sys
import time
from pathlib import Path
from typing import IO

from activepool.announcements import announce, at_work

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
        with (RUNS / "door").open("w") as door:
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


def _pass(door: IO[str]) -> None:
    """Lock the door; runs that start at the same moment enter one by one."""
    try:
        fcntl.flock(door, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        _tell("another run is about to start in this folder; waits for it")
        fcntl.flock(door, fcntl.LOCK_EX)


def _wait_for_jobs() -> None:
    if jobs := at_work(JOBS):
        numbers = " ".join(job.rpartition("-")[2] for job in jobs)
        _tell(
            f"a run that was killed has left jobs at work ({', '.join(jobs)}); waits for them"
            f" (kill {numbers} ends them)"
        )
    while at_work(JOBS):
        time.sleep(INTERVAL)


def _tell(message: str) -> None:
    print(f"activepool: {message}", file=sys.stderr)
