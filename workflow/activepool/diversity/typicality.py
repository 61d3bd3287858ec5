"""The samples of a cluster with the smallest mean distance to their nearest neighbours."""

import numpy as np

from activepool.compute.blocks import Compute
from activepool.compute.rounding import rounded
from activepool.diversity.neighbours import near_bounds, nearest_neighbours
from activepool.features.store import FeatureMatrix, require_finite

#: Mean distances are rounded to this part of the largest, so that equal ones stay equal.
RESOLUTION = 2.0**-40

#: The most samples whose features stay in memory while a cluster gives its picks.
KEPT_ROWS = 4096


def most_typical(
    features: FeatureMatrix, rows: np.ndarray, budget: int, neighbours: int, compute: Compute
) -> np.ndarray:
    """Pick samples one by one, each with the smallest mean distance to its nearest among the remaining.

    Args:
        features: (N, d).
        rows: (n,) the samples, ascending; n ≥ budget.
        budget: how many to pick.
        neighbours: how many to average over, at most half of the remaining samples.
        compute: device and workers; no effect on the result.

    Returns: (budget,) rows in pick order; ties go to the lower row. The neighbours are found once, with as
    many more as there are picks, because picks are no longer neighbours.
    """
    size = len(rows)
    listed = min(size - 1, min(neighbours, size // 2) + budget - 1)
    if not listed:
        return rows[:budget]
    if size <= KEPT_ROWS:
        distances = _NearDistances(_kept_features(features, rows), np.arange(size), listed, compute)
    else:
        distances = _NearDistances(features, rows, listed, compute)
    remaining = np.ones(size, dtype=bool)
    picks: list[int] = []
    while len(picks) < budget:
        averaged = min(neighbours, (size - len(picks)) // 2)
        mean = distances.decisive_means(remaining, averaged)
        picks.append(int(rounded(mean, float(mean[remaining].max()), RESOLUTION).argmin()))
        remaining[picks[-1]] = False
    return rows[picks]


def _kept_features(features: FeatureMatrix, rows: np.ndarray) -> FeatureMatrix:
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

    def decisive_means(self, remaining: np.ndarray, averaged: int) -> np.ndarray:
        """Return the mean distance of each remaining sample to the ``averaged`` nearest of the others.

        The smallest and the largest means are exact, those in between may be bounds; ∞ for picked samples.
        """
        while True:
            least, most = (self._means(bounds, remaining, averaged) for bounds in (self._lower, self._upper))
            largest = most[remaining].max()
            smallest = most[remaining].min() + 2 * RESOLUTION * largest
            decisive = remaining & ((least <= smallest) | (most >= least[remaining].max()))
            inexact = np.flatnonzero(decisive & ~self._is_exact)
            if not len(inexact):
                least[~remaining] = np.inf
                return least
            self._measure(inexact)

    def _means(self, distances: np.ndarray, remaining: np.ndarray, averaged: int) -> np.ndarray:
        if not averaged:
            return np.zeros(len(distances))
        is_remaining = remaining[self._near]
        is_averaged = is_remaining & (is_remaining.cumsum(axis=1) <= averaged)
        means: np.ndarray = np.where(is_averaged, distances, 0).sum(axis=1) / averaged
        return means

    def _measure(self, samples: np.ndarray) -> None:
        nearest, squared = nearest_neighbours(
            self._features, self._rows[samples], self._rows, self._listed, self._compute
        )
        self._near[samples] = np.searchsorted(self._rows, nearest)
        self._lower[samples] = self._upper[samples] = np.sqrt(squared)
        self._is_exact[samples] = True
