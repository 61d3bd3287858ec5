"""Reductions over the rows of a matrix, for NumPy arrays and torch tensors alike."""

from typing import Any

import numpy as np

from activepool.compute.blocks import Array, array_namespace


def row_numbers(values: Array) -> Array:
    """Return 0 … n − 1 for ``values`` (n, ...), on their device."""
    device: Any = None if isinstance(values, np.ndarray) else values.device
    return array_namespace(values).arange(values.shape[0], device=device)


def row_maxima(values: Array) -> tuple[Array, Array]:
    """Return the largest entry of each row of ``values`` (n, k), (n,), and the first place where it is, (n,).

    NumPy finds the place up to ten times as fast as the entry alone.
    """
    places = array_namespace(values).argmax(values, axis=1)
    return values[row_numbers(values), places], places


def row_minima(values: Array) -> Array:
    """Return the smallest entry of each row of ``values`` (n, k), (n,)."""
    return values[row_numbers(values), array_namespace(values).argmin(values, axis=1)]
