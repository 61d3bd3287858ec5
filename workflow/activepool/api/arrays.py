"""Conversion of users' arguments to the library's types: features, rows, numbers."""

import operator
import os
import sys
from collections.abc import Mapping, Set
from typing import Any

import h5py
import numpy as np

from activepool.api.tables import require_numbers, with_missing
from activepool.api.tensors import cuda_device, is_tensor, numpy_of, tensor_matrix, tensor_problem
from activepool.compute.arrays import IntArray
from activepool.compute.blocks import Compute
from activepool.compute.devices import resolve_device
from activepool.errors import InputError, first_few, one_line, shown
from activepool.features.ranges import require_range
from activepool.features.store import FeatureMatrix, require_finite

#: A matrix (N, d): a NumPy array, a memory map, an open HDF5 dataset, a torch tensor, or nested lists.
Features = Any

#: Rows of a first check, which decides whether all features need one.
SAMPLED_ROWS = 64

#: Row numbers or a mask (N,), as an array, a list or a tensor.
Rows = Any


def feature_matrix(features: Features) -> FeatureMatrix:
    """Return ``features`` (N, d), left where they are: blocks are read when they are needed.

    Raises InputError if they are not a matrix of real numbers, or have no row or no column.
    """
    if isinstance(features, FeatureMatrix):
        return features
    if hasattr(features, "toarray"):
        raise InputError("features is a sparse matrix; pass features.toarray()")
    if isinstance(features, h5py.Dataset) and not features:
        raise InputError("features is a dataset of an HDF5 file that was closed; keep the file open")
    if isinstance(features, h5py.Group):
        raise InputError(f"features is {_group_description(features)}")
    is_lazy = isinstance(features, h5py.Dataset) or is_tensor(features)
    stored: Any = features if is_lazy else _numbers(features)
    shape = tuple(stored.shape)
    if not shape:
        raise InputError(f"features is a {type(features).__name__}; it must be an array (samples, width)")
    if len(shape) != 2:
        raise InputError(f"features has the shape {shape}; it must be (samples, width)")
    if 0 in shape:
        raise InputError(f"features has the shape {shape}; it must have at least one row and one column")
    if is_tensor(stored):
        if problem := tensor_problem(stored):
            raise InputError(f"features is a {problem}; it must be a dense tensor of real numbers")
        return tensor_matrix(stored)
    if stored.dtype.kind not in "fiub" or stored.dtype.itemsize > 8:
        raise InputError(
            f"features is an array of {stored.dtype}; it must be real numbers of at most 64 bits"
        )
    if isinstance(stored, h5py.Dataset):
        return FeatureMatrix.from_dataset(stored)
    return FeatureMatrix.from_array(stored)


def _numbers(features: Features) -> np.ndarray:
    """Return features in memory as an array; raises InputError for a table with columns of another kind."""
    require_numbers(features)
    return with_missing(features, to_array("features", features))


def _group_description(group: h5py.Group) -> str:
    """Return what an HDF5 file or group is, and which datasets it has."""
    if not group:
        return "an HDF5 file that was closed; keep it open, and give one of its datasets"
    names: list[str] = []
    group.visititems(lambda name, item: names.append(name) if isinstance(item, h5py.Dataset) else None)
    datasets = first_few(map(repr, names)) or "it has none"
    kind = "file" if isinstance(group, h5py.File) else "group"
    return f"an HDF5 {kind}; give one of its datasets: {datasets}"


def require_computable(features: FeatureMatrix, rows: IntArray) -> None:
    """Raise InputError if the workflow would refuse ``rows`` of features: too large, or too close together.

    It checks some of them, spread evenly, which costs little, and only if these fail all of them. Values that
    are too large are found wherever they are, when they are read (see `CheckedFeatures`).
    """
    sample = rows[np.linspace(0, len(rows) - 1, min(len(rows), SAMPLED_ROWS)).astype(np.int64)]
    with np.errstate(over="ignore"):
        require_finite(sample, np.abs(features.take(sample)).max(axis=1))
    try:
        require_range("features", features, sample)
    except InputError:
        require_range("features", features, rows)


def to_array(name: str, values: Any) -> np.ndarray:
    """Return ``values`` as a NumPy array; raises InputError, with this ``name``, if there is none."""
    if isinstance(values, np.ma.MaskedArray) and np.ma.is_masked(values):
        raise InputError(f"{name} has masked values; fill or remove them")
    try:
        return numpy_of(values) if is_tensor(values) else np.asarray(values)
    except Exception as error:  # those of other libraries, too, such as polars
        raise InputError(f"{name} is not an array ({one_line(error)})") from None


def require_one_order(name: str, values: Any, reference_name: str, reference: Any) -> None:
    """Raise InputError if pandas has ``values`` of the same rows as ``reference``, but in another order.

    All arrays here are matched by position, whatever pandas' index says.
    """
    if not (hasattr(values, "iloc") and hasattr(reference, "iloc")) or values.index.equals(reference.index):
        return
    index, reference_index = values.index.tolist(), reference.index.tolist()
    if (row := _first_exchange(index, reference_index)) is not None:
        raise InputError(
            f"{name} has the index {index[row]!r} in row {row}, where {reference_name} has "
            f"{reference_index[row]!r}; give {name}.loc[{reference_name}.index], or {name}.to_numpy() if "
            "they are matched by position"
        )


def require_row_order(labels: Any, rows: IntArray, features: Features) -> None:
    """Raise InputError if pandas has the ``labels`` of the same ``rows``, but in another order."""
    if not hasattr(labels, "iloc") or len(labels) != len(rows):
        return
    index = labels.index.tolist()
    if index == list(range(len(index))):  # pandas' own numbers, which say nothing about the rows
        return
    names = features.index[rows].tolist() if hasattr(features, "iloc") else rows.tolist()
    if (place := _first_exchange(index, names)) is not None:
        raise InputError(
            f"labels has the index {index[place]!r} in place {place}, where labelled has {names[place]!r}; "
            "give both in one order, or labels.to_numpy() if they are matched by position"
        )


def _first_exchange(first: list[Any], second: list[Any]) -> int | None:
    """Return the first place where lists differ that have the same entries; None for all other lists."""
    if len(first) != len(second) or set(first) != set(second):
        return None
    pairs = zip(first, second, strict=True)
    return next((place for place, pair in enumerate(pairs) if pair[0] != pair[1]), None)


def require_matching_indexes(features: Features, rows: Mapping[str, Any], **values: Any) -> None:
    """Raise InputError if pandas' indexes say other rows than the positions, which count.

    Args:
        features: those of all rows.
        rows: arguments that name rows.
        values: arguments that have a value for each row.
    """
    for name, argument in {**values, **rows}.items():
        require_one_order(name, argument, "features", features)
    for name, argument in rows.items():
        _require_row_numbers(name, argument, features)


def _require_row_numbers(name: str, rows: Any, features: Features) -> None:
    """Raise InputError if ``rows`` are a pandas index, and that of ``features`` does not number its rows."""
    if not (hasattr(rows, "get_indexer") and hasattr(features, "iloc")) or rows.dtype == np.bool_:
        return
    if not np.array_equal(features.index, np.arange(len(features))):
        raise InputError(
            f"{name} is a pandas index, and that of features does not number its rows; give "
            f"features.index.get_indexer({name}), or {name}.to_numpy() if they are row numbers"
        )


def to_rows(name: str, values: Rows, samples: int) -> IntArray:
    """Return row numbers, in the order given, (n,) int64; a mask (samples,) names the rows that are True.

    Raises InputError, using ``name``, for an invalid or repeated row.
    """
    rows = to_array(name, list(values) if isinstance(values, Set | range) else values)
    if rows.dtype == np.bool_:
        if rows.shape != (samples,):
            raise InputError(f"{name} is a mask of shape {rows.shape}; features has {samples} rows")
        return np.flatnonzero(rows)
    if rows.ndim != 1 or (rows.size and rows.dtype.kind not in "iu"):
        form = f"an array of {rows.dtype} and shape {rows.shape}" if rows.ndim else shown(values)
        raise InputError(f"{name} is {form}; it must be a list of row numbers, or a mask")
    outside = rows[(rows < 0) | (rows >= samples)]
    if outside.size:
        raise InputError(f"{name} has the row {outside[0]}; features has rows 0 to {samples - 1}")
    rows = rows.astype(np.int64)
    counts = np.bincount(rows, minlength=samples)
    if counts.max() > 1:
        hint = "; if it is a mask, give it as bool" * bool(len(rows) == samples and rows.max() == 1)
        raise InputError(f"{name} has the row {counts.argmax()} twice{hint}")
    return rows


def to_whole(name: str, value: Any, minimum: int) -> int:
    """Return a whole number of at least ``minimum``; raises InputError about ``name`` for another value."""
    try:
        number = operator.index(value)
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or number < minimum:
        raise InputError(f"{name} is {shown(value)}; it must be a whole number of at least {minimum}")
    return number


def is_number(value: Any) -> bool:
    """Return whether a value is a number."""
    return isinstance(value, int | float | np.integer | np.floating) and not isinstance(value, bool)


def to_share(name: str, value: Any, example: float) -> float:
    """Return a number; raises InputError, with this ``name``, if it is not between 0 and 1."""
    if not is_number(value) or not 0 < value < 1:
        raise InputError(f"{name} is {shown(value)}; it must be between 0 and 1, such as {example}")
    return float(value)


def to_compute(device: Any, workers: int | None, features: Features) -> Compute:
    """Return where to compute; by default where the features are, on all processors of this process.

    ``device`` is a name or a torch.device.
    """
    if workers is None:
        workers = len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
    if device is None:
        device = cuda_device(features) or "cpu"
    return Compute(resolve_device(str(device)), to_whole("workers", workers, 1), keeps_memory=False)
