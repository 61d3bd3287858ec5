"""Checks that float32 can compute with a user's features, see `activepool.data.ranges`."""

from functools import partial

import numpy as np

from activepool.compute.arrays import FloatArray, IntArray
from activepool.compute.blocks import BLOCK_ROWS, row_blocks
from activepool.data.ranges import FiniteCheck, SpreadCheck, require_squares
from activepool.features.store import FeatureMatrix


def require_range(name: str, features: FeatureMatrix, rows: IntArray) -> None:
    """Raise InputError, with row and column, if float32 cannot compute with ``rows`` of features.

    They are not finite, too large, or too close together. ``name`` is what messages call the features.
    """
    finite = FiniteCheck()
    spread = SpreadCheck(name, features.shape[1], np.dtype(np.float32))
    for block in row_blocks(len(rows), BLOCK_ROWS):
        exact = features.take(rows[block], np.float64)
        with np.errstate(over="ignore"):  # to infinity, which is named
            values = exact.astype(np.float32)
        if finite.passes(values, rows[block], partial(_problem, name, values, rows[block])):
            require_squares(name, values, rows[block])
            spread.add(exact, rows[block])
    finite.require()
    spread.require()


def require_finite_values(name: str, values: FloatArray, rows: IntArray) -> None:
    """Raise InputError, with rows and columns, for values that are not finite.

    ``rows`` (B,) are the numbers that the ``values`` (B, d) have in what is called ``name``.
    """
    finite = FiniteCheck()
    finite.passes(values, rows, partial(_problem, name, values, rows))
    finite.require()


def _problem(name: str, values: FloatArray, rows: IntArray, row: int, column: int) -> str:
    value = values[row, column]
    return f"{name}: row {rows[row]}, column {column} is {value} as float32; every number must be finite"
