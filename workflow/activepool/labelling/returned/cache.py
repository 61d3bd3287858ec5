"""A cache of what was read in the files that came back, so that an unchanged file is not read again.

It holds the rows of each file as they were read. Each run works out again what follows from them for the pool
and the classes of now, and so ends as a run without the cache would.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from activepool.io.files import write_text
from activepool.ledger import formats
from activepool.ledger.formats.rows import Parsed

#: The file of the cache, in the folder of the pool.
INTAKE = "intake.json"


@dataclass(frozen=True)
class ReadFile:
    """A file that was read.

    Attributes:
        tool: one of `formats.READERS`.
        digest: of the content of a file; empty for a folder.
        parsed: its rows.
        late: samples whose answers in it, without a time, had been replaced when it came.
    """

    tool: str
    digest: str
    parsed: Parsed
    late: tuple[str, ...] = ()


READ_FILE = TypeAdapter(ReadFile)


class ReturnedCache:
    """The files that were read before, and those that are read now; a damaged cache is an empty one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._before = self._stored()
        self._now: dict[str, dict[str, object]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether no file was read before, or the cache is lost."""
        return not self._before

    def _stored(self) -> Mapping[str, Any]:
        try:
            stored = json.loads(self.path.read_bytes())
            files = stored["files"] if stored["readers"] == _digest_of_readers() else {}
            return files if isinstance(files, dict) else {}
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return {}

    def get(self, path: Path, signature: str) -> ReadFile | None:
        """Return what was read of a file; None if it has changed since."""
        try:
            stored = self._before[str(path)]
            if stored["signature"] != signature:
                return None
            return READ_FILE.validate_python(stored)
        except (LookupError, TypeError, ValueError):
            return None

    def keep(self, path: Path, signature: str, read: ReadFile) -> None:
        """Remember what was read of a file."""
        content = READ_FILE.dump_python(read, mode="json", exclude_defaults=True)
        self._now[str(path)] = {"signature": signature, **content}

    def keep_copy(self, path: Path, signature: str) -> bool:
        """Remember a file with the content of another; return whether it was known as one before."""
        self._now[str(path)] = kept = {"signature": signature, "is_copy": True}
        return self._before.get(str(path)) == kept

    def note_late(self, path: Path, samples: Sequence[str]) -> None:
        """Note `ReadFile.late` of a file that is new; without an earlier cache nobody knows when it came."""
        if not self.is_empty:
            self._now[str(path)]["late"] = samples

    def save(self) -> None:
        """Write the files of now, if they are not those of before."""
        if self._now != self._before:
            write_text(self.path, json.dumps({"readers": _digest_of_readers(), "files": self._now}) + "\n")


def signature_of(path: Path) -> str:
    """Return a digest that changes with a file, or with anything in a folder."""
    digest = hashlib.sha256()
    for file in _files(path):
        status = file.stat() if file.exists() else file.lstat()
        parts = (status.st_mode, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino)
        digest.update(f"{os.fsencode(file)!r}:{parts}\n".encode())
    return digest.hexdigest()


def _files(path: Path) -> Iterator[Path]:
    yield path
    for folder, folders, files in os.walk(path):
        folders.sort()
        yield from (Path(folder, name) for name in sorted([*folders, *files]))


@cache
def _digest_of_readers() -> str:
    """Return the digest of the code that reads label files."""
    digest = hashlib.sha256()
    for file in sorted(Path(formats.__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
