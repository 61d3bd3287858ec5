"""The samples of a cluster with the smallest mean distance to their nearest neighbours."""

import numpy as np

from activepool.compute.blocks import Compute
from activepool.compute.rounding import rounded
from activepool.diversity.neighbours import near_bounds, nearest_neighbours
from activepool.features.store import FeatureMatrix, require_finite

#: Mean distances are rounded to this part of the largest, so that equal ones stay equal.
RESOLUTION = 2.0**-40

#: The features of no more samples than this are kept while a cluster has its picks.
KEPT_ROWS = 4096


def most_typical(
    features: FeatureMatrix, rows: np.ndarray, budget: int, neighbours: int, compute: Compute
) -> np.ndarray:
    """Pick samples one by one, each with the smallest mean distance to its nearest among those left.

    Args:
        features: (N, d).
        rows: (n,) the samples, ascending; n ≥ budget.
        budget: how many to pick.
        neighbours: how many to average over, at most half of the samples left.
        compute: device and workers; no effect on the result.

    Returns: (budget,) rows in pick order; ties go to the lower row. The neighbours are found once, with as
    many more as there are picks, because picks are no longer neighbours.
    """
    size = len(rows)
    listed = min(size - 1, min(neighbours, size // 2) + budget - 1)
    if not listed:
        return rows[:budget]
    if size <= KEPT_ROWS:
        distances = _NearDistances(_kept(features, rows), np.arange(size), listed, compute)
    else:
        distances = _NearDistances(features, rows, listed, compute)
    left = np.ones(size, dtype=bool)
    picks: list[int] = []
    while len(picks) < budget:
        averaged = min(neighbours, (size - len(picks)) // 2)
        mean = distances.decisive_means(left, averaged)
        picks.append(int(rounded(mean, float(mean[left].max()), RESOLUTION).argmin()))
        left[picks[-1]] = False
    return rows[picks]


def _kept(features: FeatureMatrix, rows: np.ndarray) -> FeatureMatrix:
    values = features.take(rows)
    require_finite(rows, 4 * np.einsum("ij,ij->i", values, values))  # as large as distances may be
    return FeatureMatrix.from_array(values)


class _NearDistances:
    """The distances of each sample to its nearest: bounds from a float32 product, exact where they decide."""

    def __init__(self, features: FeatureMatrix, rows: np.ndarray, listed: int, compute: Compute) -> None:
        self._features, self._rows, self._listed, self._compute = features, rows, listed, compute
        self._near, lower, upper = near_bounds(features, rows, listed, compute)
        self._lower, self._upper = (
            np.sqrt(np.maximum(bound, 0, dtype=np.float64)) for bound in (lower, upper)
        )
        self._is_exact = np.zeros(len(rows), dtype=bool)

    def decisive_means(self, left: np.ndarray, averaged: int) -> np.ndarray:
        """Return the mean distance of each sample to the ``averaged`` nearest of those that are left.

        The smallest means and the largest are exact, and the others in between; ∞ for samples not left.
        """
        while True:
            least, most = (self._means(bounds, left, averaged) for bounds in (self._lower, self._upper))
            largest = most[left].max()
            smallest = most[left].min() + 2 * RESOLUTION * largest
            decisive = left & ((least <= smallest) | (most >= least[left].max()))
            unknown = np.flatnonzero(decisive & ~self._is_exact)
            if not len(unknown):
                least[~left] = np.inf
                return least
            self._measure(unknown)

    def _means(self, distances: np.ndarray, left: np.ndarray, averaged: int) -> np.ndarray:
        if not averaged:
            return np.zeros(len(distances))
        is_left = left[self._near]
        among = is_left & (is_left.cumsum(axis=1) <= averaged)
        means: np.ndarray = np.where(among, distances, 0).sum(axis=1) / averaged
        return means

    def _measure(self, samples: np.ndarray) -> None:
        nearest, squared = nearest_neighbours(
            self._features, self._rows[samples], self._rows, self._listed, self._compute
        )
        self._near[samples] = np.searchsorted(self._rows, nearest)
        self._lower[samples] = self._upper[samples] = np.sqrt(squared)
        self._is_exact[samples] = True
