"""k-means: k-means++ and Lloyd's algorithm on the leading components, then means of all features.

The result has the same bits on any number of workers and with any BLAS kernel. Samples are on a grid (see
`components`), so that products in float64 are exact. In Lloyd's steps a float32 product finds the centers
that may be nearest to a sample; where there are several, direct differences in float64 decide. Means are
float64 sums in a fixed order.
"""

from dataclasses import dataclass

import numpy as np

from activepool.compute.blocks import Compute, Mapping, array_namespace, in_blocks, row_blocks, to_numpy
from activepool.compute.rows import row_entries, row_minima
from activepool.compute.seeds import draw_in_proportion
from activepool.diversity.components import ROWS, leading_coordinates
from activepool.diversity.distances import exact_distances, rounding_slack, squared_norms
from activepool.features.store import FeatureMatrix

#: Components in which samples are compared with centers.
COMPONENTS = 128

#: Samples for each center that the centers are fitted to, and the smallest number in all.
SAMPLES_PER_CENTER, MIN_SAMPLES = 64, 2**16

#: Lloyd's steps end after this many, or when at most this share of the samples changes its cell.
MAX_STEPS, MOVING_SHARE = 20, 0.005

#: Samples in one product with all centers, and seeds drawn from the same distances.
PRODUCT_ROWS, MAX_DRAWS = 256, 512


@dataclass(frozen=True)
class Cells:
    """A division of samples.

    Attributes:
        centers: (k, d) float64, the mean features of each cell.
        cell: (n,) the cell of each sample, from 0; no cell is empty.
    """

    centers: np.ndarray
    cell: np.ndarray


def k_means(
    features: FeatureMatrix,
    rows: np.ndarray,
    count: int,
    generator: np.random.Generator,
    compute: Compute,
    weights: np.ndarray | None = None,
) -> Cells:
    """Divide samples into cells so that they are near the mean of their cell.

    Args:
        features: (N, d).
        rows: (n,) the samples.
        count: how many cells; there are fewer if fewer samples differ, or if a center loses its samples.
        compute: device and workers; the workers have no effect on the result.
        weights: (n,) float64 above 0, how much each sample counts; by default, all the same.

    Centers start from k-means++ (Arthur and Vassilvitskii 2007) and move by Lloyd's algorithm, both on a
    random part of a large pool. Then each sample joins the nearest center, and the centers move once more.

    Memory: n × COMPONENTS float32, count × d float64, and some blocks.

    Raises InputError if a feature is NaN or infinite.
    """
    coordinates = leading_coordinates(features, rows, COMPONENTS, generator, compute)
    fitted = np.sort(generator.permutation(len(rows))[: max(SAMPLES_PER_CENTER * count, MIN_SAMPLES)])
    fitted_weights = None if weights is None else weights[fitted]
    with compute.mapping() as mapping:
        centers = seeds(coordinates[fitted], count, generator, compute, mapping, fitted_weights)
        centers = _lloyd(coordinates[fitted], centers, compute, mapping, fitted_weights)
        nearest = nearest_centers(coordinates, centers, compute, mapping)
        _, cell = np.unique(nearest, return_inverse=True)
        return Cells(_means(features, rows, cell, mapping, weights), cell)


def seeds(
    points: np.ndarray,
    count: int,
    generator: np.random.Generator,
    compute: Compute,
    mapping: Mapping,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Return points drawn by k-means++: each in proportion to its squared distance to the nearest before it.

    Args:
        points: (n, k) float32 on a grid, so that products in float64 are exact.
        count: how many; fewer once all points have distance 0 to those drawn.
        compute: device.
        weights: (n,) by which these proportions are multiplied, also for the first point.

    Returns: (count or fewer, k). Several are drawn from the same distances, half as many as there are, and
    accepted with the probability by which those accepted before have shortened their distance: this has
    the same distribution as one by one, and takes one product for all of them.
    """
    if not len(points):
        return points
    norms = squared_norms(points.astype(np.float64))
    if weights is None:
        chosen = [int(generator.integers(len(points)))]
    else:
        chosen = draw_in_proportion(generator, weights, 1).tolist()
    distance = np.full(len(points), np.inf)
    accepted = chosen
    while True:
        _shorten(distance, points, norms, np.array(accepted), compute, mapping)
        if len(chosen) == count or not distance.any():
            return points[chosen]
        draws = min(max(1, len(chosen) // 2), MAX_DRAWS)
        proportions = distance if weights is None else distance * weights
        places = draw_in_proportion(generator, proportions, draws)
        threshold = generator.random(draws) * distance[places]
        accepted = _accept(points[places].astype(np.float64), distance[places], threshold)
        accepted = places[accepted][: count - len(chosen)].tolist()
        chosen += accepted


def _accept(points: np.ndarray, distance: np.ndarray, threshold: np.ndarray) -> list[int]:
    """Return the draws whose distance to those accepted before them exceeds their threshold."""
    accepted: list[int] = []
    for draw, limit in enumerate(threshold):
        if distance[draw] > limit:
            accepted.append(draw)
            distance = np.minimum(distance, squared_norms(points - points[draw]))
    return accepted


def _shorten(
    distance: np.ndarray,
    points: np.ndarray,
    norms: np.ndarray,
    centers: np.ndarray,
    compute: Compute,
    mapping: Mapping,
) -> None:
    """Lower the squared distances to those to the nearest of new ``centers``, which are points by number."""
    values = compute.array(points[centers].astype(np.float64))
    center_norms = compute.array(norms[centers])

    def compare(block: slice) -> None:
        product = compute.array(points[block].astype(np.float64)) @ values.T
        product *= -2
        product += center_norms
        nearest = to_numpy(row_minima(product)) + norms[block]
        np.minimum(distance[block], nearest, out=distance[block])

    in_blocks(mapping, compare, len(points), ROWS)


def _lloyd(
    points: np.ndarray,
    centers: np.ndarray,
    compute: Compute,
    mapping: Mapping,
    weights: np.ndarray | None,
) -> np.ndarray:
    """Return the centers that Lloyd's algorithm reaches, (k, d); a center without samples keeps its place."""
    samples, rows = FeatureMatrix.from_array(points), np.arange(len(points))
    centers = centers.astype(np.float64)
    previous = np.full(len(points), -1)
    for _ in range(MAX_STEPS):
        cell = nearest_centers(points, centers, compute, mapping)
        if np.count_nonzero(cell != previous) <= MOVING_SHARE * len(points):
            break
        present, inverse = np.unique(cell, return_inverse=True)
        centers[present] = _means(samples, rows, inverse, mapping, weights)
        previous = cell
    return centers


def _means(
    features: FeatureMatrix,
    rows: np.ndarray,
    cell: np.ndarray,
    mapping: Mapping,
    weights: np.ndarray | None,
) -> np.ndarray:
    """Return the mean features of each cell, (k, d) float64; no cell is empty."""
    sizes = np.bincount(cell, weights)

    def sums(block: slice) -> tuple[np.ndarray, np.ndarray]:
        order = np.argsort(cell[block], kind="stable")
        present, starts = np.unique(cell[block][order], return_index=True)
        samples = features.take(rows[block], np.float64)
        if weights is not None:
            samples *= weights[block, None]
        samples = samples[order]
        return present, np.add.reduceat(samples, starts, axis=0)

    total = np.zeros((len(sizes), features.shape[1]))
    for present, added in mapping(sums, row_blocks(len(rows), ROWS)):
        total[present] += added
    total /= sizes[:, None]
    return total


def nearest_centers(
    points: np.ndarray, centers: np.ndarray, compute: Compute, mapping: Mapping
) -> np.ndarray:
    """Return the nearest of ``centers`` (k, d) for each point (n, d), by number; ties by the lower."""
    matrix, exact_centers = FeatureMatrix.from_array(points), FeatureMatrix.from_array(centers)
    product = _ProductWithCenters(centers, compute)

    def nearest(block: slice) -> np.ndarray:
        cell, sample, center = product.nearest(points[block])
        distances = exact_distances(matrix, block.start + sample, exact_centers, center)
        order = np.lexsort((center, distances, sample))[::-1]
        cell[sample[order]] = center[order]
        return cell

    blocks = row_blocks(len(points), PRODUCT_ROWS)
    return np.concatenate([np.empty(0, dtype=np.int64), *mapping(nearest, blocks)])


class _ProductWithCenters:
    """One product that gives ‖c‖² − 2 x·c for all centers c, less the error that its rounding may have."""

    def __init__(self, centers: np.ndarray, compute: Compute) -> None:
        values = centers.astype(np.float32)
        norms = np.einsum("ij,ij->i", values, values)
        self._slack = 4 * rounding_slack(centers.shape[1] + 1)
        self._norms = norms
        self._columns = compute.array(
            np.vstack([-2 * values.T, (1 - self._slack) * norms]).astype(np.float32)
        )
        self._compute = compute

    def nearest(self, points: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the nearest center of each point, and the pairs between which the rounding leaves it open.

        Returns: centers (n,); and the points and centers of the pairs.
        """
        scores = self._compute.array(np.column_stack([points, np.ones(len(points), np.float32)]))
        scores = scores @ self._columns
        place = array_namespace(scores).argmin(scores, axis=1)
        cell = to_numpy(place)
        best = to_numpy(row_entries(scores, place))
        limit = best + 2 * self._slack * (self._norms[cell] + np.einsum("ij,ij->i", points, points))
        near = to_numpy(scores <= self._compute.array(limit.astype(np.float32))[:, None])
        undecided = np.flatnonzero(np.count_nonzero(near, axis=1) > 1)
        sample, center = np.nonzero(near[undecided])
        return cell, undecided[sample], center
