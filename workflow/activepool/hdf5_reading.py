"""HDF5 files that anybody may have made: their datasets read, or one clear line why that cannot be."""

from pathlib import Path
from typing import Any

import h5py
import numpy as np

from activepool.errors import InputError

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
    what lies elsewhere may change unseen, and may be anything on this machine.
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
    return found


def values(dataset: h5py.Dataset, rows: Any = ()) -> np.ndarray:
    """Return the values of a dataset, or of some rows; raises InputError if they cannot be read."""
    try:
        return np.asarray(dataset[rows])
    except _DAMAGE as error:
        raise _damaged(dataset, error) from error


def texts(dataset: h5py.Dataset, rows: Any = ()) -> np.ndarray:
    """Return the strings of a dataset, or of some rows, as str; raises InputError if they cannot be read."""
    try:
        return dataset.asstr()[rows]
    except _DAMAGE as error:
        raise _damaged(dataset, error) from error


def _damaged(dataset: h5py.Dataset, error: Exception) -> InputError:
    return InputError(
        f"{dataset.file.filename}: {dataset.name[1:]} is damaged ({error}); write the file anew"
    )
