"""HDF5 files: reading those from any source, with one line on what is wrong, and writing whole ones."""

import math
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from h5py import h5f, h5p, h5z

from activepool.compute.arrays import TextArray
from activepool.errors import InputError
from activepool.io.files import DISK_FULL, written_whole

#: The remedy for a file that another program wrote.
REWRITE = "; write the file again"

#: Errors of h5py for a damaged file, for links that lead nowhere or in a circle, and for other encodings.
DAMAGE = (OSError, RuntimeError, KeyError, ValueError)

#: The oldest HDF5 format in which the names of more than 4,000 classes fit into one attribute. In this format
#: HDF5 stores the time in groups that it creates implicitly; create_group does not, so create groups with it.
FORMAT_BOUNDS = (h5f.LIBVER_V18, h5f.LIBVER_LATEST)

#: Files that met a full disk. They stay open: HDF5 would try to finish them on closing, and crash.
_unfinished: list[h5py.File | None] = []


def opened(path: str | Path) -> h5py.File:
    """Open a file for reading; raises InputError if it does not exist or is not HDF5."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; it must be an HDF5 file")
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise InputError(f"{path}: not a readable HDF5 file ({error})") from error


def find_dataset(file: h5py.File, name: str) -> h5py.Dataset | None:
    """Return a dataset of a file; None if the file has none of that name.

    Raises: InputError if its values lie in another file, by a link, a virtual dataset or external storage
    (that file may change unseen, and may be any file of this machine); if some of its rows were never
    written; or if it is compressed by a filter that is not installed.
    """
    foreign = InputError(f"{file.filename}: {name} lies in another file; copy its values into this one")
    steps = name.split("/")
    try:
        for depth in range(1, len(steps) + 1):
            # Look at the link before following it, so that no other file is opened.
            if isinstance(file.get("/".join(steps[:depth]), getlink=True), h5py.ExternalLink):
                raise foreign
        dataset = file.get(name)
    except DAMAGE:
        return None
    if not isinstance(dataset, h5py.Dataset) or dataset.shape is None:
        return None
    if dataset.file.filename != file.filename or dataset.is_virtual or dataset.external:
        raise foreign
    if problem := _unwritten_rows(dataset) or _missing_filter(dataset):
        raise InputError(f"{file.filename}: {name} {problem}")
    return dataset


def _unwritten_rows(dataset: h5py.Dataset) -> str | None:
    """Return which declared rows were never written, and would be read as zeros; None if there are none."""
    rows = f"has {dataset.shape[0]:,} rows" if dataset.shape else "is one value"
    if not dataset.size:
        return None
    if dataset.chunks is None:
        return None if dataset.id.get_storage_size() else f"{rows}, but nothing was written to it{REWRITE}"
    pairs = zip(dataset.shape, dataset.chunks, strict=True)
    total, count = math.prod(-(-size // chunk) for size, chunk in pairs), dataset.id.get_num_chunks()
    if count == total:
        return None
    return f"{rows} in {total:,} chunks, but only {count:,} of these were written{REWRITE}"


def _missing_filter(dataset: h5py.Dataset) -> str | None:
    """Return which filter, not installed here, compressed the values of a dataset; None if there is none."""
    creation = dataset.id.get_create_plist()
    filters = [creation.get_filter(number) for number in range(creation.get_nfilters())]
    missing = [number for number, (code, *_) in enumerate(filters) if not h5z.filter_avail(code)]
    if not missing or not dataset.size:
        return None
    skipped = dataset.id.get_chunk_info(0).filter_mask
    for number in missing:
        if not skipped >> number & 1:
            code, _, _, name = filters[number]
            filter_name = f" ({name.decode(errors='replace')})" if name else ""
            return (
                f"is compressed by the HDF5 filter {code}{filter_name}, which is not installed here; "
                "write the file again with compression='gzip', or with none"
            )
    return None


def values(dataset: h5py.Dataset, rows: Any = ()) -> np.ndarray:
    """Return the values of a dataset, or of some rows; raises InputError if they cannot be read."""
    with _reading(dataset):
        return np.asarray(_rows_of(dataset, rows))


def texts(dataset: h5py.Dataset, rows: Any = ()) -> TextArray:
    """Return the strings of a dataset, or of some rows, as str; raises InputError if they cannot be read."""
    with _reading(dataset):
        strings: TextArray = _rows_of(dataset.asstr(), rows)
        return strings


def _rows_of(stored: Any, rows: Any) -> Any:
    """Return some rows, numbers in any order; HDF5 itself takes only ascending ones."""
    if not isinstance(rows, np.ndarray):
        return stored[rows]
    ascending, inverse = np.unique(rows, return_inverse=True)
    return stored[ascending][inverse]


@contextmanager
def _reading(dataset: h5py.Dataset) -> Iterator[None]:
    try:
        yield
    except MemoryError as error:
        raise InputError(
            f"{dataset.file.filename}: {dataset.name[1:]} is {dataset.dtype} of shape {dataset.shape}, and "
            "does not fit into memory"
        ) from error
    except DAMAGE as error:
        raise InputError(
            f"{dataset.file.filename}: {dataset.name[1:]} is damaged ({error}){REWRITE}"
        ) from error


@contextmanager
def written_hdf5(path: str | Path) -> Iterator[h5py.File]:
    """Yield a new HDF5 file that becomes ``path`` on success; on failure nothing of it is left.

    Raises: OSError with the system's error number and the path if the file cannot be created, or HDF5 failed
    on a full disk. Then the process must end by os._exit, or HDF5 tries again to finish the file.
    """
    with written_whole(path) as temporary:
        file = None
        try:
            file = _create(temporary)
            yield file
            file.flush()
        except (OSError, RuntimeError) as error:
            number = _disk_full_number(error)
            if number is None:
                raise
            _unfinished.append(file)
            file = None
            temporary.write_bytes(b"")  # a removed file that is open keeps its space
            raise OSError(number, os.strerror(number), str(path)) from error
        finally:
            if file is not None:
                file.close()


def _create(path: Path) -> h5py.File:
    """Return a new file that writes its data at once, so that a failure raises an exception.

    By default HDF5 holds small writes back until it closes a dataset, where Python cannot raise.
    """
    access, creation = h5p.create(h5p.FILE_ACCESS), h5p.create(h5p.FILE_CREATE)
    access.set_libver_bounds(*FORMAT_BOUNDS)
    access.set_sieve_buf_size(0)
    creation.set_obj_track_times(False)
    path.touch()  # whose error, unlike that of HDF5, names the file
    return h5py.File(h5f.create(os.fsencode(path), h5f.ACC_TRUNC, fapl=access, fcpl=creation))


def _disk_full_number(error: Exception) -> int | None:
    """Return the system's error number if HDF5 failed on a full disk; None for any other error."""
    match = re.search(r"errno = (\d+)", str(error))
    return int(match[1]) if match and int(match[1]) in DISK_FULL else None


class NamedArrays(dict[str, np.ndarray]):
    """Arrays of a file by name; raises InputError for a name that the file lacks."""

    def __init__(self, path: str | Path, arrays: dict[str, np.ndarray]) -> None:
        super().__init__(arrays)
        self.path = path

    def __missing__(self, name: str) -> np.ndarray:
        raise InputError(f"{self.path}: dataset {name!r} is missing; delete the file to regenerate it")


def write_arrays(path: str | Path, arrays: dict[str, np.ndarray], **attributes: object) -> None:
    """Write each array as a dataset of its name, with ``attributes`` of the file."""
    with written_hdf5(path) as file:
        for name, values in arrays.items():
            file[name] = values
        file.attrs.update(attributes)


def read_arrays(path: str | Path) -> NamedArrays:
    """Read what `write_arrays` wrote; raises InputError if a dataset cannot be read."""
    with opened(path) as file:
        datasets = {name: find_dataset(file, name) for name in file}
        if None in datasets.values():
            raise InputError(f"{path}: must hold only datasets; delete the file to regenerate it")
        return NamedArrays(path, {name: values(dataset) for name, dataset in datasets.items()})
