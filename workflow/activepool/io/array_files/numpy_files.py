"""Files of NumPy: .npy, mapped, and .npz, mapped unless it is compressed. Nothing is unpickled."""

import struct
import zipfile
from functools import cache
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
from numpy.lib import format as npy

from activepool.errors import InputError
from activepool.io.array_files.array_file import ArrayFile, StoredArray, report_damage

#: The first bytes of .npy files.
NPY_SIGNATURE = b"\x93NUMPY"

#: The suffix of the name of an array in a .npz file.
NPY_SUFFIX = ".npy"

#: The header of an archive's entry: its length, and where it has the lengths of the two fields after it.
ENTRY_BYTES, LENGTH_BYTES = 30, slice(26, 30)

#: What to do about an array of Python objects.
OBJECT_REMEDY = "save numbers as numbers, and names by .astype(str)"


class _Header(NamedTuple):
    """The header of an array: where its values begin in the .npy file, and their order, shape and type."""

    offset: int
    shape: tuple[int, ...]
    is_fortran: bool
    dtype: np.dtype


def open_npy(path: Path) -> ArrayFile:
    """Open a .npy file; raises InputError if it is damaged, or holds Python objects."""
    with report_damage(f"{path}:"):
        try:
            array = np.load(path, mmap_mode="r", allow_pickle=False)
        except ValueError as error:
            if "pickle" in str(error) or "Python objects" in str(error):
                raise InputError(f"{path}: holds Python objects; {OBJECT_REMEDY}") from None
            raise
    stored = StoredArray.from_array(str(path), array)
    return ArrayFile(path, {"": stored.shape}, lambda name: stored)


def open_npz(path: Path) -> ArrayFile:
    """Open a .npz file; raises InputError if it is damaged. A compressed array is read as a whole."""
    with report_damage(f"{path}:"), zipfile.ZipFile(path) as archive:
        entries = {
            info.filename.removesuffix(NPY_SUFFIX): info
            for info in archive.infolist()
            if info.filename.endswith(NPY_SUFFIX)
        }
        headers = {name: _read_header(archive, info) for name, info in entries.items()}

    def find(name: str) -> StoredArray:
        header, label = headers[name], f"{path}: {name}"
        if header.dtype.hasobject:
            raise InputError(f"{label} holds Python objects; {OBJECT_REMEDY}")

        @cache
        def array() -> np.ndarray:
            with report_damage(label):
                return _array(path, entries[name], header)

        if _is_mapped(entries[name], header):
            return StoredArray.from_array(label, array())
        return StoredArray(label, header.shape, header.dtype, lambda rows: array()[rows])

    return ArrayFile(path, {name: header.shape for name, header in headers.items()}, find)


def _is_mapped(entry: zipfile.ZipInfo, header: _Header) -> bool:
    """Return whether the bytes of an array lie in the file as they are."""
    return entry.compress_type == zipfile.ZIP_STORED and bool(header.shape) and 0 not in header.shape


def _array(path: Path, entry: zipfile.ZipInfo, header: _Header) -> np.ndarray:
    if not _is_mapped(entry, header):
        with zipfile.ZipFile(path) as archive, archive.open(entry) as stream:
            return np.asarray(npy.read_array(stream, allow_pickle=False))
    with path.open("rb") as file:
        file.seek(entry.header_offset)
        lengths = struct.unpack("<HH", file.read(ENTRY_BYTES)[LENGTH_BYTES])
    start = entry.header_offset + ENTRY_BYTES + sum(lengths)
    if header.offset + header.dtype.itemsize * int(np.prod(header.shape)) > entry.file_size:
        raise ValueError("its entry ends early")
    place, shape = start + header.offset, header.shape
    order: Literal["F", "C"] = "F" if header.is_fortran else "C"
    return np.memmap(path, header.dtype, mode="r", offset=place, shape=shape, order=order)


def _read_header(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> _Header:
    with archive.open(entry) as stream:
        version = npy.read_magic(stream)
        read = npy.read_array_header_1_0 if version == (1, 0) else npy.read_array_header_2_0
        shape, is_fortran, dtype = read(stream)
        return _Header(stream.tell(), shape, is_fortran, dtype)
