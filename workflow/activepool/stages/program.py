"""What every stage program shares: one clear line for a user's mistake, and a few common arguments."""

import argparse
import io
import os
import sys
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TextIO

from threadpoolctl import threadpool_limits

from activepool.compute.blocks import Compute
from activepool.compute.devices import resolve_device
from activepool.compute.kernels import kernels
from activepool.compute.shards import Shard
from activepool.errors import InputError
from activepool.io.files import DISK_FULL
from activepool.io.hdf5_reading import REWRITE
from activepool.records.planned_code import check_planned
from activepool.records.process_locks import JOBS_FOLDER, announced
from activepool.records.provenance import (
    FOLDER,
    Record,
    Stopwatch,
    UsedLabels,
    known_digest,
    state_of,
    versions,
)
from activepool.stages.parsing import StageParser, count, natural


def run(parser: StageParser, main: Callable[[argparse.Namespace], UsedLabels | None]) -> None:
    """Run a stage's ``main``; what its user can mend becomes one line on stderr and exit status 2.

    ``main`` returns which annotations it has used, for the record; None where it reads none.
    """
    arguments = parser.parse_args()
    watch = Stopwatch()
    try:
        # Parallelism is ours, over blocks: see activepool.compute.blocks.
        with threadpool_limits(1), announced(os.environ.get(JOBS_FOLDER)):
            if arguments.provenance is not None:
                check_planned(arguments.provenance)
            used = main(arguments)
            if arguments.provenance is not None and os.environ.get("RANK", "0") == "0":
                record(Path(main.__code__.co_filename).stem, parser, arguments, watch, used).write()
    except InputError as error:
        for message in error.args:
            # That of a user's own module may have several lines.
            print(f"activepool: {_with_remedy(str(message))}", file=sys.stderr)
        sys.exit(2)
    except OSError as error:
        if error.errno in DISK_FULL:
            problem = f"{error.filename or 'the output'} cannot be written: {error.strerror}"
            print(f"activepool: {problem}", file=sys.stderr, flush=True)
            os._exit(2)  # at a normal exit HDF5 would try to finish its files once more, and crash
        if error.filename is None:
            raise
        print(f"activepool: {error.filename} cannot be used: {error.strerror}", file=sys.stderr)
        sys.exit(2)
    except MemoryError as error:
        print(f"activepool: there is not enough memory ({error or 'a part of the work'})", file=sys.stderr)
        sys.exit(2)
    except UnicodeEncodeError as error:
        print(
            f"activepool: {error.object!r} cannot be written in {error.encoding}, the encoding of this "
            "locale; set PYTHONUTF8=1, and run again",
            file=sys.stderr,
        )
        sys.exit(2)


def _with_remedy(message: str) -> str:
    """Return the message, in one line; of a file that a stage has made, with what to do about it."""
    message = " ".join(message.splitlines())
    path = Path(message.partition(": ")[0])
    with suppress(OSError):  # a message that is no path, and too long for one
        if path.is_file() and (path.parent / FOLDER).is_dir() and "delete" not in message:
            return f"{message.removesuffix(REWRITE)}; delete the file, and run again"
    return message


def say(notices: Iterable[str]) -> None:
    """Write notices to stderr, a line each."""
    for notice in notices:
        print(f"activepool: notice: {notice}", file=sys.stderr)


def record(
    stage: str,
    parser: StageParser,
    arguments: argparse.Namespace,
    watch: Stopwatch,
    used: UsedLabels | None = None,
) -> Record:
    """Return the record of a stage that has ended, and that has used these annotations."""
    return Record(
        stage=stage,
        arguments=parser.settings(arguments),
        depends_on=arguments.provenance,
        inputs={path: known_digest(path) for path in parser.inputs(arguments)},
        outputs={path: state_of(path) for path in parser.outputs(arguments)},
        versions=versions(),
        kernels=kernels(),
        started=watch.started,
        seconds=watch.seconds,
        peak_memory_mb=watch.peak_memory_mb,
        used_labels=used,
    )


def add_log_argument(parser: argparse.ArgumentParser) -> None:
    """Add ``--log``, for the stages that are watched while they work; call `copy_stderr` with its value."""
    parser.add_argument("--log", help="file to copy all messages to; progress bars stay on the terminal")


def copy_stderr(path: str | None) -> None:
    """From now on write to the file ``path`` what goes to stderr, but for what a terminal overwrites."""
    if path is not None:
        sys.stderr = _CopiedStream(sys.stderr, path)


class _CopiedStream(io.TextIOBase):
    """A stream whose lines are copied to a file."""

    def __init__(self, stream: TextIO, path: str) -> None:
        self._stream = stream
        self._file = Path(path).open("w", buffering=1, encoding="utf-8")  # noqa: SIM115, open as long as the process lives

    def write(self, text: str) -> int:
        """Write ``text`` to both; redrawn lines, such as progress bars, to the stream alone."""
        if "\r" not in text and text.strip("\x1b[A"):
            self._file.write(text)
        return self._stream.write(text)

    def flush(self) -> None:
        """Flush the stream."""
        self._stream.flush()

    def isatty(self) -> bool:
        """Say whether somebody watches."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Return the stream's descriptor."""
        return self._stream.fileno()


def add_compute_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--device`` and ``--workers``, which change the time of a stage and not its meaning."""
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    parser.add_argument("--workers", type=int, default=1, help="worker threads; no effect on the result")


def add_shard_arguments(parser: argparse.ArgumentParser) -> None:
    """Add ``--shard`` and ``--shards``: which part of the rows a stage works on."""
    parser.add_argument("--shard", type=natural, default=0, help="number of this shard, from 0 (default: 0)")
    parser.add_argument("--shards", type=count, default=1, help="number of shards; no effect on the result")


def shard_of(arguments: argparse.Namespace) -> Shard:
    """Return the Shard that ``--shard`` and ``--shards`` name."""
    return Shard(arguments.shard, arguments.shards)


def compute_of(arguments: argparse.Namespace) -> Compute:
    """Return the Compute that ``--device`` and ``--workers`` name."""
    return Compute(resolve_device(arguments.device), max(1, arguments.workers))


def reading_workers(arguments: argparse.Namespace, processes: int = 1) -> int:
    """Return how many further processes each of ``processes`` has read images.

    One would cost more than it brings: the process then reads itself.
    """
    share = arguments.workers // processes
    return share if share > 1 else 0
