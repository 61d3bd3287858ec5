"""A cache of features that are costly to read."""

import threading

import numpy as np

from activepool.compute.arrays import FloatArray, IntArray
from activepool.features.store import FeatureMatrix

#: The number of features in a cache: 1 GB.
CACHED_ENTRIES = 2**28


def cached(features: FeatureMatrix) -> FeatureMatrix:
    """Return the same features, (N, d); the first CACHED_ENTRIES that are read are read only once."""
    return FeatureMatrix.from_function(features.shape, _RowCache(features).take)


class _RowCache:
    """The rows of a feature matrix, as float32."""

    def __init__(self, features: FeatureMatrix) -> None:
        self._features = features
        size, width = features.shape
        self._places = np.full(size, -1)
        self._rows = np.empty((min(size, CACHED_ENTRIES // width), width), dtype=np.float32)
        self._count = 0
        self._lock = threading.Lock()

    def take(self, rows: IntArray) -> FloatArray:
        places = self._places[rows]
        is_cached = places >= 0
        if is_cached.all():
            values: FloatArray = self._rows[places]
            return values
        missing, inverse = np.unique(rows[~is_cached], return_inverse=True)
        missing_values = self._features.take(missing)
        self._add(missing, missing_values)
        values = np.empty((len(rows), self._rows.shape[1]), dtype=np.float32)
        values[is_cached] = self._rows[places[is_cached]]
        values[~is_cached] = missing_values[inverse]
        return values

    def _add(self, rows: IntArray, values: FloatArray) -> None:
        """Add the rows that no other thread has added, as far as there is room."""
        with self._lock:
            added = np.flatnonzero(self._places[rows] < 0)[: len(self._rows) - self._count]
            places = np.arange(self._count, self._count + len(added))
            self._rows[places] = values[added]
            self._places[rows[added]] = places
            self._count += len(added)
