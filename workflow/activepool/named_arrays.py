"""Arrays that a strategy keeps between its stages: an HDF5 file with one dataset a name."""

from pathlib import Path

import h5py
import numpy as np

from activepool.errors import InputError
from activepool.files import written_whole


def write_arrays(path: str | Path, arrays: dict[str, np.ndarray]) -> None:
    """Write ``arrays``, each as a dataset of its name."""
    with written_whole(path) as temporary, h5py.File(temporary, "w") as file:
        for name, values in arrays.items():
            file[name] = values


def read_arrays(path: str | Path) -> dict[str, np.ndarray]:
    """Read what `write_arrays` wrote."""
    try:
        with h5py.File(path, "r") as file:
            return {name: file[name][()] for name in file}
    except OSError as error:
        raise InputError(f"{path}: not a readable HDF5 file ({error})") from error
