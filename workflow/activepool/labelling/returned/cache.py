"""A cache of the files that came back, so that an unchanged file is not read again.

It holds the rows of each file. Each run derives again what follows from them for the present pool and
classes, and so has the same results as without the cache.
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
from activepool.ledger.formats.rows import ParsedFile

#: The file of the cache, in the folder of the pool.
INTAKE = "intake.json"


@dataclass(frozen=True)
class ReadFile:
    """A file that was read by one of `formats.READERS`, and the digest of its content; empty for a folder.

    ``late`` are samples whose answers in it have no time, and had been replaced before the file came.
    """

    tool: str
    digest: str
    parsed: ParsedFile
    late: tuple[str, ...] = ()


READ_FILE = TypeAdapter(ReadFile)


class ReturnedCache:
    """The files of the last run and of this run; a damaged cache counts as empty."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._stored_files = self._read()
        self._files: dict[str, dict[str, object]] = {}

    @property
    def is_empty(self) -> bool:
        """Whether no file was read before, or the cache is lost."""
        return not self._stored_files

    def _read(self) -> Mapping[str, Any]:
        try:
            content = json.loads(self.path.read_bytes())
            files = content["files"] if content["readers"] == _digest_of_readers() else {}
            return files if isinstance(files, dict) else {}
        except (OSError, ValueError, LookupError, TypeError, RecursionError):
            return {}

    def get(self, path: Path, signature: str) -> ReadFile | None:
        """Return a file as it was read before; None if it has changed since."""
        try:
            entry = self._stored_files[str(path)]
            if entry["signature"] != signature:
                return None
            return READ_FILE.validate_python(entry)
        except (LookupError, TypeError, ValueError):
            return None

    def keep(self, path: Path, signature: str, read: ReadFile) -> None:
        """Store a file that was read."""
        content = READ_FILE.dump_python(read, mode="json", exclude_defaults=True)
        self._files[str(path)] = {"signature": signature, **content}

    def keep_copy(self, path: Path, signature: str) -> bool:
        """Store a file with the content of another; return whether the cache had it as one before."""
        self._files[str(path)] = entry = {"signature": signature, "is_copy": True}
        return self._stored_files.get(str(path)) == entry

    def note_late(self, path: Path, samples: Sequence[str]) -> None:
        """Store `ReadFile.late` of a new file; without an earlier cache nobody knows when it came."""
        if not self.is_empty:
            self._files[str(path)]["late"] = samples

    def save(self) -> None:
        """Write the files of this run, if they differ from those of the last."""
        if self._files != self._stored_files:
            write_text(self.path, json.dumps({"readers": _digest_of_readers(), "files": self._files}) + "\n")


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
    digest = hashlib.sha256()
    for file in sorted(Path(formats.__file__).parent.glob("*.py")):
        digest.update(file.read_bytes())
    return digest.hexdigest()
