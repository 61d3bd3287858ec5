"""Distances from a sample to the decision boundaries of a linear head.

The boundary between classes a and c is the hyperplane on which their logits are equal, so the distance
of z to it is ((w_a − w_c)·z + b_a − b_c) / ‖w_a − w_c‖: the difference of two logits over the distance of two
rows of the head. The logits and one C × C table give all of them, without a tensor of width d.
(Emam et al. 2021, section 3; MASE and BASE.)
"""

import numpy as np

from activepool.compute.blocks import Array, array_namespace
from activepool.compute.rows import row_maxima, row_minima, row_numbers

#: A squared distance below this part of the squared norms has too few digits in the Gram form.
MIN_GRAM_DISTANCE = 1e-6


def row_distances(weight: np.ndarray) -> np.ndarray:
    """Return ‖w_a − w_c‖ for all pairs of rows of weight (C, d): (C, C) float64; exactly 0 for equal rows.

    The Gram form ‖w_a‖² + ‖w_c‖² − 2 w_a·w_c loses the digits of near-equal rows; the distances of those few
    pairs come from their differences.
    """
    rows = weight.astype(np.float64)
    rows -= rows.mean(axis=0)
    norms = np.square(rows).sum(axis=1)
    sums = norms[:, None] + norms
    squared = sums - 2 * (rows @ rows.T)
    for number, near in enumerate(squared <= MIN_GRAM_DISTANCE * sums):
        squared[number, near] = np.square(rows[near] - rows[number]).sum(axis=1)
    distances: np.ndarray = np.sqrt(squared)
    return distances


def inverse_row_distances(weight: np.ndarray) -> np.ndarray:
    """Return 1 / ‖w_a − w_c‖ for all pairs of rows of weight (C, d): (C, C) float64, ∞ for equal rows."""
    with np.errstate(divide="ignore"):
        return 1 / row_distances(weight)


def boundary_distances(logits: Array, inverse_distances: Array) -> Array:
    """Return the distance of each row to the boundary of each class, (n, C).

    Args:
        logits: (n, C).
        inverse_distances: (C, C), from `inverse_row_distances`, in the logits' type.

    For the predicted class ŷ (the first with the largest logit) this is the distance to the nearest
    boundary, min over c ≠ ŷ; for another class c, the distance to the boundary between ŷ and c.
    Infinite where w_c = w_ŷ.
    """
    xp = array_namespace(logits)
    largest, predicted = row_maxima(logits)
    rows = row_numbers(logits)
    to_class = largest[:, None] - logits
    with np.errstate(invalid="ignore"):
        to_class *= inverse_distances[predicted]
    to_class[rows, predicted] = xp.inf
    nearest = row_minima(to_class)
    if xp.any(xp.isnan(nearest)):  # 0 · ∞: equal rows of the head with equal logits
        to_class[xp.isnan(to_class)] = xp.inf
        nearest = row_minima(to_class)
    to_class[rows, predicted] = nearest
    return to_class


def nearest_boundary(logits: Array, inverse_distances: Array) -> Array:
    """Return the distance of each row to its nearest decision boundary (MASE), (n,)."""
    return row_minima(boundary_distances(logits, inverse_distances))
