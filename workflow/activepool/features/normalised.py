"""Features of length 1, made while they are read."""

import numpy as np

from activepool.compute.arrays import FloatArray, IntArray
from activepool.features.store import FeatureMatrix


def normalised(features: FeatureMatrix) -> FeatureMatrix:
    """Return the features, each row divided by its Euclidean norm and rounded to float32.

    A row of zeros stays as it is; a row with NaN or infinity has NaN.
    """
    rows = _NormalisedRows(features)
    return FeatureMatrix(rows, rows.read)


class _NormalisedRows:
    """The rows of a feature matrix, normalised."""

    def __init__(self, features: FeatureMatrix) -> None:
        self.shape = features.shape
        self._features = features

    def read(self, runs: list[slice]) -> FloatArray:
        return self[np.concatenate([np.arange(run.start, run.stop) for run in runs])]

    def __getitem__(self, rows: IntArray) -> FloatArray:
        return _unit_length(self._features.take(rows, np.float64))


def _unit_length(rows: FloatArray) -> FloatArray:
    norms = np.sqrt(np.square(rows).sum(axis=1, keepdims=True))
    norms[norms == 0] = 1
    with np.errstate(invalid="ignore"):  # ∞ / ∞
        unit: FloatArray = (rows / norms).astype(np.float32)
    return unit
