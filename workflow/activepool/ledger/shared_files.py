"""A lock, and writing that survives crashes, for a file that several processes write."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO

from activepool.errors import InputError

#: The longest wait for another writer, in seconds.
PATIENCE = 60.0


@contextmanager
def locked(lock: Path, path: Path, for_writing: bool) -> Iterator[None]:
    """Hold the lock of ``path``: exclusively for writing, otherwise shared with other readers.

    A reader who may not create the lock file reads without a lock. Raises: InputError if another process does
    not release it, and if the file system has no locks.
    """
    try:
        lock.touch(exist_ok=True)
    except OSError as error:
        if for_writing and not lock.exists():
            raise InputError(f"{lock}: cannot be written ({error.strerror})") from error
    if not lock.exists():
        yield
        return
    with lock.open(encoding="utf-8") as file:  # another user's file can at least be read
        kind = fcntl.LOCK_EX if for_writing else fcntl.LOCK_SH
        _wait_for_lock(file, kind | fcntl.LOCK_NB, path)
        yield


def _wait_for_lock(file: IO[str], operation: int, path: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return fcntl.flock(file, operation)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise InputError(f"{path}: another process has held it for {PATIENCE:.0f} s") from None
            time.sleep(0.02)
        except OSError as error:
            raise InputError(
                f"{path}: its folder has no locks ({error.strerror}); keep the ledger on another disk"
            ) from error


def write_durably(path: Path, content: bytes) -> None:
    """Write a file through to the disk."""
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def flush_folder(folder: Path) -> None:
    """Write the names in a folder through to the disk, where the system can."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def file_identity(path: Path) -> object:
    """Return a value that differs after each change of a file; None if there is no file."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return status.st_ino, status.st_size, status.st_mtime_ns
