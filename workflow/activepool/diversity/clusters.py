"""Hierarchical clusters."""

from typing import Literal

import numpy as np

from activepool.compute.blocks import Compute, in_blocks
from activepool.compute.rounding import rounded

#: Rows of the distance matrix that are computed at once.
DISTANCE_ROWS = 256

#: Distances are rounded to this part of the largest, so that equal distances stay equal with any BLAS.
DISTANCE_RESOLUTION = 2.0**-36


def agglomerate(
    points: np.ndarray, clusters: int, linkage: Literal["average", "ward"], compute: Compute
) -> np.ndarray:
    """Merge points bottom-up until at most ``clusters`` are left; Euclidean distances.

    Args:
        points: (n, d) float32.
        clusters: how many; with n or more, each point is a cluster.
        linkage: the mean distance between two clusters, or Ward's increase of the squared error.
        compute: workers; no effect on the result.

    Returns: (n,) the cluster of each point, from 0. Memory: 8 n² bytes.
    """
    if clusters >= len(points):
        return np.arange(len(points))
    from scipy.cluster import hierarchy  # takes as long to import as the rest of a query

    tree = hierarchy.linkage(_pairwise_distances(points, compute), method=linkage)
    return hierarchy.fcluster(tree, clusters, criterion="maxclust").astype(np.int64) - 1


def _pairwise_distances(points: np.ndarray, compute: Compute) -> np.ndarray:
    """Return the distances of all pairs i < j, row by row, (n (n − 1) / 2,) float64: SciPy's form."""
    size = len(points)
    points = points.astype(np.float64) - points.mean(axis=0, dtype=np.float64)
    norms = np.square(points).sum(axis=1)
    result = np.empty(size * (size - 1) // 2)

    def fill(block: slice) -> None:
        squared = points[block] @ points[block.start :].T
        squared *= -2
        squared += norms[block, None] + norms[block.start :]
        distances = np.sqrt(np.maximum(squared, 0, out=squared), out=squared)
        for number, row in enumerate(range(block.start, block.stop)):
            start = row * (2 * size - row - 1) // 2
            result[start : start + size - row - 1] = distances[number, number + 1 :]

    in_blocks(compute.map, fill, size, DISTANCE_ROWS)
    return rounded(result, result.max(initial=0.0), DISTANCE_RESOLUTION, out=result)
