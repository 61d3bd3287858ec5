"""The batches of a shard in a file beside it: an extraction that was killed continues after its last batch.

Each batch has its place in the file: its key, its features, and a seal over both. A batch that a kill or a
crash left half-written has no valid seal, so it is computed again.
"""

import fcntl
import hashlib
import io
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from itertools import accumulate
from math import prod
from pathlib import Path
from typing import BinaryIO

import numpy as np

from activepool.compute.arrays import FloatArray
from activepool.io.files import DISK_FULL
from activepool.io.training_state import state_path

#: Bytes of a key, a SHA-256 in hexadecimal, and of a seal, a SHA-256.
KEY_BYTES = 64
SEAL_BYTES = 32


class BatchRecords:
    """The open file, a context manager; ``keys`` are those of the batches, "" for a missing one."""

    def __init__(self, output: str | Path, shapes: Sequence[tuple[int, ...]], dtype: str) -> None:
        """Open the file that an earlier extraction left, or a new one, for batches of these shapes."""
        self._output, self._path = Path(output), state_path(output)
        self._shapes, self._dtype = shapes, np.dtype(dtype)
        sizes = [KEY_BYTES + prod(shape) * self._dtype.itemsize + SEAL_BYTES for shape in shapes]
        self._sizes, self._places = sizes, list(accumulate(sizes, initial=0))
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._open_locked()
        self.keys = [self._verified_key(number) for number in range(len(shapes))]

    def __enter__(self) -> "BatchRecords":
        return self

    def __exit__(self, *exception: object) -> None:
        if exception[0] is None or not any(self.keys):  # removed under the lock
            self._path.unlink(missing_ok=True)
        with suppress(OSError):  # a full disk, which has been reported
            self._file.close()

    def write(self, number: int, key: str, features: FloatArray) -> None:
        """Write a batch; raises OSError with the path of the shard on a full disk."""
        content = key.encode() + np.ascontiguousarray(features, self._dtype).tobytes()
        assert len(content) + SEAL_BYTES == self._sizes[number]
        self.keys[number] = ""
        try:
            self._file.seek(self._places[number])
            self._file.write(content + hashlib.sha256(content).digest())
            self._file.flush()
        except OSError as error:
            if error.errno in DISK_FULL:
                error.filename = str(self._output)
            raise
        self.keys[number] = key

    def read(self, number: int) -> FloatArray:
        """Return the features of a batch that was written."""
        features = np.frombuffer(self._content(number)[KEY_BYTES:-SEAL_BYTES], self._dtype)
        return features.reshape(self._shapes[number])

    def _open_locked(self) -> BinaryIO:
        """Return the open file with a lock, so that one extraction of the shard works at a time."""
        while True:
            file = os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666), "r+b")
            self._lock(file)
            with suppress(FileNotFoundError):  # the other extraction succeeded, and removed it
                if os.path.samestat(os.fstat(file.fileno()), self._path.stat()):
                    return file
            file.close()

    def _lock(self, file: BinaryIO) -> None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"{self._output}: another process is making it; waiting for its end", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        except OSError:  # a file system without locks
            pass

    def _verified_key(self, number: int) -> str:
        content = self._content(number)
        body, seal = content[:-SEAL_BYTES], content[-SEAL_BYTES:]
        is_whole = len(content) == self._sizes[number] and hashlib.sha256(body).digest() == seal
        return body[:KEY_BYTES].decode() if is_whole else ""

    def _content(self, number: int) -> bytes:
        self._file.seek(self._places[number], io.SEEK_SET)
        return self._file.read(self._sizes[number])
