"""The farthest sample of the cluster with the largest spread, again and again (Holzmüller et al. 2023).

Each sample belongs to the cluster of its nearest center, and each pick is a new center. It takes the samples
that are nearer to it than to their own center. One product bounds the distances of all samples to many that
may be picked next; those that may be nearer are summed from direct differences in float64.
"""

import heapq

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, ROWS64, Compute, Mapping, in_blocks, row_blocks, to_numpy
from activepool.compute.rounding import rounded
from activepool.diversity.distances import PointReader, exact_distances, lower_bounds, squared_norms
from activepool.features.store import FeatureMatrix

#: Samples that may be picked next, in one product with the pool.
CANDIDATES = 192

#: Sums of a cluster's distances are rounded to this part of the largest, so that equal ones stay equal.
RESOLUTION = 2.0**-36


def largest_cluster_picks(
    features: FeatureMatrix,
    pool: np.ndarray,
    center: np.ndarray,
    squared: np.ndarray,
    budget: int,
    compute: Compute,
) -> tuple[np.ndarray, np.ndarray]:
    """Pick rows one by one, each the farthest from its center in the cluster of the largest sum of distances.

    Args:
        features: (N, d).
        pool: (n,) rows to pick from, ascending; n ≥ budget.
        center: (n,) the row of the nearest center of each; -1 where there are no centers.
        squared: (n,) float64 squared distances to it.
        budget: how many to pick.
        compute: device and workers; no effect on the result.

    Returns: the picks in their order, and the squared distance of each to its center. Ties go to the lower
    row, those between clusters to the center that is first in this order: the lower of the given centers, and
    the picks after them. Without centers the first pick is the sample of the largest norm, at distance ∞.

    Memory: n × CANDIDATES float32, and some blocks.

    Raises InputError if a feature is NaN, infinite, or too large to be squared in float32.
    """
    clusters = _Clusters(features, pool, center, squared, compute)
    picks, distances = [], []
    with compute.mapping() as mapping:
        for _ in range(budget):
            pick = clusters.next(mapping)
            picks.append(pick)
            distances.append(clusters.squared[pick])
            clusters.add(pick, mapping)
    return pool[np.array(picks, dtype=np.int64)], np.array(distances)


class _Clusters:
    """The cluster of each sample; samples are positions in ``pool``.

    Attributes:
        squared: (n,) float64, the squared distance of each sample to its center; -1 for picks.
    """

    def __init__(
        self,
        features: FeatureMatrix,
        pool: np.ndarray,
        center: np.ndarray,
        squared: np.ndarray,
        compute: Compute,
    ) -> None:
        present, self._cluster = np.unique(center, return_inverse=True)
        self._count = len(present)
        self.squared = squared.copy()
        self._features = features
        self._pool = pool
        self._points = PointReader(features, pool[:BLOCK_ROWS], compute)
        self._candidates: dict[int, int] = {}
        self._following = np.empty(0, dtype=np.int64)
        self._lower = np.empty((min(CANDIDATES, len(pool)), len(pool)), dtype=np.float32)

    def next(self, mapping: Mapping) -> int:
        """Return the farthest sample of the cluster whose squared distances have the largest sum."""
        if np.isinf(self.squared).any():
            return self._longest(mapping)
        heaviest = int(self._weights().argmax())
        return int(np.where(self._cluster == heaviest, self.squared, -np.inf).argmax())

    def add(self, pick: int, mapping: Mapping) -> None:
        """Make a pick a center, and move the samples that are nearer to it than to their own center."""
        if pick not in self._candidates:
            self._compare(self._likely_picks(pick), mapping)
        self.squared[pick] = -1
        near = np.flatnonzero(self._lower[self._candidates[pick]] < self.squared)
        for block in row_blocks(len(near), BLOCK_ROWS):
            part = near[block]
            centers = np.full(len(part), self._pool[pick])
            distance = exact_distances(self._features, self._pool[part], self._features, centers)
            nearer = distance < self.squared[part]
            self.squared[part[nearer]] = distance[nearer]
            self._cluster[part[nearer]] = self._count
        self._cluster[pick] = self._count
        self._count += 1

    def _weights(self) -> np.ndarray:
        """Return the sum of the squared distances of each cluster, -1 if it has no samples left."""
        is_left = self.squared >= 0
        weights = np.bincount(self._cluster, np.maximum(self.squared, 0), self._count)
        weights = rounded(weights, float(weights.max()), RESOLUTION)
        weights[np.bincount(self._cluster[is_left], minlength=self._count) == 0] = -1
        return weights

    def _likely_picks(self, pick: int) -> np.ndarray:
        """Return a pick and those likely to follow it.

        Half of them (more, if most of the last ones were picked) follow if no pick takes other samples, as
        with features of large width, which are far apart. The others, the farthest of the heaviest clusters,
        follow if each pick takes a large part of its cluster.
        """
        size = len(self._lower)
        if np.isinf(self.squared[pick]):
            return np.array([pick])
        weights = self._weights()
        order = np.lexsort((-self.squared, self._cluster))
        firsts = np.searchsorted(self._cluster[order], np.arange(self._count + 1))
        heaviest = np.argsort(-weights, kind="stable")[:size]
        heaviest = heaviest[weights[heaviest] >= 0]
        queue = [(-weights[cluster], firsts[cluster]) for cluster in heaviest.tolist()]
        ends = dict(zip(firsts[heaviest].tolist(), firsts[heaviest + 1].tolist(), strict=True))
        following: list[int] = []
        picked = np.count_nonzero(self.squared[self._following] < 0)
        share = 7 / 8 if picked >= 7 / 8 * len(self._following) else 1 / 2
        while queue and len(following) < share * size:
            weight, place = heapq.heappop(queue)
            following.append(order[place])
            end = ends.pop(place)
            if place + 1 < end:
                ends[place + 1] = end
                heapq.heappush(queue, (weight + self.squared[order[place]], place + 1))
        self._following = np.array(following, dtype=np.int64)
        likely = np.array([pick, *following, *order[firsts[heaviest]]])
        _, places = np.unique(likely, return_index=True)
        likely = likely[np.sort(places)]
        remaining: np.ndarray = likely[self.squared[likely] >= 0]
        return remaining[:size]

    def _compare(self, candidates: np.ndarray, mapping: Mapping) -> None:
        """Bound the squared distances of all samples to candidates from below."""
        self._candidates = {int(sample): place for place, sample in enumerate(candidates)}
        candidate_points = self._points(self._pool[candidates])

        def bound(block: slice) -> None:
            samples = self._points(self._pool[block])
            self._lower[: len(candidates), block] = to_numpy(lower_bounds(candidate_points, samples))

        in_blocks(mapping, bound, len(self._pool), BLOCK_ROWS)

    def _longest(self, mapping: Mapping) -> int:
        norms = np.empty(len(self._pool))

        def measure(block: slice) -> None:
            norms[block] = squared_norms(self._features.take(self._pool[block], np.float64))

        in_blocks(mapping, measure, len(self._pool), ROWS64)
        return int(norms.argmax())
