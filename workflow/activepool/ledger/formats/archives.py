"""Zip archives of tools, which are read member by member, within limits, and never unpacked."""

import hashlib
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from pathlib import Path, PurePosixPath

from activepool.data.image_formats import is_image_name
from activepool.errors import InputError

#: The beginning of an archive.
ZIP_MARK = b"PK"

#: The largest picture and the largest text that are read, in bytes.
LARGEST_PICTURE, LARGEST_TEXT = 2**30, 2**28

#: The largest ratio of a member's size to its size in the archive, if it has more than ``SMALL`` bytes.
LARGEST_RATIO, SMALL = 200, 2**20

#: The largest total size of all members, in bytes.
LARGEST_WHOLE = 2**37

#: The bytes of one read.
CHUNK = 2**20

#: The errors that a damaged archive raises.
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OSError, ValueError)


class Archive:
    """An open archive whose ``members``, except for those of systems, have plain names and sizes."""

    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self.path = path
        self._archive = archive
        self._samples: dict[str, str] = {}
        infos = [info for info in archive.infolist() if not info.filename.endswith("/")]
        problems = [f"{path}: {info.filename!a} {text}" for info in infos if (text := _problem(info))]
        if sum(info.file_size for info in infos) > LARGEST_WHOLE:
            problems.append(
                f"{path}: would have more than {LARGEST_WHOLE // 2**30} GB unpacked; it is not an export"
            )
        names = [info.filename for info in infos]
        if len(set(names)) < len(names):
            repeated = next(name for name in names if names.count(name) > 1)
            problems.append(f"{path}: has {repeated!a} twice; export it again")
        if problems:
            raise InputError(*problems)
        self.members = [name for name in names if not _is_of_system(name)]

    @property
    def folders(self) -> list[str]:
        """The names of its folders, including empty ones, sorted."""
        names = self._archive.namelist()
        return sorted({str(folder) for name in names for folder in PurePosixPath(f"{name}x").parents})

    def text(self, member: str) -> bytes:
        """Return the content of a text member."""
        if self._archive.getinfo(member).file_size > LARGEST_TEXT:
            raise InputError(f"{self.path}: {member!a} is too large for a list of labels")
        archive = self._archive
        with self._reading(member), archive.open(member) as stream:
            return stream.read(LARGEST_TEXT)

    def sample(self, member: str) -> str:
        """Return the sample of a picture, see `pool_samples.image_sample`."""
        if member not in self._samples:
            archive, digest = self._archive, hashlib.sha256()
            with self._reading(member), archive.open(member) as stream:
                while chunk := stream.read(CHUNK):
                    digest.update(chunk)
            self._samples[member] = digest.hexdigest()
        return self._samples[member]

    def pictures_named(self, name: str) -> dict[str, str]:
        """Return the pictures with this name or end of a path, maybe without its ending, by sample."""
        path = PurePosixPath(name)
        members = self._pictures.get(path.name, [])
        matches = [member for member in members if f"/{member}".endswith(f"/{path}")]
        return {self.sample(member): member for member in matches or members}

    @cached_property
    def _pictures(self) -> dict[str, list[str]]:
        pictures: dict[str, list[str]] = {}
        for member in filter(is_image_name, self.members):
            path = PurePosixPath(member)
            for key in {path.name, path.stem}:
                pictures.setdefault(key, []).append(member)
        return pictures

    @contextmanager
    def _reading(self, member: str) -> Iterator[None]:
        try:
            yield
        except _DAMAGE as error:
            raise InputError(f"{self.path}: {member!a} is damaged; export it again") from error


def is_archive(path: Path) -> bool:
    """Return whether a file begins like an archive."""
    with path.open("rb") as stream:
        return stream.read(len(ZIP_MARK)) == ZIP_MARK


@contextmanager
def open_archive(path: Path) -> Iterator[Archive]:
    """Open an archive; raises InputError if it is damaged or malicious."""
    try:
        archive = zipfile.ZipFile(path)
    except _DAMAGE as error:
        raise InputError(f"{path}: is not a whole zip archive; export it again") from error
    with archive:
        yield Archive(path, archive)


def _problem(info: zipfile.ZipInfo) -> str | None:
    name = info.filename.replace("\\", "/")
    if not name:
        return "has no name; export it again"
    if name.startswith("/") or ".." in PurePosixPath(name).parts or name[1:2] == ":":
        return "leads out of the archive; it is not an export"
    if stat.S_ISLNK(info.external_attr >> 16):
        return "is a link; pack the files themselves"
    if info.flag_bits & 1:
        return "is encrypted; export without a password"
    is_dense = info.file_size > SMALL and info.file_size > LARGEST_RATIO * info.compress_size
    if is_dense or info.file_size > LARGEST_PICTURE:
        return f"would have {info.file_size:,} bytes unpacked; it is not an export"
    return None


def _is_of_system(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return parts[0].casefold() == "__macosx" or any(part.startswith(".") for part in parts)
