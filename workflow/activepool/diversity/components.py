"""Coordinates of samples along the directions in which they differ most, with the same bits everywhere.

Most of the squared distance between features is in few principal components. Their subspace is found by
randomised subspace iteration (Halko et al. 2011, algorithm 4.4). Eigenvectors of a library would differ in
the last bits from one BLAS kernel to the next, and so would k-means on them. Here all matrices that are
multiplied have integer entries, so small that no sum reaches 2⁵³: such a product is exact in float64, with
any order of its sums. Everything between the products works entry by entry.
"""

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, Compute, Mapping, in_blocks, row_blocks
from activepool.features.store import FeatureMatrix, require_finite

#: Samples that the directions are fitted to, and the passes over them.
FITTED_ROWS, PASSES = 8192, 3

#: Bits of the integers: of a feature, of an entry of a direction, and of a coordinate between two passes.
#: A sum over a row of d features has at most 24 + 16 + log₂(d) / 2 bits, because a direction has length 1; a
#: sum over FITTED_ROWS = 2¹³ rows at most 24 + 12 + 13.
FEATURE_BITS, DIRECTION_BITS, COORDINATE_BITS = 24, 16, 12

#: Bits of the coordinates that come out: squared distances of 128 of them have at most 53.
GRID_BITS = 22

#: A direction whose part orthogonal to those before it is shorter than this is a rounding error.
MIN_LENGTH = 1e-6

#: Rows in float64 at once, and columns of a product.
ROWS, COLUMNS = BLOCK_ROWS // 4, 256


def leading_coordinates(
    features: FeatureMatrix, rows: np.ndarray, count: int, generator: np.random.Generator, compute: Compute
) -> np.ndarray:
    """Return the coordinates of samples in the subspace of their leading principal components.

    Args:
        features: (N, d).
        rows: (n,) the samples.
        count: the largest number of components.
        generator: chooses the FITTED_ROWS samples whose components these are, and where the search starts.
        compute: workers; no effect on the result.

    Returns: (n, k) float32, relative to the mean of the samples: whole numbers of at most GRID_BITS, all in
    one unit of length. k = min(count, d), or less if the samples span less. With d ≤ count, the coordinates
    are the features themselves. The axes are orthogonal, but they are not the principal components.

    Memory: the result, FITTED_ROWS × d float64, and some blocks.

    Raises InputError if a feature is NaN or infinite.
    """
    with compute.mapping() as mapping:
        sums, largest = _extent(features, rows, mapping)
        mean = sums / max(1, len(rows))
        scale = _power_of_two(2.0**FEATURE_BITS / largest) if largest else 1.0
        directions = None
        if features.shape[1] > count:
            fitted_rows = np.sort(generator.permutation(rows)[:FITTED_ROWS])
            samples = np.rint((features.take(fitted_rows, np.float64) - mean) * (scale / 2))
            signs = 2.0 * generator.integers(0, 2, (count, len(fitted_rows))) - 1
            directions = _directions(samples, signs, mapping)
        return _on_grid(_coordinates(features, rows, mean, scale, directions, mapping))


def _coordinates(
    features: FeatureMatrix,
    rows: np.ndarray,
    mean: np.ndarray,
    scale: float,
    directions: np.ndarray | None,
    mapping: Mapping,
) -> np.ndarray:
    """Return the coordinates along the directions, or of all features if there are none, (n, k) float32."""
    origin = mean * scale
    if directions is not None:
        origin = np.einsum("kd,d->k", directions, origin)
    result = np.empty((len(rows), len(origin)), dtype=np.float32)

    def place(block: slice) -> None:
        values = features.take(rows[block], np.float64) * scale
        if directions is not None:
            values = np.rint(values) @ directions.T
        result[block] = values - origin

    in_blocks(mapping, place, len(rows), ROWS)
    return result


def _on_grid(coordinates: np.ndarray) -> np.ndarray:
    """Scale coordinates by a power of two, and round them to whole numbers of GRID_BITS, in place."""
    largest = max(coordinates.max(initial=0), -coordinates.min(initial=0))
    if largest:
        coordinates *= np.float32(_power_of_two(2.0**GRID_BITS / largest))
        np.rint(coordinates, out=coordinates)
    return coordinates


def _extent(features: FeatureMatrix, rows: np.ndarray, mapping: Mapping) -> tuple[np.ndarray, float]:
    """Return the sum of the samples, (d,), and the largest magnitude of a feature."""

    def measure(block: slice) -> tuple[np.ndarray, float]:
        values = features.take(rows[block], np.float64)
        require_finite(rows[block], values.sum(axis=1))
        return values.sum(axis=0), float(max(values.max(), -values.min()))

    sums, largest = np.zeros(features.shape[1]), 0.0
    for part, magnitude in mapping(measure, row_blocks(len(rows), ROWS)):
        sums += part
        largest = max(largest, magnitude)
    return sums, largest


def _directions(samples: np.ndarray, signs: np.ndarray, mapping: Mapping) -> np.ndarray:
    """Return integer directions (k, d) of length 2^DIRECTION_BITS, orthogonal except for their rounding.

    Args:
        samples: (n, d) whole numbers of up to FEATURE_BITS.
        signs: (count, n) of ±1, from which the search starts.
    """
    sums = _product(signs, samples, mapping)
    directions = np.rint(_orthonormal(sums) * 2.0**DIRECTION_BITS)
    for _ in range(PASSES - 1):
        coordinates = _whole_numbers(_product(directions, samples.T, mapping), COORDINATE_BITS)
        sums = _product(coordinates, samples, mapping)
        directions = np.rint(_orthonormal(sums) * 2.0**DIRECTION_BITS)
    return directions


def _product(left: np.ndarray, right: np.ndarray, mapping: Mapping) -> np.ndarray:
    """Return ``left @ right``, some columns at once."""
    result = np.empty((len(left), right.shape[1]))

    def multiply(block: slice) -> None:
        result[:, block] = left @ right[:, block]

    in_blocks(mapping, multiply, right.shape[1], COLUMNS)
    return result


def _orthonormal(vectors: np.ndarray) -> np.ndarray:
    """Return an orthonormal basis of the span of the vectors (n, d), built one vector after the other.

    Gram and Schmidt's method, twice; einsum adds in a fixed order, unlike BLAS.
    """
    result = np.empty_like(vectors)
    count = 0
    for vector in vectors:
        for _ in range(2):
            length = np.sqrt(np.square(vector).sum())
            if length == 0:
                break
            vector = vector / length
            basis = result[:count]
            vector = vector - np.einsum("n,nd->d", np.einsum("nd,d->n", basis, vector), basis)
        length = np.sqrt(np.square(vector).sum())
        if length > MIN_LENGTH:
            result[count] = vector / length
            count += 1
    return result[:count]


def _whole_numbers(values: np.ndarray, bits: int) -> np.ndarray:
    """Return each row scaled by a power of two, and rounded to whole numbers of ``bits``."""
    largest = np.abs(values).max(axis=1, keepdims=True, initial=0)
    _, exponent = np.frexp(largest)
    numbers: np.ndarray = np.rint(np.ldexp(values, bits - exponent))
    return numbers


def _power_of_two(value: float) -> float:
    """Return the largest power of two that is at most ``value``."""
    _, exponent = np.frexp(value)
    return float(np.ldexp(1.0, exponent - 1))
