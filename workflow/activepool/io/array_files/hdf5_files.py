"""A user's HDF5 files: all datasets that lie in the file itself."""

from contextlib import ExitStack
from pathlib import Path

import h5py
import numpy as np

from activepool.errors import InputError
from activepool.io import hdf5
from activepool.io.array_files.array_file import ArrayFile, StoredArray

#: Depth of groups within groups to look into; links may lead in a circle.
MAX_DEPTH = 4


def open_hdf5(path: Path) -> ArrayFile:
    """Open an HDF5 file; raises InputError if it is damaged."""
    resources = ExitStack()
    file = resources.enter_context(hdf5.opened(path))
    shapes: dict[str, tuple[int, ...]] = {}
    _collect_shapes(file, "", shapes)

    def find(name: str) -> StoredArray:
        dataset, label = hdf5.find_dataset(file, name), f"{path}: {name}"
        if dataset is None:
            raise InputError(f"{label} is not a dataset that can be read; write the file again")
        if h5py.check_string_dtype(dataset.dtype) is not None:
            text = np.dtype(object)
            return StoredArray(label, dataset.shape, text, lambda rows: hdf5.texts(dataset, rows))
        names = {number: value for value, number in (h5py.check_enum_dtype(dataset.dtype) or {}).items()}
        return StoredArray(
            label,
            dataset.shape,
            dataset.dtype,
            lambda rows: hdf5.values(dataset, rows),
            dataset,
            value_names=names,
        )

    return ArrayFile(path, shapes, find, resources=resources)


def _collect_shapes(group: h5py.Group, name: str, shapes: dict[str, tuple[int, ...]]) -> None:
    """Add the shapes of the datasets in a group. No other file is opened; `find` refuses a link to one."""
    for key in group:
        inner = f"{name}/{key}".lstrip("/")
        if isinstance(group.get(key, getlink=True), h5py.ExternalLink):
            shapes |= {inner: (), f"{inner}/features": ()}
            continue
        try:
            item = group.get(key)
        except hdf5.DAMAGE:
            continue
        if isinstance(item, h5py.Dataset) and item.shape is not None:
            shapes[inner] = item.shape
        elif isinstance(item, h5py.Group) and inner.count("/") < MAX_DEPTH:
            _collect_shapes(item, inner, shapes)
