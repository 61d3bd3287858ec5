"""Opening a file of arrays by its content, whatever it is called."""

import zipfile
from collections.abc import Collection
from pathlib import Path

import h5py

from activepool.errors import InputError
from activepool.io.array_files.array_file import ArrayFile, report_damage
from activepool.io.array_files.hdf5_files import open_hdf5
from activepool.io.array_files.numpy_files import NPY_SIGNATURE, NPY_SUFFIX, open_npy, open_npz
from activepool.io.array_files.parquet_files import open_parquet
from activepool.io.array_files.safetensors_files import open_safetensors
from activepool.io.array_files.torch_files import open_torch
from activepool.io.files import DATA_PROBLEMS, start_of

#: The forms, for messages.
FORMS = ".npy, .npz, .pt, .safetensors, .parquet or HDF5"

#: How files begin.
ZIP, PICKLE, PARQUET = b"PK", b"\x80", b"PAR1"

#: Bytes at the beginning that reveal the form.
SIGNATURE_BYTES = 24


def open_arrays(path: str | Path, separate: Collection[str] = ()) -> ArrayFile:
    """Open a file of arrays of one of `FORMS`, as its first bytes tell; no code in it is run.

    For ``separate`` columns of a table see `open_parquet`. Raises InputError for other or damaged files.
    """
    path = existing_arrays(path)
    with path.open("rb") as file:
        beginning = file.read(SIGNATURE_BYTES)
    if beginning.startswith(NPY_SIGNATURE):
        return open_npy(path)
    if beginning.startswith(PARQUET):
        return open_parquet(path, separate)
    if h5py.is_hdf5(path):
        return open_hdf5(path)
    if beginning.startswith(ZIP):
        return open_npz(path) if _is_npz(path) else open_torch(path)
    if beginning[8:9] == b"{":
        return open_safetensors(path)
    if beginning.startswith(PICKLE):
        return open_torch(path)
    if not beginning:
        raise InputError(f"{path}: is empty")
    for signature, problem in DATA_PROBLEMS.items():
        if beginning.startswith(signature):
            raise InputError(f"{path}: {problem}")
    raise InputError(f"{path}: is not one of {FORMS}; it begins with {beginning!r}")


def existing_arrays(path: str | Path) -> Path:
    """Return ``path`` as a Path; raises InputError if it is not a file."""
    path = Path(path)
    if path.is_dir():
        raise InputError(f"{path}: is a folder; it must be {FORMS}")
    if not path.is_file():
        raise InputError(f"{path}: no such file; it must be {FORMS}{start_of(path)}")
    return path


def _is_npz(path: Path) -> bool:
    with report_damage(f"{path}:"), zipfile.ZipFile(path) as archive:
        return any(name.endswith(NPY_SUFFIX) for name in archive.namelist())
