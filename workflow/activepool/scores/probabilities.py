"""The probabilities that a head gives, made while they are read."""

import numpy as np

from activepool.compute.arrays import FloatArray, IntArray
from activepool.features.store import FeatureMatrix
from activepool.heads.linear import LinearHead
from activepool.scores.uncertainty import Logits, log_softmax

#: Probabilities are multiples of 1 / GRID, which float32 holds; float64 adds up their differences exactly.
GRID = 2.0**24

#: Rows whose logits are computed at once.
ROWS = 1024


def probabilities(features: FeatureMatrix, head: LinearHead) -> FeatureMatrix:
    """Return softmax(Wz + b) of each row, (N, C): computed in float64 and rounded to 1 / GRID.

    A row with NaN or infinity has NaN.
    """
    return FeatureMatrix.from_rows(_Probabilities(features, head))


class _Probabilities:
    """The probabilities of the rows of a feature matrix."""

    def __init__(self, features: FeatureMatrix, head: LinearHead) -> None:
        self.shape = features.shape[0], head.num_classes
        self._features = features
        self._head = head

    def __getitem__(self, rows: IntArray) -> FloatArray:
        result = np.empty((len(rows), self.shape[1]), dtype=np.float32)
        for start in range(0, len(rows), ROWS):
            part = slice(start, start + ROWS)
            with np.errstate(invalid="ignore"):  # ∞ − ∞
                logits = Logits(self._head.logits64(self._features.take(rows[part], np.float64)))
                result[part] = np.round(np.exp(log_softmax(logits)) * GRID) / GRID
        return result
