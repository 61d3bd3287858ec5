"""Squared Euclidean distances: bounds from one product, and exact values for the few that matter.

The Gram form ‖x‖² + ‖y‖² − 2 x·y costs one matrix product, and loses digits where x and y are near, most of
all in bfloat16. Bounds of its error rule pairs out; the distances of the other pairs are summed from direct
differences in float64.
"""

from dataclasses import dataclass

import numpy as np

from activepool.compute.blocks import Array, Compute, row_blocks
from activepool.features.store import FeatureMatrix, require_finite

#: Pairs whose differences are formed at once: few enough for a core's cache.
PAIRS_AT_ONCE = 256

#: The largest relative error of a number rounded to bfloat16.
BFLOAT16_ROUNDING = 2.0**-8


@dataclass(frozen=True)
class Points:
    """Points on the device, (n, d) float32 or bfloat16, and their squared norms (n,) float32."""

    values: Array
    norms: Array

    def to_bfloat16(self) -> "Points":
        """Return the points with values in bfloat16, as torch tensors."""
        import torch

        return Points(torch.as_tensor(self.values).bfloat16(), torch.as_tensor(self.norms))

    @property
    def is_bfloat16(self) -> bool:
        """Whether the values are in bfloat16; it imports nothing."""
        return str(self.values.dtype) == "torch.bfloat16"

    def __getitem__(self, rows: slice) -> "Points":
        return Points(self.values[rows], self.norms[rows])

    def __len__(self) -> int:
        return len(self.values)


class PointReader:
    """Reads rows of a feature matrix as points about an origin, the mean of some rows.

    Features often share a large mean. About it norms are small, and so are the errors of the Gram form.
    """

    def __init__(self, features: FeatureMatrix, central_rows: np.ndarray, compute: Compute) -> None:
        """Take the mean of ``central_rows``; the origin is 0 without rows, or if the mean is infinite."""
        self._features = features
        self._compute = compute
        self._origin = np.zeros(features.shape[1], dtype=np.float32)
        if len(central_rows):
            with np.errstate(over="ignore", invalid="ignore"):
                mean = features.take(central_rows).mean(axis=0)
                if np.isfinite(np.square(mean).sum()):
                    self._origin = mean

    def __call__(self, rows: np.ndarray) -> Points:
        """Return the points of some rows.

        Raises InputError if a feature is NaN, infinite, or too large to be squared in float32.
        """
        values = self._features.take(rows) - self._origin
        norms = np.einsum("ij,ij->i", values, values)
        require_finite(rows, norms)
        return Points(self._compute.array(values), self._compute.array(norms))


def rounding_slack(width: int) -> float:
    """Return the largest error of the Gram form of ‖x − y‖² in float32, as a part of ‖x‖² + ‖y‖².

    The error of a sum of d products is at most d u ‖x‖ ‖y‖ in any order, with u = 2⁻²⁴ (Higham 2002, section
    3.1). This bounds x·y, by 2 ‖x‖ ‖y‖ ≤ ‖x‖² + ‖y‖², and the norms. Another 32 u cover the rounding of the
    other sums and of x and y themselves.
    """
    return (2 * width + 32) * 2.0**-24


def slack(points: Points) -> float:
    """Return `rounding_slack` for the type of these points.

    With bfloat16, x, y and x·y are rounded once more, each by a part v = BFLOAT16_ROUNDING at most. This adds
    3 v ‖x‖ ‖y‖; a quarter of v covers the products of these errors.
    """
    return rounding_slack(points.values.shape[1]) + 3.25 * BFLOAT16_ROUNDING * points.is_bfloat16


def lower_bounds(left: Points, right: Points) -> Array:
    """Return lower bounds of the squared distances of all pairs, (n, m) float32."""
    error = slack(left)
    lower = left.values @ right.values.T
    if left.is_bfloat16:
        lower = lower.float()
    lower *= -2
    lower += (1 - error) * right.norms
    lower += (1 - error) * left.norms[:, None]
    return lower


def distance_bounds(left: Points, right: Points) -> tuple[Array, Array]:
    """Return lower and upper bounds of the squared distances of all pairs, each (n, m) float32."""
    error = slack(left)
    lower = lower_bounds(left, right)
    upper = lower + 2 * error * right.norms
    upper += 2 * error * left.norms[:, None]
    return lower, upper


def exact_distances(
    features: FeatureMatrix, left: np.ndarray, right_features: FeatureMatrix, right: np.ndarray
) -> np.ndarray:
    """Return ‖x_left − y_right‖² of pairs of rows x of ``features`` and y of ``right_features``.

    Returns: (pairs,) float64, sums of squared direct differences.
    """
    result = np.empty(len(left))
    for pairs in row_blocks(len(left), PAIRS_AT_ONCE):
        difference = _take_rows(features, left[pairs])
        difference -= _take_rows(right_features, right[pairs])
        result[pairs] = squared_norms(difference)
    return result


def _take_rows(features: FeatureMatrix, rows: np.ndarray) -> np.ndarray:
    """Return rows as float64; a row that is repeated several times in a run is read once."""
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    if 2 * len(starts) > len(rows):
        return features.take(rows, np.float64)
    return np.repeat(features.take(rows[starts], np.float64), np.diff(starts, append=len(rows)), axis=0)


def squared_norms(rows: np.ndarray) -> np.ndarray:
    """Return the squared norm of each row; equal rows have equal norms, to the last bit."""
    norms: np.ndarray = np.square(rows).sum(axis=1)
    return norms
