"""The nearest neighbours of samples, exact, in blocks: no matrix of all distances.

A float32 product bounds the distances of a block of samples to a block of others. Those that may belong to
the nearest are summed from direct differences in float64, so that neighbours and distances have the same bits
with any BLAS kernel.
"""

import numpy as np

from activepool.compute.blocks import Compute, row_blocks, to_numpy
from activepool.diversity.distances import Points, distance_bounds, exact_distances
from activepool.features.store import FeatureMatrix, require_finite

#: Samples, and others, whose distances are bounded at once.
PRODUCT_ROWS, PRODUCT_OTHERS = 512, 4096


def nearest_neighbours(
    features: FeatureMatrix, rows: np.ndarray, others: np.ndarray, count: int, compute: Compute
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ``count`` nearest of ``others`` to each sample, without the sample itself.

    Args:
        features: (N, d).
        rows: (n,) the samples.
        others: (m,) rows.
        count: how many.
        compute: device and workers; no effect on the result.

    Returns: rows (n, count) and squared Euclidean distances (n, count) float64, in order of distance; ties by
    the lower row. Where there are fewer others, row -1 at distance infinity follows.

    Memory: the result, and some blocks of PRODUCT_OTHERS × d and PRODUCT_ROWS × PRODUCT_OTHERS float32.

    Raises InputError if a feature is NaN, infinite, or too large to be squared in float32.
    """
    nearest = np.full((len(rows), count), -1, dtype=np.int64)
    distances = np.full((len(rows), count), np.inf)
    if not (len(rows) and len(others) and count):
        return nearest, distances
    origin = _origin(features.take(others[:PRODUCT_OTHERS]))

    def points(some: np.ndarray) -> Points:
        result = Points.from_features(features.take(some) - origin, compute)
        require_finite(some, to_numpy(result.norms))
        return result

    def find(block: slice) -> None:
        lists = _Lists(rows[block], count)
        samples = points(rows[block])
        for part in row_blocks(len(others), PRODUCT_OTHERS):
            lists.offer(features, samples, others[part], points(others[part]))
        nearest[block], distances[block] = lists.nearest, lists.distances

    for _ in compute.map(find, row_blocks(len(rows), PRODUCT_ROWS)):
        pass
    return nearest, distances


def _origin(samples: np.ndarray) -> np.ndarray:
    """Return the mean, about which norms and so the errors of a product are small; or 0 if it is infinite."""
    with np.errstate(over="ignore", invalid="ignore"):
        mean: np.ndarray = samples.mean(axis=0)
        return mean if np.isfinite(np.square(mean).sum()) else np.zeros_like(mean)


class _Lists:
    """The nearest of the others offered so far to each of some samples.

    Attributes:
        nearest: (n, count) rows, -1 where there are fewer.
        distances: (n, count) float64, squared, ascending.
    """

    def __init__(self, rows: np.ndarray, count: int) -> None:
        self.nearest = np.full((len(rows), count), -1, dtype=np.int64)
        self.distances = np.full((len(rows), count), np.inf)
        self._rows = rows

    def offer(self, features: FeatureMatrix, samples: Points, others: np.ndarray, points: Points) -> None:
        """Offer the rows ``others`` to all lists."""
        lower, upper = (to_numpy(bound) for bound in distance_bounds(samples, points))
        itself = np.nonzero(self._rows[:, None] == others)
        lower[itself] = upper[itself] = np.inf
        sample, place = np.nonzero(lower <= self._limits(upper)[:, None])
        possible = np.isfinite(lower[sample, place])
        sample, other = sample[possible], others[place[possible]]
        self._merge(sample, other, exact_distances(features, self._rows[sample], features, other))

    def _limits(self, upper: np.ndarray) -> np.ndarray:
        """Return a bound of the distance of the last in each list, after this offer, (n,) float32."""
        count = self.distances.shape[1]
        limits = np.nextafter(self.distances[:, -1].astype(np.float32), np.float32(np.inf))
        if upper.shape[1] >= count:
            limits = np.minimum(limits, np.partition(upper, count - 1, axis=1)[:, count - 1])
        return limits

    def _merge(self, sample: np.ndarray, row: np.ndarray, distance: np.ndarray) -> None:
        """Add pairs to the lists, and keep the nearest."""
        listed, place = np.nonzero(self.nearest >= 0)
        sample = np.concatenate([listed, sample])
        row = np.concatenate([self.nearest[listed, place], row])
        distance = np.concatenate([self.distances[listed, place], distance])
        order = np.lexsort((row, distance, sample))
        sizes = np.bincount(sample, minlength=len(self._rows))
        rank = np.arange(len(sample)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
        kept = rank < self.nearest.shape[1]
        order, rank = order[kept], rank[kept]
        self.nearest[sample[order], rank] = row[order]
        self.distances[sample[order], rank] = distance[order]
