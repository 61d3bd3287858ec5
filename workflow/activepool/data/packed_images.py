"""Images inside larger files, such as the members of a tar archive: where their bytes are, and reading them.

In dataset.h5 the place of such an image is a text: ``train-000.tar:1536+20480:0007.jpg`` is the member
0007.jpg, 20,480 bytes from byte 1,536 on; ``train.parquet:0/2/17:217`` is row 217, at place 17
of column 0 in row group 2. A read is a seek, without a look at the rest of the file.
"""

import hashlib
import io
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, BinaryIO

from activepool.data.urls import FetchedImage, fetched_image, is_url
from activepool.errors import one_line
from activepool.io.files import file_digest

#: A place in dataset.h5: of a member (offset and size), or of a cell (column, row group and row).
PLACE = re.compile(r"(.+?):(?:(\d+)\+(\d+)|(\d+)/(\d+)/(\d+)):(.+)")

#: Row groups that a process keeps in memory: two, because threads may be at the end of one and in the next.
CACHED_GROUPS = 2


@dataclass(frozen=True, slots=True)
class _PackedImage:
    """An image in a file: absolute, or relative to the dataset's root."""

    file: Path
    name: str

    def __str__(self) -> str:
        return f"{self.file}/{self.name}"


@dataclass(frozen=True, slots=True)
class Member(_PackedImage):
    """Consecutive bytes of a file, such as a member of a tar archive: from ``offset`` on, ``size`` bytes."""

    offset: int
    size: int

    @property
    def text(self) -> str:
        """The place in dataset.h5."""
        return f"{self.file.as_posix()}:{self.offset}+{self.size}:{self.name}"

    def stream(self) -> BinaryIO:
        """Open the image for reading."""
        return io.BufferedReader(_Window(self.file, self.offset, self.size))


@dataclass(frozen=True, slots=True)
class Cell(_PackedImage):
    """A value in a Parquet file: column, row group, and row in this group; ``name`` is its row in the file.

    The column holds bytes, or structs that have ``bytes``.
    """

    column: int
    group: int
    row: int

    @property
    def text(self) -> str:
        """The place in dataset.h5."""
        return f"{self.file.as_posix()}:{self.column}/{self.group}/{self.row}:{self.name}"

    def stream(self) -> BinaryIO:
        """Open the image for reading; reads its row group, unless it is among the last two."""
        with _LOCK:
            values = _row_group(self.file, self.column, self.group)
        value = values[self.row].as_py()
        return io.BytesIO((value["bytes"] if isinstance(value, dict) else value) or b"")


#: Where an image is: a file, the file that a URL was fetched into, or a place inside a larger file.
Place = Path | FetchedImage | Member | Cell


def place_of(root: str | Path, text: str, is_packed: bool) -> Place:
    """Return the place of an image from its ``text`` in dataset.h5, relative to ``root``.

    It is a path, a URL, or if ``is_packed`` a place inside a larger file; any other text is a ValueError.
    """
    if not is_packed:
        return fetched_image(Path(root), text) if is_url(text) else Path(root) / text
    match = PLACE.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a place inside a file")
    file, *numbers, name = match.groups()
    position = [int(number) for number in numbers if number]
    kind = Member if len(position) == 2 else Cell
    return kind(Path(root) / file, name, *position)


def place_digest(place: Place) -> str:
    """Return the SHA-256 of an image's bytes, in hexadecimal; "" for a folder or pipe. Raises OSError."""
    if isinstance(place, Path):
        return file_digest(place) if place.is_file() else ""  # reading a pipe would block
    with place.stream() as stream:
        return hashlib.sha256(stream.read()).hexdigest()


_LOCK = Lock()


@lru_cache(CACHED_GROUPS)
def _row_group(file: Path, column: int, group: int) -> Any:
    import pyarrow as pa
    from pyarrow import parquet

    try:
        with parquet.ParquetFile(file) as parquet_file:
            schema = parquet_file.schema_arrow
            name = schema.names[column]
            leaf = f"{name}.bytes" if pa.types.is_struct(schema.types[column]) else name
            return parquet_file.read_row_group(group, columns=[leaf], use_threads=False).column(0)
    except (pa.ArrowException, OSError) as error:
        if isinstance(error, OSError) and error.errno:  # the file is missing, or cannot be opened
            raise
        raise OSError(f"row group {group} is damaged: {one_line(error)}") from error


class _Window(io.RawIOBase):
    """Some bytes of a file as a file of their own."""

    def __init__(self, file: Path, offset: int, size: int) -> None:
        self._stream = file.open("rb", buffering=0)
        self._offset = offset
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self._position = max(0, (0, self._position, self._size)[whence] + offset)
        return self._position

    def tell(self) -> int:
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` as far as the bytes go, and return their number."""
        self._stream.seek(self._offset + self._position)
        count = self._stream.readinto(memoryview(buffer)[: max(0, self._size - self._position)])
        self._position += count
        return count

    def close(self) -> None:
        self._stream.close()
        super().close()
