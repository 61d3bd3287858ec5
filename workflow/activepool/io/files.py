"""Reading and writing of files, which appear complete or not at all, and texts that they can hold."""

import errno
import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from activepool.errors import InputError

if TYPE_CHECKING:  # most stages write no table, and pandas takes as long to import as they take to work
    import pandas as pd

#: Errors of the system when a file cannot grow.
DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

#: The beginning of the pointer that Git LFS leaves in place of a file that it did not fetch, and what it is.
LFS_POINTER = b"version https://git-lfs"
LFS_PROBLEM = "a pointer of Git LFS and not the file; fetch it: git lfs pull"

#: The beginnings of files that people mistake for data or weights, and what is wrong with them.
DATA_PROBLEMS = {LFS_POINTER: f"is {LFS_PROBLEM}", b"\x1f\x8b": "is compressed by gzip; unpack it"}

#: The beginnings of files that people mistake for text, and what is wrong with them.
TEXT_PROBLEMS = DATA_PROBLEMS | {
    b"PK\x03\x04": "is a zip archive, as those of Excel are; save the table as CSV UTF-8"
}

#: Byte order marks of UTF-16, and those of UTF-32, one of which begins like them.
UTF_16_MARKS, UTF_32_MARKS = (b"\xff\xfe", b"\xfe\xff"), (b"\xff\xfe\0\0", b"\0\0\xfe\xff")

#: Bytes at the beginning that reveal such a text without a mark.
ENCODING_BYTES = 2**10


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; rename it to ``path`` on success, remove it on failure.

    Temporary files of the same path that a killed process left are removed as well: no two processes write
    one file at once. The error of a full disk names ``path``.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in path.parent.glob(f".{escape(path.stem)}.*.partial{escape(path.suffix)}"):
        # The temporary file of a longer name, such as a.b.csv beside a.csv, has more there than a process
        # number.
        if leftover.name[len(path.stem) + 2 : -len(f".partial{path.suffix}")].isdecimal():
            leftover.unlink(missing_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    except OSError as error:
        if error.errno in DISK_FULL:
            error.filename = str(path)
        raise
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def readable(path: str | Path) -> Iterator[None]:
    """Raise InputError if the system refuses to read a file in the ``with`` block."""
    try:
        yield
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from error


def read_text(path: str | Path) -> str:
    """Return the text of a file in UTF-8, without the byte order mark that spreadsheets write.

    Raises: OSError if it cannot be read; InputError, naming file and line, if it is not text in UTF-8.
    """
    return decoded_text(path, Path(path).read_bytes())


def decoded_text(path: str | Path, content: bytes) -> str:
    """Return what `read_text` returns for a file of this ``content``."""
    for beginning, problem in TEXT_PROBLEMS.items():
        if content.startswith(beginning):
            raise InputError(f"{path}: {problem}")
    if encoding := _wide_encoding(content):
        raise InputError(f"{path}: is encoded as {encoding}; save it as UTF-8")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InputError(
            f"{path}: line {line} is not UTF-8 (byte 0x{content[error.start]:02x}); save the file as UTF-8"
        ) from None
    if "\0" in text:
        raise InputError(f"{path}: {_nul_problem(text)}")
    return text


def _wide_encoding(content: bytes) -> str | None:
    """Return UTF-32 or UTF-16 if a text has its mark, or mostly NUL bytes in all but one place of a unit."""
    for encoding, width, marks in (("UTF-32", 4, UTF_32_MARKS), ("UTF-16", 2, UTF_16_MARKS)):
        bytes_at = [content[place:ENCODING_BYTES:width] for place in range(width)]
        smallest, *larger = sorted(place.count(0) / max(len(place), 1) for place in bytes_at)
        if content.startswith(marks) or (len(content) >= width and not smallest and min(larger) > 0.5):
            return encoding
    return None


def _nul_problem(text: str) -> str:
    content = text.rstrip("\0")
    line, count = content.count("\n") + 1, len(text) - len(content)
    if not content:
        return "has nothing but NUL bytes, as a crash or a full disk leaves them; write the file again"
    if "\0" not in content:
        return (
            f"line {line} ends in {count:,} NUL byte{'s' * (count > 1)}, as a crash or a full disk leaves "
            "them, so what follows may be lost; write the file again"
        )
    line = text.count("\n", 0, text.index("\0")) + 1
    return f"line {line} has a NUL byte, so this is not text; write the file again"


def write_json(path: str | Path, content: Any) -> None:
    """Write ``content`` as indented JSON with sorted keys."""
    write_text(path, json.dumps(content, indent=2, sort_keys=True) + "\n")


def read_json(path: str | Path) -> Any:
    """Read a JSON file; raises InputError if it is not JSON."""
    try:
        return json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: not a readable JSON file ({error})") from error


class RepeatedKeyError(ValueError):
    """A key stands twice in an object of a JSON text, where Python's reader takes the last value."""

    def __init__(self, key: str) -> None:
        super().__init__(f"has the key {key!r} twice in one object; remove one of them")


def distinct_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of these keys and values, as a hook of `json.loads`; raises RepeatedKeyError."""
    content = dict(pairs)
    if len(content) < len(pairs):
        keys = [key for key, _ in pairs]
        raise RepeatedKeyError(next(key for key in keys if keys.count(key) > 1))
    return content


def write_text(path: str | Path, text: str) -> None:
    """Write a text file, whole or not at all."""
    with written_whole(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def write_table(path: str | Path, table: "pd.DataFrame") -> None:
    """Write ``table`` as CSV with a header and no row names; floats keep all their digits."""
    with written_whole(path) as temporary:
        table.to_csv(temporary, index=False, encoding="utf-8")


def file_digest(path: str | Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def size_and_times(path: str | Path) -> tuple[int, int, int]:
    """Return the bytes of a file and when its content and its inode changed last, in ns since 1970.

    A file that keeps all three has the same content. The first time would not suffice: ``touch -r``,
    ``rsync -t`` and others set it back after a change. No program sets back the second.
    """
    status = Path(path).stat()
    return status.st_size, status.st_mtime_ns, status.st_ctime_ns


def is_lfs_pointer(path: Path) -> bool:
    """Return whether a file is a pointer of Git LFS."""
    with path.open("rb") as stream:
        return stream.read(len(LFS_POINTER)) == LFS_POINTER


def start_of(path: Path) -> str:
    """Return where a path starts, for a message about a missing file; "" if it is absolute."""
    return "" if path.is_absolute() else "; a relative path starts from the working folder"


def is_storable(text: str) -> bool:
    """Return whether our files can hold a text: it has no NUL, and no half of a character."""
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


def has_line_break(text: str) -> bool:
    """Return whether a text would break a line of a message or of an index file."""
    return len(text.splitlines()) > 1


def text_problem(text: str) -> str | None:
    """Return why neither files nor lines can hold a text; None if they can."""
    if not is_storable(text):
        return "is not text"
    return "has a line break" if has_line_break(text) else None
