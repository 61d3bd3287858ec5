"""Reductions over the rows of a matrix, for NumPy arrays and torch tensors alike."""

import numpy as np

from activepool.compute.blocks import Array, array_namespace

#: Rows of at most this width are compared column by column: NumPy compares many entries of a column at once,
#: but the entries of a row one by one.
MAX_NARROW_WIDTH = 20


def row_numbers(values: Array) -> Array:
    """Return 0 … n − 1 for ``values`` (n, ...), on their device."""
    return array_namespace(values).arange(values.shape[0], device=values.device)


def ranks_in_groups(sizes: np.ndarray) -> np.ndarray:
    """Return 0 … s − 1 for each of the sizes s of consecutive groups, (sum of the sizes,)."""
    ranks: np.ndarray = np.arange(sizes.sum()) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    return ranks


def row_entries(values: Array, places: Array) -> Array:
    """Return the entry of each row of ``values`` (n, k) at its place in ``places`` (n,), (n,)."""
    size, width = values.shape
    starts = array_namespace(values).arange(0, size * width, width, device=values.device)
    return values.reshape(-1)[starts + places]  # twice as fast as two indices


def row_maxima(values: Array) -> tuple[Array, Array]:
    """Return the largest entry of each row of ``values`` (n, k), (n,), and the first place where it is, (n,).

    A row with NaN has any place. NumPy finds the place in a wide row up to ten times as fast as the entry.
    """
    if _is_narrow(values):
        columns = np.ascontiguousarray(values.T)
        largest = columns.max(axis=0)
        last = len(columns) - 1
        ranks = np.arange(last, -1, -1, dtype=np.uint8)[:, None]  # of several, the first has the highest
        return largest, last - ((columns == largest) * ranks).max(axis=0).astype(np.intp)
    places = array_namespace(values).argmax(values, axis=1)
    return row_entries(values, places), places


def other_maxima(values: Array, places: Array) -> Array:
    """Return the largest entry of each row of ``values`` (n, k) that is not at ``places`` (n,), (n,)."""
    rows, xp = row_numbers(values), array_namespace(values)
    if _is_narrow(values):
        columns = values.T.copy()
        columns[places, rows] = -np.inf
        return columns.max(axis=0)
    entries = row_entries(values, places)
    values[rows, places] = -xp.inf
    largest, _ = row_maxima(values)
    values[rows, places] = entries
    return largest


def row_minima(values: Array) -> Array:
    """Return the smallest entry of each row of ``values`` (n, k), (n,)."""
    if _is_narrow(values):
        return np.ascontiguousarray(values.T).min(axis=0)
    return row_entries(values, array_namespace(values).argmin(values, axis=1))


def _is_narrow(values: Array) -> bool:
    return isinstance(values, np.ndarray) and values.shape[1] <= MAX_NARROW_WIDTH
