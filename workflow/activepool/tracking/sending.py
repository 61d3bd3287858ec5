"""Sending runs to a tracker in a separate process, so that the tracker cannot disturb the experiment.

A tracker may raise, hang, crash or end its process: the result is one line that says so.
"""

import multiprocessing
import os
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

from activepool.tracking.registry import build_tracker
from activepool.tracking.tracker import TrackedRun

#: Seconds that a tracker has for each run; the first run includes its import.
SECONDS = 60.0

#: The file in the tracker's folder that collects its output.
OUTPUT_FILE = "printed.txt"

PROCESSES = multiprocessing.get_context("spawn")


class TrackerError(Exception):
    """A tracker did not accept a run; the message is one line."""


@dataclass(frozen=True)
class Outcome:
    """The names of the runs that a tracker accepted, and why it did not accept more; None if it did all."""

    sent: list[str]
    failure: str | None


def send(
    tracker: str, project: str, folder: Path, runs: Sequence[TrackedRun], seconds: float = SECONDS
) -> Outcome:
    """Send runs to a tracker until one fails; never raises, whatever the tracker does.

    ``project`` groups the runs; each may take this many ``seconds``. The ``folder`` gets the tracker's files.
    """
    sent = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in _accepted_runs(tracker, project, folder, runs, seconds):
            sent.append(name)
    except Exception as error:
        return Outcome(sent, str(error) if isinstance(error, TrackerError) else _one_line(error))
    return Outcome(sent, None)


def _accepted_runs(
    tracker: str, project: str, folder: Path, runs: Sequence[TrackedRun], seconds: float
) -> Iterator[str]:
    """Yield the name of each run when the tracker has accepted it; raises TrackerError if it does not."""
    results, sender = PROCESSES.Pipe(duplex=False)
    process = PROCESSES.Process(target=_log_runs, args=(tracker, project, folder, runs, sender))
    try:
        process.start()
        sender.close()  # the pipe then ends with the process
        for run in runs:
            yield _result(results, run.name, seconds)
        process.join(seconds)
        if process.is_alive():
            raise TrackerError(f"took all runs, but did not end within {seconds:g} seconds")
    finally:
        if process.is_alive():
            process.kill()
            process.join(1)
        results.close()


def _result(results: Connection, name: str, seconds: float) -> str:
    if not results.poll(seconds):
        raise TrackerError(f"was stopped: {name} took longer than {seconds:g} seconds")
    try:
        result = results.recv()
    except EOFError:
        raise TrackerError(f"ended its process before it had taken {name}") from None
    if isinstance(result, TrackerError):
        raise result
    return str(result)


def _log_runs(
    tracker: str, project: str, folder: Path, runs: Sequence[TrackedRun], sender: Connection
) -> None:
    """Log runs to a tracker; its output goes to a file, and the result of each run to ``sender``."""
    with (folder / OUTPUT_FILE).open("w", encoding="utf-8") as stream:
        for descriptor in (1, 2):
            os.dup2(stream.fileno(), descriptor)
    try:
        client = build_tracker(tracker, project, folder)
        for run in runs:
            run.log(client)
            sender.send(run.name)
    except Exception as error:
        traceback.print_exc()
        sender.send(TrackerError(_one_line(error)))


def _one_line(error: Exception) -> str:
    message = " ".join(str(error).split())
    return f"{type(error).__name__}: {message}" if message else type(error).__name__
