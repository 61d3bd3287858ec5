"""The part of a pool that is near to some samples."""

import numpy as np

from activepool.diversity.neighbours import nearest_neighbours
from activepool.strategies.query import Query


def neighbourhoods(query: Query, rows: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the unlabelled samples nearest to some rows, by the angle between their features.

    Args:
        rows: (m,) the rows, m ≥ 1.
        count: neighbours of each; more where fewer different samples than the budget would be found.

    Returns: positions in ``query.unlabelled``, and squared distances of the normalised features; both (m, k).
    """
    features, pool = query.unit_features(), query.unlabelled
    while True:
        count = min(count, len(pool))
        nearest, squared = nearest_neighbours(features, rows, pool, count, query.compute)
        if len(np.unique(nearest)) >= query.budget or count == len(pool):
            return np.searchsorted(pool, nearest), squared
        count *= 2
