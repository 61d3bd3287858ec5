"""Lloyd's k-means, with the same bits on any number of workers and with any BLAS kernel.

A float32 product finds the centres that may be nearest to a sample. If there are several, direct differences
in float64 decide. Means are float64 sums in a fixed order.
"""

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, Compute, Mapping, array_namespace, row_blocks, to_numpy
from activepool.diversity.distances import Points, exact_distances, rounding_slack
from activepool.features.store import FeatureMatrix


def k_means(
    features: FeatureMatrix, rows: np.ndarray, start: np.ndarray, steps: int, compute: Compute
) -> np.ndarray:
    """Return the centres (k, d) float64 that Lloyd's algorithm reaches.

    Args:
        features: (N, d).
        rows: (n,) the samples.
        start: (k,) rows of the initial centres.
        steps: largest number of steps; it ends earlier when the centres no longer move.
        compute: device and workers; no effect on the result.

    A centre without samples keeps its place. Memory: k × d float64 and some blocks.
    """
    centres = features.take(start, np.float64)
    with compute.mapping() as mapping:
        for _ in range(steps):
            moved = _means(features, rows, centres, mapping, compute)
            if np.array_equal(moved, centres):
                break
            centres = moved
    return centres


def nearest_centres(
    features: FeatureMatrix, rows: np.ndarray, centres: np.ndarray, compute: Compute
) -> np.ndarray:
    """Return the number of the nearest of ``centres`` (k, d) for each row, (n,); ties by the lower number."""
    cells = _Cells(features, centres, compute)
    blocks = (rows[block] for block in row_blocks(len(rows), BLOCK_ROWS))
    return np.concatenate([np.empty(0, dtype=np.int64), *compute.map(cells.nearest, blocks)])


def _means(
    features: FeatureMatrix, rows: np.ndarray, centres: np.ndarray, mapping: Mapping, compute: Compute
) -> np.ndarray:
    """Return the mean of the samples of each cell."""
    cells = _Cells(features, centres, compute)

    def sums(block: slice) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        cell = cells.nearest(rows[block])
        order = np.argsort(cell, kind="stable")
        present, starts, counts = np.unique(cell[order], return_index=True, return_counts=True)
        samples = features.take(rows[block][order], np.float64)
        return present, counts, np.add.reduceat(samples, starts, axis=0)

    total, size = np.zeros_like(centres), np.zeros(len(centres), dtype=np.int64)
    for present, counts, added in mapping(sums, row_blocks(len(rows), BLOCK_ROWS)):
        total[present] += added
        size[present] += counts
    return np.where(size[:, None] > 0, total / np.maximum(size, 1)[:, None], centres)


class _Cells:
    """The cells of some centres."""

    def __init__(self, features: FeatureMatrix, centres: np.ndarray, compute: Compute) -> None:
        self._features = features
        self._centres = FeatureMatrix.of_array(centres)
        self._compute = compute
        # Relative to a common origin, norms are small, and with them the error of the product.
        self._origin = centres.mean(axis=0).astype(np.float32)
        self._points = Points.from_features((centres - self._origin).astype(np.float32), compute)
        self._largest_norm = float(to_numpy(self._points.norms).max())

    def nearest(self, rows: np.ndarray) -> np.ndarray:
        """Return the number of the nearest centre of each row, (n,)."""
        samples = Points.from_features(self._features.take(rows) - self._origin, self._compute)
        xp = array_namespace(samples.norms)
        scores = samples.values @ self._points.values.T
        scores *= -2
        scores += self._points.norms
        slack = 4 * rounding_slack(samples.values.shape[1])
        limit = xp.min(scores, axis=1) + slack * (samples.norms + self._largest_norm)
        sample, centre = (to_numpy(places) for places in xp.nonzero(scores <= limit[:, None]))
        nearest = np.empty(len(rows), dtype=np.int64)
        nearest[sample[::-1]] = centre[::-1]  # the first of each
        rivals = np.bincount(sample, minlength=len(rows))[sample] > 1
        sample, centre = sample[rivals], centre[rivals]
        distances = exact_distances(self._features, rows[sample], self._centres, centre)
        order = np.lexsort((centre, distances, sample))[::-1]
        nearest[sample[order]] = centre[order]
        return nearest
