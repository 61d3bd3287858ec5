"""Features with dropout, computed while they are read; a row is the same whatever is read with it."""

import numpy as np

from activepool.compute.arrays import FloatArray, IntArray
from activepool.features.store import FeatureMatrix

#: Rows that share a stream of random numbers.
STREAM_ROWS = 16


def with_dropout(features: FeatureMatrix, rate: float, key: int) -> FeatureMatrix:
    """Return the features (N, d), each set to 0 with probability ``rate`` < 1, the others over 1 − ``rate``.

    With the number of its row, 0 ≤ ``key`` < 2⁶⁴ decides which features are set to 0.
    """

    def mask(stream: int) -> np.ndarray:
        """Return which features the rows of a stream keep, (STREAM_ROWS, d)."""
        random = np.random.Generator(np.random.Philox(key=key, counter=stream << 128))
        return random.random((STREAM_ROWS, features.shape[1]), dtype=np.float32) >= rate

    def gather(rows: IntArray) -> FloatArray:
        values = features.take(rows)
        values *= np.float32(1 / (1 - rate))
        order = np.argsort(rows, kind="stable")
        streams, starts = np.unique(rows[order] // STREAM_ROWS, return_index=True)
        for stream, places in zip(streams.tolist(), np.split(order, starts[1:]), strict=True):
            values[places] *= mask(stream)[rows[places] % STREAM_ROWS]
        return values

    return FeatureMatrix.from_function(features.shape, gather)
