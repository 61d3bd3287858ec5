"""Arrays by name, such as those that a strategy keeps between its stages: an HDF5 file of datasets."""

from pathlib import Path

import numpy as np

from activepool.errors import InputError
from activepool.io import hdf5_reading
from activepool.io.hdf5_writing import written_hdf5


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
    with hdf5_reading.opened(path) as file:
        datasets = {name: hdf5_reading.find_dataset(file, name) for name in file}
        if None in datasets.values():
            raise InputError(f"{path}: must hold only datasets; delete the file to regenerate it")
        return NamedArrays(path, {name: hdf5_reading.values(dataset) for name, dataset in datasets.items()})
