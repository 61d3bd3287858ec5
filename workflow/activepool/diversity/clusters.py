"""Hierarchical clusters, and k-means cells for pools that are too large for them."""

import os
from types import ModuleType
from typing import Literal

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from activepool.compute import Compute, array_namespace, row_blocks, to_numpy
from activepool.diversity.distances import Points
from activepool.features.store import BLOCK_ROWS, FeatureMatrix

#: Samples that the cells are fitted to, as a multiple of their number, and the steps of k-means.
SAMPLES_PER_CELL = 64
LLOYD_STEPS = 10

#: Kernels that faiss's OpenBLAS has for those that NumPy's takes.
KERNELS = {
    "Haswell": "Haswell",
    "Zen": "Zen",
    "SkylakeX": "SkylakeX",
    "Cooperlake": "SkylakeX",
    "SapphireRapids": "SkylakeX",
}

#: Rows of the distance matrix that are computed at once.
DISTANCE_ROWS = 256


def agglomerate(
    points: np.ndarray, clusters: int, linkage: Literal["average", "ward"], compute: Compute
) -> np.ndarray:
    """Merge points bottom-up until at most ``clusters`` are left; Euclidean distances.

    Args:
        points: (n, d) float32.
        clusters: how many are wanted; with n or more, each point is its own.
        linkage: the mean distance between two clusters, or Ward's increase of the squared error.
        compute: workers; no effect on the result.

    Returns: (n,) the cluster of each point, from 0. Memory: 8 n² bytes.
    """
    if clusters >= len(points):
        return np.arange(len(points))
    from scipy.cluster import hierarchy  # as long to import as all else of a query

    tree = hierarchy.linkage(_pairwise_distances(points, compute), method=linkage)
    return hierarchy.fcluster(tree, clusters, criterion="maxclust").astype(np.int64) - 1


def k_means_cells(
    features: FeatureMatrix, rows: np.ndarray, cells: int, generator: np.random.Generator, compute: Compute
) -> tuple[np.ndarray, np.ndarray]:
    """Divide samples into k-means cells: faiss, from random samples, fitted to a random part of them.

    Args:
        features: (N, d).
        rows: (n,) the samples, n ≥ cells.
        cells: how many.
        generator: the source of randomness.
        compute: device and workers; the workers have no effect on the result.

    Returns: the centres (cells, d) float32, and the number of the nearest centre of each sample (n,).
    Memory: SAMPLES_PER_CELL × cells × d float32, and a few blocks.
    """
    sample = features.take(generator.permutation(rows)[: SAMPLES_PER_CELL * cells])
    centres = _k_means(sample, sample[:cells], compute)
    points = Points.of(centres, compute)
    blocks = row_blocks(len(rows), BLOCK_ROWS)
    nearest = compute.map(lambda block: _nearest(features.take(rows[block]), points, compute), blocks)
    return centres, np.concatenate(list(nearest))


def _k_means(samples: np.ndarray, start: np.ndarray, compute: Compute) -> np.ndarray:
    """Return the centres (k, d) of faiss's k-means; on one thread, so that its sums are always the same."""
    faiss = _faiss()
    settings = {"niter": LLOYD_STEPS, "min_points_per_centroid": 1, "max_points_per_centroid": len(samples)}
    with threadpool_limits(1):
        k_means = faiss.Kmeans(samples.shape[1], len(start), gpu=compute.device != "cpu", **settings)
        k_means.train(samples, init_centroids=start)
    return k_means.centroids


def _faiss() -> ModuleType:
    """Import faiss, with the kernels for the processor that NumPy has found.

    The package brings an OpenBLAS of 2021, which takes a processor that is newer than itself for one of 2004:
    k-means then takes 4.5 times as long (an Intel Xeon of 2023).
    """
    variable = "OPENBLAS_CORETYPE"
    found = [library.get("architecture") for library in threadpool_info()]
    kernels = next((KERNELS[architecture] for architecture in found if architecture in KERNELS), None)
    if kernels is None or variable in os.environ:
        import faiss

        return faiss
    os.environ[variable] = kernels
    try:
        import faiss
    finally:
        del os.environ[variable]
    return faiss


def _nearest(samples: np.ndarray, centres: Points, compute: Compute) -> np.ndarray:
    """Return the number of the nearest centre of each sample, (n,); ties by the lower number."""
    scores = compute.array(samples) @ centres.values.T
    scores *= -2
    scores += centres.norms
    return to_numpy(array_namespace(scores).argmin(scores, axis=1))


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

    for _ in compute.map(fill, row_blocks(size, DISTANCE_ROWS)):
        pass
    return result
