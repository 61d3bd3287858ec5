"""Runs a stage as a program: it writes a record, and turns a user's mistake into one clear line."""

import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn

from threadpoolctl import threadpool_limits

from activepool.compute.kernels import kernels
from activepool.errors import InputError
from activepool.io.files import DISK_FULL
from activepool.io.hdf5 import REWRITE
from activepool.parallel.launch import launch
from activepool.plugins import user_line
from activepool.programs.command_line import (
    CommandLine,
    files_read,
    function_arguments,
    input_files,
    log_of,
    output_files,
    settings,
)
from activepool.programs.messages import copy_stderr, log_traceback, warnings_as_notices
from activepool.programs.stage import Stage
from activepool.records.planned_code import check_planned
from activepool.records.process_locks import JOBS_FOLDER, announced
from activepool.records.provenance import (
    FOLDER,
    Record,
    file_state,
    input_digests,
    peak_memory_mb,
    records_beside,
    require_unchanged,
    versions,
)

#: What PyTorch's RuntimeError says where memory runs out, on a CPU and on a GPU.
OUT_OF_MEMORY = ("DefaultCPUAllocator: can't allocate memory", "CUDA out of memory")

#: The exit status that shells give a program that Ctrl-C ends.
INTERRUPT_STATUS = 130


def run(stage: Stage, words: list[str]) -> None:
    """Run a stage; an error that the user can fix becomes one line on stderr and exit status 2."""
    started = datetime.now(UTC)
    arguments = _arguments(stage, words)
    rank = os.environ.get("RANK")  # set in each process if there are several
    if stage.in_processes and arguments.processes > 1 and rank is None:
        sys.exit(launch(stage.module, words, arguments.processes))
    is_main = rank in (None, "0")
    is_recorded = is_main and arguments.provenance is not None
    with _errors_as_lines():
        if arguments.log is not None and is_main:
            copy_stderr(arguments.log)
        # activepool.compute.blocks runs blocks in parallel; libraries must not add threads.
        with threadpool_limits(1), announced(os.environ.get(JOBS_FOLDER)):
            if arguments.provenance is not None:
                check_planned(arguments.provenance)
            records = records_beside(files_read(stage, arguments)) if is_recorded else {}
            require_unchanged(records)
            with warnings_as_notices():
                annotations = stage(**function_arguments(stage, arguments))
            if is_recorded and stage.has_record and output_files(stage, arguments):
                Record(
                    stage=stage.name,
                    arguments=settings(stage, arguments),
                    depends_on=arguments.provenance,
                    inputs=input_digests(input_files(stage, arguments), records),
                    outputs={path: file_state(path) for path in output_files(stage, arguments)},
                    versions=versions(),
                    kernels=kernels(),
                    started=started.isoformat(timespec="seconds"),
                    seconds=round((datetime.now(UTC) - started).total_seconds(), 3),
                    peak_memory_mb=peak_memory_mb(),
                    used_labels=annotations,
                ).write()


def _arguments(stage: Stage, words: list[str]) -> Namespace:
    """Return the arguments; a mistake in the command line ends the program, with a line also in the log."""
    with _errors_as_lines():
        try:
            return CommandLine(stage).parse_args(words)
        except InputError:
            if log := log_of(words):
                copy_stderr(log)
            raise


@contextmanager
def _errors_as_lines() -> Iterator[None]:
    try:
        yield
    except InputError as error:
        # The message of a user's module may have several lines.
        _stop(*(_with_remedy(str(message)) for message in error.args))
    except OSError as error:
        if error.errno in DISK_FULL:
            _say(f"{error.filename or 'the output'} cannot be written: {error.strerror}")
            sys.stderr.flush()
            os._exit(2)  # at a normal exit, HDF5 would try again to finish its files, and crash
        if error.filename is None:
            _stop_at_user_line(error)
            raise
        _stop(f"{error.filename} cannot be used: {error.strerror}")
    except KeyboardInterrupt:
        _say("interrupted")
        sys.exit(INTERRUPT_STATUS)
    except MemoryError as error:
        _stop(f"there is not enough memory ({str(error) or 'a part of the work'})")
    except UnicodeEncodeError as error:
        _stop(
            f"{error.object!r} cannot be written in {error.encoding}, the encoding of this locale; "
            "set PYTHONUTF8=1, and run again"
        )
    except (Exception, SystemExit) as error:
        if isinstance(error, RuntimeError) and (shortage := _missing_memory(error)):
            _stop(f"there is not enough memory ({shortage}); a smaller batch_size or image_size needs less")
        _stop_at_user_line(error)
        raise


def _missing_memory(error: RuntimeError) -> str:
    """Return what PyTorch says about missing memory; empty for any other error."""
    line = str(error).partition("\n")[0]
    return next((line[line.index(text) :] for text in OUT_OF_MEMORY if text in line), "")


def _stop_at_user_line(error: BaseException) -> None:
    """If an error comes from a user's own file, stop with one line, and leave the traceback to the log."""
    if place := user_line(error):
        log_traceback(error)
        message = " ".join("".join(traceback.format_exception_only(error)).split())
        if isinstance(error, SystemExit):
            message = f"ends the program ({message})"
        _stop(f"{place}: {message}")


def _stop(*messages: str) -> NoReturn:
    for message in messages:
        _say(message)
    sys.exit(2)


def _say(message: str) -> None:
    print(f"activepool: {message}", file=sys.stderr)


def _with_remedy(message: str) -> str:
    """Return the message in one line, with a remedy if it is about a file that a stage made."""
    message = " ".join(message.splitlines())
    path = Path(message.partition(": ")[0])
    with suppress(OSError):  # the message is too long for a path
        if path.is_file() and (path.parent / FOLDER).is_dir() and "delete" not in message:
            return f"{message.removesuffix(REWRITE)}; delete the file, and run again"
    return message
