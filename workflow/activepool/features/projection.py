"""Maps of features in the plane, by principal components or UMAP, and their file map_METHOD.h5.

Layout of map_METHOD.h5: ``coordinates`` (N, 2) float32 and ``labels`` (N,) int64 (-1: not known), a row for
each row of ``train/features``. Attributes: ``method``, and for principal components ``variance_shares`` (2,)
float64.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from activepool.compute.arrays import FloatArray, IntArray
from activepool.compute.blocks import BLOCK_ROWS, Compute, row_blocks
from activepool.compute.seeds import generator, integer_seed
from activepool.errors import InputError, importing
from activepool.features.store import FeatureMatrix
from activepool.io import hdf5
from activepool.io.hdf5 import written_hdf5

METHODS = ("pca", "umap")

#: Samples for fitting UMAP, which then places the others among them.
UMAP_SAMPLES = 20_000

STAGE = "projection"


@dataclass(frozen=True)
class FeatureMap:
    """The places of the samples of the train part in the plane, as the file has them.

    The ``variance_shares``, from 0 to 1, are None for UMAP, whose axes have no meaning.
    """

    coordinates: FloatArray
    labels: IntArray
    method: str
    variance_shares: FloatArray | None = None


def project(features: FeatureMatrix, labels: IntArray, method: str, workers: int) -> FeatureMap:
    """Return the map of all N samples by one of METHODS, with their labels (N,).

    ``workers`` are threads, without effect on the result. Raises InputError if UMAP is not installed.
    """
    if method == "umap":
        return FeatureMap(umap_coordinates(features), labels, method)
    coordinates, shares = principal_components(features, Compute(workers=workers))
    return FeatureMap(coordinates, labels, method, shares)


def principal_components(features: FeatureMatrix, compute: Compute) -> tuple[FloatArray, FloatArray]:
    """Return the coordinates along the two directions of largest variance, and their shares of the variance.

    The directions are eigenvectors of the exact covariance, summed in float64 over blocks of rows in their
    order. The entry of largest magnitude of each (the first of equal ones) is positive. If d = 1, the second
    coordinate is zero.

    Returns: (N, 2) float32, (2,) float64. Memory: (2 · workers + 2) · d² float64, a block of rows in float64
    per worker, and the coordinates.
    """
    rows, width = features.shape
    blocks = row_blocks(rows, BLOCK_ROWS)
    sums = compute.map(lambda block: features.block(block, np.float64).sum(axis=0), blocks)
    centre = sum(sums, np.zeros(width)) / rows

    def centred(block: slice) -> FloatArray:
        return features.block(block, np.float64) - centre

    def products(block: slice) -> FloatArray:
        values = centred(block)
        return values.T @ values

    covariance = np.zeros((width, width))
    for part in compute.map(products, blocks):
        covariance += part
    covariance /= rows
    directions, variances = _leading_directions(covariance)
    coordinates = np.zeros((rows, 2), dtype=np.float32)
    parts = compute.map(lambda block: centred(block) @ directions, blocks)
    for block, part in zip(blocks, parts, strict=True):
        coordinates[block, : part.shape[1]] = part
    total = np.trace(covariance)
    return coordinates, np.divide(variances, total, out=np.zeros(2), where=total > 0)


def umap_coordinates(features: FeatureMatrix) -> FloatArray:
    """Return the map of UMAP (McInnes et al. 2018) with its defaults, (N, 2) float32.

    It is fitted to UMAP_SAMPLES random samples, or all if there are fewer, and places the others in blocks.
    Memory: these samples in float32, and the memory of UMAP for them.

    Raises: InputError if the package umap-learn is not installed.
    """
    with importing("umap-learn", "figures.map: umap needs the package", ", or take pca"):
        import umap
    rows = features.shape[0]
    fit_rows = np.sort(generator(0, 0, STAGE).permutation(rows)[:UMAP_SAMPLES])
    seed = integer_seed(0, 0, STAGE) % 2**32  # UMAP takes 32 bits
    model = umap.UMAP(n_components=2, n_jobs=1, random_state=seed)
    coordinates = np.empty((rows, 2), dtype=np.float32)
    coordinates[fit_rows] = model.fit_transform(features.take(fit_rows))
    remaining = np.setdiff1d(np.arange(rows), fit_rows, assume_unique=True)
    for block in row_blocks(len(remaining), BLOCK_ROWS):
        coordinates[remaining[block]] = model.transform(features.take(remaining[block]))
    return coordinates


def write_map(path: str | Path, feature_map: FeatureMap) -> None:
    """Write map_METHOD.h5."""
    with written_hdf5(path) as file:
        file["coordinates"] = feature_map.coordinates
        file["labels"] = feature_map.labels
        file.attrs["method"] = feature_map.method
        if feature_map.variance_shares is not None:
            file.attrs["variance_shares"] = feature_map.variance_shares


def read_map(path: str | Path) -> FeatureMap:
    """Read map_METHOD.h5; raises InputError if it is not such a file."""
    with hdf5.opened(path) as file:
        coordinates, labels = (hdf5.find_dataset(file, name) for name in ("coordinates", "labels"))
        method = file.attrs.get("method")
        if coordinates is None or labels is None or method not in METHODS:
            raise InputError(f"{path}: not a map of features; delete the file to regenerate it")
        values = hdf5.values(coordinates), hdf5.values(labels)
        return FeatureMap(*values, method, file.attrs.get("variance_shares"))


def _leading_directions(covariance: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the eigenvectors of the two largest eigenvalues, (d, 2), and these, (2,); for d = 1 (1, 1)."""
    from scipy.linalg import eigh

    width = len(covariance)
    count = min(2, width)
    with threadpool_limits(1):
        values, vectors = eigh(covariance, subset_by_index=[width - count, width - 1])
    values, vectors = values[::-1], vectors[:, ::-1]
    largest = np.abs(vectors).argmax(axis=0)
    signs = np.where(vectors[largest, range(count)] < 0, -1.0, 1.0)
    variances = np.zeros(2)
    variances[:count] = values.clip(min=0)
    return vectors * signs, variances
