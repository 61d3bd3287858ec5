"""Samples that stand for many others: the nearest to the center of each k-means cell."""

import numpy as np

from activepool.compute.blocks import Compute, in_blocks
from activepool.diversity.components import ROWS
from activepool.diversity.distances import squared_norms
from activepool.diversity.k_means import Cells, k_means
from activepool.features.store import FeatureMatrix


def representatives(
    features: FeatureMatrix,
    rows: np.ndarray,
    count: int,
    generator: np.random.Generator,
    compute: Compute,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Pick the sample nearest to the center of each of ``count`` k-means cells, the largest cell first.

    Args:
        features: (N, d).
        rows: (n,) the samples.
        count: how many to pick.
        compute: device and workers; the workers have no effect on the result.
        weights: (n,) float64 above 0, how much each sample counts; by default, all the same.

    Returns: (min(count, n),) rows in pick order. Ties go to the earlier sample, those between cells of one
    size to the lower cell. Where there are fewer cells than picks, because samples are equal, random ones
    follow.

    Raises InputError if a feature is NaN or infinite.
    """
    if count >= len(rows):
        return rows
    if count == 0:
        return rows[:0]
    cells = k_means(features, rows, count, generator, compute, weights)
    nearest = _nearest_to_center(features, rows, cells, compute)
    picks = nearest[np.argsort(-np.bincount(cells.cell, weights), kind="stable")]
    remaining = generator.permutation(np.setdiff1d(np.arange(len(rows)), picks))
    result: np.ndarray = rows[np.concatenate([picks, remaining[: count - len(picks)]])]
    return result


def _nearest_to_center(
    features: FeatureMatrix, rows: np.ndarray, cells: Cells, compute: Compute
) -> np.ndarray:
    """Return the position of the sample nearest to the center of each cell, (k,)."""
    distance = np.empty(len(rows))

    def measure(block: slice) -> None:
        difference = features.take(rows[block], np.float64)
        difference -= cells.centers[cells.cell[block]]
        distance[block] = squared_norms(difference)

    in_blocks(compute.map, measure, len(rows), ROWS)
    order = np.lexsort((distance, cells.cell))
    _, first = np.unique(cells.cell[order], return_index=True)
    return order[first]
