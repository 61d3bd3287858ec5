"""Features with dropout, made while they are read: the same whatever rows are read together."""

import numpy as np

from activepool.compute.arrays import FloatArray, IntArray
from activepool.features.store import FeatureMatrix

#: Rows that share a stream of random numbers.
STREAM_ROWS = 16


def dropped(features: FeatureMatrix, rate: float, key: int) -> FeatureMatrix:
    """Return the features, each set to 0 with probability ``rate``, the others divided by 1 − ``rate``.

    Args:
        features: (N, d).
        rate: from 0 to 1, below 1.
        key: with the number of its row it decides which features are set to 0; 0 ≤ key < 2⁶⁴.
    """
    return FeatureMatrix.from_rows(_DroppedRows(features, rate, key))


class _DroppedRows:
    """The rows of a feature matrix, with dropout."""

    def __init__(self, features: FeatureMatrix, rate: float, key: int) -> None:
        self.shape = features.shape
        self._features = features
        self._rate = rate
        self._key = key

    def __getitem__(self, rows: IntArray) -> FloatArray:
        values = self._features.take(rows)
        values *= np.float32(1 / (1 - self._rate))
        order = np.argsort(rows, kind="stable")
        streams, starts = np.unique(rows[order] // STREAM_ROWS, return_index=True)
        for stream, places in zip(streams.tolist(), np.split(order, starts[1:]), strict=True):
            values[places] *= self._kept(stream)[rows[places] % STREAM_ROWS]
        return values

    def _kept(self, stream: int) -> np.ndarray:
        """Return what the rows of a stream keep, (STREAM_ROWS, d)."""
        random = np.random.Generator(np.random.Philox(key=self._key, counter=stream << 128))
        return random.random((STREAM_ROWS, self.shape[1]), dtype=np.float32) >= self._rate
