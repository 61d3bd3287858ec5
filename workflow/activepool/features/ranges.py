"""Checks that float32 can compute with a user's features, see `activepool.data.ranges`."""

from collections.abc import Callable
from functools import partial

import numpy as np

from activepool.compute.arrays import FloatArray, FloatType, IntArray
from activepool.compute.blocks import BLOCK_ROWS, row_blocks
from activepool.data.ranges import MAX_SQUARED_LENGTH, FiniteCheck, SpreadCheck, require_squares
from activepool.features.store import FeatureMatrix, require_finite


class CheckedFeatures(FeatureMatrix):
    """Features of a user, which are called ``features``: rows are checked whenever they are read.

    Reading raises InputError, with the row, if a value is not finite, or its square does not fit float32.
    """

    def __init__(self, features: FeatureMatrix) -> None:
        super().__init__(features.shape, features._gather, features._read)
        self._array = features._array

    def block(self, rows: slice, dtype: FloatType = np.float32) -> FloatArray:
        """Return consecutive rows, (rows, d) of ``dtype``."""
        with np.errstate(over="ignore"):  # to infinity, which is named
            values = super().block(rows, dtype)
        return _checked(values, lambda: np.arange(*rows.indices(self.shape[0])))

    def take(self, rows: IntArray, dtype: FloatType = np.float32) -> FloatArray:
        """Return these rows in this order, (len(rows), d) of ``dtype``."""
        with np.errstate(over="ignore"):
            values = super().take(rows, dtype)
        return _checked(values, lambda: rows)


def _checked(values: FloatArray, numbers: Callable[[], IntArray]) -> FloatArray:
    """Return the ``values`` of rows with these ``numbers``; InputError unless their squares fit float32."""
    flat = values.ravel(order="K")
    with np.errstate(over="ignore", invalid="ignore"):
        # One sum for all rows, which its rounding cannot halve, costs little beside reading them. Only large
        # values need a look at each row.
        if np.einsum("i,i->", flat, flat) <= MAX_SQUARED_LENGTH / 2:
            return values
        single, rows = values.astype(np.float32), numbers()
        require_finite(rows, np.abs(single).max(axis=1))
    require_squares("features", single, rows)
    return values


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
