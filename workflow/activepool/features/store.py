"""features.h5: the cached features of a dataset, read in blocks.

Layout: ``train/features`` (N, d) and ``test/features`` (M, d), float16 or float32; ``train/labels`` and
``test/labels`` int64 (-1: not known). Optional: ``train/sources``, the origin of each row (a path, or a row
of the original dataset); ``train/views`` (V, N, d), features of V augmentations. Attributes: ``class_names``,
``backbone``, ``checkpoint_digest``, ``transform``.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from activepool.compute.arrays import BoolArray, FloatArray, FloatType, IntArray
from activepool.data.label_file import LabelFile, LabelledPart
from activepool.errors import InputError
from activepool.io import hdf5
from activepool.io.half_precision import to_single

#: The parts of a dataset, each a group of the file.
PARTS = ("train", "test")

#: Rows that are close together are read run by run if runs of consecutive rows have this average length.
MIN_RUN_ROWS = 16

#: Rows are close together if the file has on average fewer than this many rows per row that is read.
MAX_SPACING = 4

#: HDF5's drivers with which a file on disk has its bytes at HDF5's offsets.
PLAIN_DRIVERS = ("sec2", "stdio", "windows")


class FeatureMatrix:
    """The rows of one features dataset, (N, d): left in place, and read as float32 or float64.

    Several threads may read at once. Rows of a contiguous dataset are read without a lock: many rows that lie
    close together by plain reads, so that the pages of the file do not fill the process's memory; few rows
    far apart through a memory map.
    """

    def __init__(
        self,
        shape: tuple[int, ...],
        gather: Callable[[IntArray], FloatArray],
        read: Callable[[list[slice]], FloatArray],
    ) -> None:
        """Combine two ways to read a matrix of this shape, (N, d).

        ``gather`` returns rows in any order, and ``read`` runs of consecutive rows, which the same thread may
        overwrite when it reads again.
        """
        rows, width = shape
        self.shape: tuple[int, int] = (rows, width)
        self._gather = gather
        self._read = read
        self._array: FloatArray | None = None

    @classmethod
    def from_function(
        cls, shape: tuple[int, ...], gather: Callable[[IntArray], FloatArray]
    ) -> "FeatureMatrix":
        """Wrap rows that ``gather(rows)`` makes while they are read; runs are read like any other rows."""

        def read(runs: list[slice]) -> FloatArray:
            return gather(np.concatenate([np.arange(run.start, run.stop) for run in runs]))

        return cls(shape, gather, read)

    @classmethod
    def from_array(cls, array: FloatArray) -> "FeatureMatrix":
        """Wrap an (N, d) array, in memory or mapped: its rows are gathered in one copy."""
        rows = np.asarray(array)
        matrix = cls(rows.shape, rows.__getitem__, lambda runs: _concatenate([rows[run] for run in runs]))
        matrix._array = rows
        return matrix

    @classmethod
    def from_dataset(cls, dataset: h5py.Dataset) -> "FeatureMatrix":
        """Wrap an open HDF5 dataset; the file must stay open while it is chunked.

        A file that is open for writing is flushed first, because HDF5 does not take part in reading its rows.
        """
        if dataset.file.mode != "r":
            dataset.file.flush()
        offset = dataset.id.get_offset()
        if offset is None or not dataset.size or dataset.file.driver not in PLAIN_DRIVERS:
            reader = _LockedReader(dataset)
            return cls(dataset.shape, reader.gather, reader.read)
        path = Path(dataset.file.filename)
        mapped = np.memmap(path, dtype=dataset.dtype, mode="r", offset=offset, shape=dataset.shape)
        return cls(mapped.shape, mapped.__getitem__, _PlainReader(path, mapped))

    def block(self, rows: slice, dtype: FloatType = np.float32) -> FloatArray:
        """Return consecutive rows, (rows, d) of ``dtype``."""
        start, stop, _ = rows.indices(self.shape[0])
        return _convert(self._read([slice(start, stop)]), dtype)

    def take(self, rows: IntArray, dtype: FloatType = np.float32) -> FloatArray:
        """Return these rows in this order, (len(rows), d) of ``dtype``."""
        if not len(rows):
            return np.empty((0, self.shape[1]), dtype)
        if self._array is not None:
            return _convert(self._array, dtype, rows)
        first, last = int(rows.min()), int(rows.max())
        if last - first >= MAX_SPACING * len(rows):
            return _convert(self._gather(rows), dtype)
        runs = _runs(rows)
        if MIN_RUN_ROWS * len(runs) <= len(rows):
            return _convert(self._read(runs), dtype)
        return _convert(self._read([slice(first, last + 1)]), dtype, rows - first)

    def __getitem__(self, rows: IntArray | BoolArray | slice | int) -> FloatArray:
        """Return rows in float32, chosen as in an array: by numbers, a mask or a slice, or a single one."""
        numbers = np.asarray(np.arange(self.shape[0])[rows])
        return self.take(numbers.ravel()).reshape(*numbers.shape, self.shape[1])

    #: A loop would read a pool row by row.
    __iter__ = None


class _LockedReader:
    """A chunked dataset: HDF5 decodes one read at a time.

    `read` reads everything between the first and the last run: HDF5 would decode a chunk again for each run.
    """

    def __init__(self, dataset: h5py.Dataset) -> None:
        self._dataset = dataset
        self._lock = threading.Lock()

    def read(self, runs: list[slice]) -> FloatArray:
        start = min(run.start for run in runs)
        with self._lock:
            span = hdf5.values(self._dataset, slice(start, max(run.stop for run in runs)))
        return _concatenate([span[run.start - start : run.stop - start] for run in runs])

    def gather(self, rows: IntArray) -> FloatArray:
        with self._lock:
            return hdf5.values(self._dataset, rows)


class _PlainReader(threading.local):
    """Reads runs of rows of a mapped file into one buffer per thread.

    Unlike the map, this leaves no page of the file in the process. Reusing a buffer takes a third of the
    time of a fresh one, which the system must first find and clear.
    """

    def __init__(self, path: Path, mapped: np.memmap) -> None:
        self._path = path
        self._mapped = mapped
        self._buffer = np.empty((0, mapped.shape[1]), dtype=mapped.dtype)

    def __call__(self, runs: list[slice]) -> FloatArray:
        """Return the rows, in the buffer."""
        count = sum(run.stop - run.start for run in runs)
        if len(self._buffer) < count:
            self._buffer = np.empty((count, self._mapped.shape[1]), dtype=self._mapped.dtype)
        filled = 0
        with self._path.open("rb", buffering=0) as file:
            for run in runs:
                rows = self._buffer[filled : filled + run.stop - run.start]
                file.seek(self._mapped.offset + run.start * self._mapped.strides[0])
                if file.readinto(rows.data) != rows.nbytes:
                    raise InputError(f"{self._path}: ends early; delete the file to regenerate it")
                filled += len(rows)
        return self._buffer[:count]


def _runs(rows: IntArray) -> list[slice]:
    """Return the runs of consecutive numbers in ``rows``, in their order."""
    breaks = np.flatnonzero(np.diff(rows) != 1)
    firsts, lasts = rows[np.append(0, breaks + 1)], rows[np.append(breaks, -1)]
    return [slice(first, last + 1) for first, last in zip(firsts.tolist(), lasts.tolist(), strict=True)]


def _concatenate(parts: list[FloatArray]) -> FloatArray:
    return parts[0] if len(parts) == 1 else np.concatenate(parts)


def _convert(stored: FloatArray, dtype: FloatType, rows: IntArray | None = None) -> FloatArray:
    """Return stored features, or some of their rows, as a new array of ``dtype``."""
    if stored.dtype == np.float16:
        return to_single(stored, rows).astype(dtype, copy=False)
    return stored.astype(dtype) if rows is None else _gather(stored, rows).astype(dtype, copy=False)


def _gather(stored: FloatArray, rows: IntArray) -> FloatArray:
    """Return ``stored[rows]``, in half of the time where `take` need not copy the whole matrix first."""
    numbers = np.asarray(rows)
    if stored.flags.c_contiguous and stored.flags.aligned and numbers.dtype == np.intp:
        return stored.take(numbers, axis=0)
    return stored[rows]


def require_finite(rows: IntArray, values: FloatArray) -> None:
    """Raise InputError, naming the first row, if a number computed from the features of a row is not finite.

    ``values`` (n,) are sums over all features of each of the ``rows``.
    """
    is_finite = np.isfinite(values)
    if not is_finite.all():
        row = rows[~is_finite][0]
        raise InputError(f"features: row {row} has values that are not finite, or too large")


@dataclass
class FeatureSplit(LabelledPart):
    """One part (train or test), with its features."""

    features: FeatureMatrix


class FeatureFile(LabelFile):
    """An open features.h5.

    Raises InputError, naming the file, if a dataset is missing or has the wrong type or shape.
    """

    train: FeatureSplit
    test: FeatureSplit

    def _part(self, part: str) -> FeatureSplit:
        features = self._dataset(f"{part}/features")
        if features.ndim != 2 or features.dtype not in (np.float16, np.float32):
            raise InputError(
                f"{self.path}: {part}/features is {features.dtype} of shape {features.shape}; "
                "it must be float16 or float32 of shape (rows, width)"
            )
        if part == "test" and features.shape[1] != self.train.features.shape[1]:
            raise InputError(
                f"{self.path}: test/features has width {features.shape[1]}, "
                f"train/features {self.train.features.shape[1]}; both must come from one backbone"
            )
        labels = self._labels(part, features.shape[0])
        sources = self._sources(part, features.shape[0])
        return FeatureSplit(labels, sources, FeatureMatrix.from_dataset(features))

    def views(self) -> list[FeatureMatrix]:
        """Return the features of each random augmentation of the train part, (N, d); [] if there are none.

        Raises InputError if they do not match ``train/features``.
        """
        views = self._file.get("train/views")
        if views is None:
            return []
        rows, width = self.train.features.shape
        if views.shape[1:] != (rows, width) or views.id.get_offset() is None:
            raise InputError(
                f"{self.path}: train/views has the shape {views.shape} and chunks {views.chunks}; it must be "
                f"(views, {rows}, {width}) and contiguous"
            )
        mapped = np.memmap(self.path, views.dtype, "r", offset=views.id.get_offset(), shape=views.shape)
        return [FeatureMatrix.from_array(view) for view in mapped]
