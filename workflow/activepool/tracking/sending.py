"""Sending runs to a tracker in a process of its own, so that nothing that it does reaches the experiment.

A tracker may raise, hang, crash or end its process: what comes of that is one line that says so.
"""

import multiprocessing
import os
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from activepool.tracking.catalogue import made_tracker
from activepool.tracking.tracker import TrackedRun

#: Seconds that a tracker has for each run, its import among those of the first.
SECONDS = 60.0

#: The file, in the tracker's folder, of what it prints.
PRINTED = "printed.txt"

PROCESSES = multiprocessing.get_context("spawn")


class TrackerFailed(Exception):
    """A tracker did not take what it was sent; the message is one line."""


@dataclass(frozen=True)
class Outcome:
    """What came of it.

    Attributes:
        sent: the names of the runs that the tracker took.
        failure: why it took no more; None if it took all.
    """

    sent: list[str]
    failure: str | None


def send(
    tracker: str, project: str, folder: Path, runs: Sequence[TrackedRun], seconds: float = SECONDS
) -> Outcome:
    """Send runs to a tracker until one fails; never raises for anything that the tracker does.

    Args:
        tracker: its name.
        project: what the runs are gathered under.
        folder: where its files and what it prints are kept; made if it is not there.
        runs: in the order in which they are sent.
        seconds: how long each may take.
    """
    sent = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _taken(tracker, project, folder, runs, seconds):
            sent.append(name)
    except Exception as error:
        return Outcome(sent, str(error) if isinstance(error, TrackerFailed) else _in_one_line(error))
    return Outcome(sent, None)


def _taken(
    tracker: str, project: str, folder: Path, runs: Sequence[TrackedRun], seconds: float
) -> Iterator[str]:
    """Yield the name of each run when it is taken; raises TrackerFailed if one is not."""
    results, teller = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=_tell, args=(tracker, project, folder, runs, teller))
    try:
        process.start()
        teller.close()  # so that the end of the process ends the pipe
        for run in runs:
            yield _result(results, run.name, seconds)
        process.join(seconds)
        if process.is_alive():
            raise TrackerFailed(f"took all runs, but did not end within {seconds:g} seconds")
    finally:
        if process.is_alive():
            process.kill()
            process.join(1)
        results.close()


def _result(results: Connection, name: str, seconds: float) -> str:
    if not results.poll(seconds):
        raise TrackerFailed(f"was stopped: {name} took longer than {seconds:g} seconds")
    try:
        result = results.recv()
    except EOFError:
        raise TrackerFailed(f"ended its process before it had taken {name}") from None
    if isinstance(result, TrackerFailed):
        raise result
    return result


def _tell(tracker: str, project: str, folder: Path, runs: Sequence[TrackedRun], teller: Connection) -> None:
    """Tell a tracker the runs; what it prints goes to a file, and what came of each run to ``teller``."""
    with (folder / PRINTED).open("w", encoding="utf-8") as stream:
        for descriptor in (1, 2):
            os.dup2(stream.fileno(), descriptor)
    try:
        made = made_tracker(tracker, project, folder)
        for run in runs:
            run.tell(made)
            teller.send(run.name)
    except Exception as error:
        traceback.print_exc()
        teller.send(TrackerFailed(_in_one_line(error)))


def _in_one_line(error: Exception) -> str:
    message = " ".join(str(error).split())
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
