"""The probabilities that a head gives, computed while they are read."""

import numpy as np

from activepool.compute.arrays import FloatArray, IntArray
from activepool.compute.blocks import ROWS64, row_blocks
from activepool.features.store import FeatureMatrix
from activepool.heads.linear import LinearHead
from activepool.scores.uncertainty import Logits, log_softmax

#: Probabilities are multiples of 1 / GRID, which float32 holds; float64 adds up their differences exactly.
GRID = 2.0**24


def probabilities(features: FeatureMatrix, head: LinearHead) -> FeatureMatrix:
    """Return softmax(Wz + b) of each row, (N, C): computed in float64 and rounded to 1 / GRID.

    A row with NaN or infinity has NaN.
    """

    def read(rows: IntArray) -> FloatArray:
        result = np.empty((len(rows), head.num_classes), dtype=np.float32)
        for part in row_blocks(len(rows), ROWS64):
            with np.errstate(invalid="ignore"):  # ∞ − ∞
                logits = Logits(head.logits64(features.take(rows[part], np.float64)))
                result[part] = np.round(np.exp(log_softmax(logits)) * GRID) / GRID
        return result

    return FeatureMatrix.from_function((features.shape[0], head.num_classes), read)
