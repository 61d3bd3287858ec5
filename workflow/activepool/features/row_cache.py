"""A cache of features that are costly to read."""

import threading

import numpy as np

from activepool.compute.arrays import FloatArray, IntArray
from activepool.features.store import FeatureMatrix

#: How many features are kept, those of the rows that are read first: 1 GB.
KEPT_ENTRIES = 2**28


def kept(features: FeatureMatrix) -> FeatureMatrix:
    """Return the same features, (N, d); those that are read first, up to KEPT_ENTRIES, are read only once."""
    return FeatureMatrix.from_function(features.shape, _KeptRows(features).take)


class _KeptRows:
    """The rows of a feature matrix, as float32."""

    def __init__(self, features: FeatureMatrix) -> None:
        self._features = features
        size, width = features.shape
        self._place = np.full(size, -1)
        self._kept = np.empty((min(size, KEPT_ENTRIES // width), width), dtype=np.float32)
        self._count = 0
        self._lock = threading.Lock()

    def take(self, rows: IntArray) -> FloatArray:
        place = self._place[rows]
        is_kept = place >= 0
        if is_kept.all():
            values: FloatArray = self._kept[place]
            return values
        missing, inverse = np.unique(rows[~is_kept], return_inverse=True)
        read = self._features.take(missing)
        self._keep(missing, read)
        values = np.empty((len(rows), self._kept.shape[1]), dtype=np.float32)
        values[is_kept] = self._kept[place[is_kept]]
        values[~is_kept] = read[inverse]
        return values

    def _keep(self, rows: IntArray, values: FloatArray) -> None:
        """Keep those rows that no other thread has kept, as far as there is room."""
        with self._lock:
            new = np.flatnonzero(self._place[rows] < 0)[: len(self._kept) - self._count]
            places = np.arange(self._count, self._count + len(new))
            self._kept[places] = values[new]
            self._place[rows[new]] = places
            self._count += len(new)
