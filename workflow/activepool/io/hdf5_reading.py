"""HDF5 files that anybody may have made: their datasets read, or one clear line why that cannot be."""

import math
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from h5py import h5z

from activepool.compute.arrays import TextArray
from activepool.errors import InputError

#: What to do about a file that another program wrote.
REWRITE = "; write the file anew"

# What h5py raises for a damaged file, for links that lead nowhere or in a circle, and for other encodings.
_DAMAGE = (OSError, RuntimeError, KeyError, ValueError)


def opened(path: str | Path) -> h5py.File:
    """Open a file to read; raises InputError if it is not there, or not an HDF5 file."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; it must be an HDF5 file")
    try:
        return h5py.File(path, "r")
    except OSError as error:
        raise InputError(f"{path}: not a readable HDF5 file ({error})") from error


def found_dataset(file: h5py.File, name: str) -> h5py.Dataset | None:
    """Return a dataset of a file; None if there is none of that name.

    Raises: InputError if its values lie in another file, by a link, a virtual dataset or external storage:
    what lies elsewhere may change unseen, and may be anything on this machine; if it has rows that nobody
    wrote; or if it is compressed by a filter that is not installed.
    """
    elsewhere = InputError(f"{file.filename}: {name} lies in another file; copy its values into this one")
    steps = name.split("/")
    try:
        for depth in range(1, len(steps) + 1):
            # Looked at before it is followed, so that no other file is opened.
            if isinstance(file.get("/".join(steps[:depth]), getlink=True), h5py.ExternalLink):
                raise elsewhere
        found = file.get(name)
    except _DAMAGE:
        return None
    if not isinstance(found, h5py.Dataset) or found.shape is None:
        return None
    if found.file.filename != file.filename or found.is_virtual or found.external:
        raise elsewhere
    if problem := _unwritten(found) or _missing_filter(found):
        raise InputError(f"{file.filename}: {name} {problem}")
    return found


def _unwritten(dataset: h5py.Dataset) -> str | None:
    """Say what of a dataset's declared rows is in no part of the file, and would be read as zeros."""
    rows = f"has {dataset.shape[0]:,} rows" if dataset.shape else "is one value"
    if not dataset.size:
        return None
    if dataset.chunks is None:
        written = dataset.id.get_storage_size() > 0
        return None if written else f"{rows}, but nothing was written to it{REWRITE}"
    pairs = zip(dataset.shape, dataset.chunks, strict=True)
    chunks, written = math.prod(-(-size // chunk) for size, chunk in pairs), dataset.id.get_num_chunks()
    if written == chunks:
        return None
    return f"{rows} in {chunks:,} chunks, but only {written:,} of these were written{REWRITE}"


def _missing_filter(dataset: h5py.Dataset) -> str | None:
    """Say by which filter that is not installed the values of a dataset are compressed."""
    creation = dataset.id.get_create_plist()
    filters = [creation.get_filter(number) for number in range(creation.get_nfilters())]
    missing = [number for number, one in enumerate(filters) if not h5z.filter_avail(one[0])]
    if not missing or not dataset.size:
        return None
    left_out = dataset.id.get_chunk_info(0).filter_mask
    for number in missing:
        if not left_out >> number & 1:
            code, _, _, name = filters[number]
            called = f" ({name.decode(errors='replace')})" if name else ""
            return (
                f"is compressed by the HDF5 filter {code}{called}, which is not installed here; "
                "write the file anew with compression='gzip', or with none"
            )
    return None


def values(dataset: h5py.Dataset, rows: Any = ()) -> np.ndarray:
    """Return the values of a dataset, or of some rows; raises InputError if they cannot be read."""
    try:
        return np.asarray(dataset[rows])
    except MemoryError as error:
        raise _too_large(dataset) from error
    except _DAMAGE as error:
        raise _damaged(dataset, error) from error


def texts(dataset: h5py.Dataset, rows: Any = ()) -> TextArray:
    """Return the strings of a dataset, or of some rows, as str; raises InputError if they cannot be read."""
    try:
        strings: TextArray = dataset.asstr()[rows]
        return strings
    except MemoryError as error:
        raise _too_large(dataset) from error
    except _DAMAGE as error:
        raise _damaged(dataset, error) from error


def _damaged(dataset: h5py.Dataset, error: Exception) -> InputError:
    return InputError(f"{dataset.file.filename}: {dataset.name[1:]} is damaged ({error}){REWRITE}")


def _too_large(dataset: h5py.Dataset) -> InputError:
    return InputError(
        f"{dataset.file.filename}: {dataset.name[1:]} is {dataset.dtype} of shape {dataset.shape}, and does "
        "not fit into memory"
    )
