"""Features of length 1, computed while they are read."""

import numpy as np

from activepool.compute.arrays import FloatArray, IntArray
from activepool.features.store import FeatureMatrix

#: Rows that are divided at once: few enough for a core's cache.
ROWS = 32


def unit_rows(features: FeatureMatrix) -> FeatureMatrix:
    """Return the features, each row divided by its Euclidean norm and rounded to float32.

    A row of zeros stays as it is; a row with NaN or infinity has NaN.
    """

    def gather(numbers: IntArray) -> FloatArray:
        rows = features.take(numbers, np.float64)
        quotients = np.empty(rows.shape, dtype=np.float32)
        for start in range(0, len(rows), ROWS):
            part = rows[start : start + ROWS]
            norms = np.sqrt(np.square(part).sum(axis=1, keepdims=True))
            norms[norms == 0] = 1
            with np.errstate(invalid="ignore"):  # ∞ / ∞
                part /= norms
            quotients[start : start + ROWS] = part
        return quotients

    return FeatureMatrix.from_function(features.shape, gather)
