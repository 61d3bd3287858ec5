"""Gradient embeddings of a linear head, as their two factors.

The gradient of the cross-entropy of the predicted class ŷ with respect to the head's weight is
g = a ⊗ z with a = p − e_ŷ and p = softmax(Wz + b) (Ash et al. 2020, section 3). It has C × d entries, but
its norms and inner products need only the factors: ‖g‖² = ‖a‖² ‖z‖² and g·g' = (a·a') (z·z').
"""

from dataclasses import dataclass

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, Array, Compute, array_namespace, in_blocks, to_numpy
from activepool.compute.rows import row_numbers
from activepool.features.store import FeatureMatrix, require_finite
from activepool.heads.linear import LinearHead
from activepool.scores.exact import ERROR_MARGIN, exact_smallest

#: Squared distances below this share of ‖g‖² + ‖g'‖² are rounding errors of float64: g and g' are equal.
RESOLUTION = 1e-12

#: Bounds of squared norms are multiples of this part of the power of two above them.
BOUND_STEP = 1 / 64

#: These norms are computed in float64: within STEP_TOLERANCE (relative) of a step; below MIN_NORM, where
#: float32 may have no digits left; and the first EXACT_NORMS, which show the error of float32.
STEP_TOLERANCE, MIN_NORM, EXACT_NORMS = 1e-4, 1e-20, 256


@dataclass(frozen=True)
class Gradients:
    """Some gradient embeddings on the device.

    Attributes:
        residuals: (n, C) float64, the factors a.
        features: (n, d) float64, the factors z.
        norms: (n,) float64, ‖g‖².
    """

    residuals: Array
    features: Array
    norms: Array

    def __len__(self) -> int:
        return len(self.norms)

    def __getitem__(self, rows: slice | np.ndarray) -> "Gradients":
        return Gradients(self.residuals[rows], self.features[rows], self.norms[rows])

    def __setitem__(self, rows: slice, gradients: "Gradients") -> None:
        self.residuals[rows], self.features[rows] = gradients.residuals, gradients.features
        self.norms[rows] = gradients.norms


def squared_distances(left: Gradients, right: Gradients) -> Array:
    """Return ‖g − g'‖² of all pairs, (n, m) float64; 0 where float64 cannot tell g from g'."""
    xp = array_namespace(left.norms)
    norms = left.norms[:, None] + right.norms
    product = left.residuals @ right.residuals.T
    product *= left.features @ right.features.T
    product *= -2
    product += norms
    norms *= RESOLUTION
    return xp.where(product > norms, product, 0 * product)


class GradientEmbeddings:
    """The gradient embeddings of a head over a feature matrix, computed on request.

    Memory: a few blocks of BLOCK_ROWS × (d + 2 C) float64 per worker.
    """

    def __init__(self, features: FeatureMatrix, head: LinearHead, compute: Compute) -> None:
        self._features = features
        self._head = head
        self._compute = compute
        self._weight, self._bias = head.on(compute)
        self._weight64, self._bias64 = (
            compute.array(values.astype(np.float64)) for values in (head.weight, head.bias)
        )

    def empty(self, capacity: int) -> Gradients:
        """Return ``capacity`` zero embeddings, to be filled."""
        shapes = (capacity, self._head.num_classes), (capacity, self._features.shape[1]), (capacity,)
        return Gradients(*(self._compute.array(np.zeros(shape)) for shape in shapes))

    def take(self, rows: np.ndarray) -> Gradients:
        """Return the embeddings of the named rows."""
        features = self._compute.array(self._features.take(rows, np.float64))
        residuals = residuals_of(features @ self._weight64.T + self._bias64)
        return Gradients(residuals, features, _squared_norms(residuals) * _squared_norms(features))

    def squared_norms(self, rows: np.ndarray) -> np.ndarray:
        """Return ‖g‖² of the named rows, (n,) float32: one pass of the head over them.

        Raises InputError if a feature is not a number, or too large to be squared in float32.
        """
        result = np.empty(len(rows), dtype=np.float32)

        def measure(block: slice) -> None:
            features = self._compute.array(self._features.take(rows[block]))
            with np.errstate(invalid="ignore"):  # ∞ − ∞, which is reported below
                residuals = residuals_of(features @ self._weight.T + self._bias)
            result[block] = to_numpy(_squared_norms(residuals) * _squared_norms(features))
            require_finite(rows[block], result[block])

        in_blocks(self._compute.map, measure, len(rows), BLOCK_ROWS)
        return result

    def norm_bounds(self, rows: np.ndarray, squared_norms: np.ndarray) -> np.ndarray:
        """Return upper bounds of ‖g‖²: tight, and free of the last bits in which BLAS kernels differ.

        Args:
            rows: (n,) rows.
            squared_norms: (n,) float32, by `squared_norms`.

        Returns: (n,) float64, each rounded up to a multiple of BOUND_STEP times the power of two above it.
        Where the error of float32 may reach past a multiple, float64 decides.
        """
        exact, is_exact = squared_norms.astype(np.float64), np.zeros(len(rows), dtype=bool)
        tolerance = 0.0
        error = STEP_TOLERANCE  # the largest error of float32 to expect
        while error > tolerance:
            tolerance = error
            mantissa = np.frexp(exact)[0] / BOUND_STEP
            near = np.abs(mantissa - np.round(mantissa)) <= tolerance * mantissa
            near |= squared_norms < MIN_NORM
            near[:EXACT_NORMS] = True
            missing = np.flatnonzero(near & ~is_exact)
            exact[missing] = self._squared_norms64(rows[missing])
            is_exact |= near
            compared = is_exact & (squared_norms >= MIN_NORM)
            error = ERROR_MARGIN * np.abs(exact[compared] / squared_norms[compared] - 1).max(initial=0.0)
        mantissa, exponent = np.frexp(exact)
        return np.ldexp(np.ceil(mantissa / BOUND_STEP) * BOUND_STEP, exponent)

    def _squared_norms64(self, rows: np.ndarray) -> np.ndarray:
        result = np.empty(len(rows))

        def measure(block: slice) -> None:
            result[block] = to_numpy(self.take(rows[block]).norms)

        in_blocks(self._compute.map, measure, len(rows), BLOCK_ROWS)
        return result

    def longest(self, rows: np.ndarray, squared_norms: np.ndarray) -> int:
        """Return the position of the longest embedding, decided in float64; ties by the lower position."""

        def rescore(positions: np.ndarray) -> np.ndarray:
            return -self._squared_norms64(rows[positions])

        positions, _ = exact_smallest(-squared_norms, rescore, 1)
        return int(positions[0])


def residuals_of(logits: Array) -> Array:
    """Return a = p − e_ŷ of each row, (n, C); overwrites the logits.

    The entry of ŷ is minus the sum of the other entries, which keeps its digits where p_ŷ is near 1.
    """
    xp = array_namespace(logits)
    rows, predicted = row_numbers(logits), xp.argmax(logits, axis=1)
    logits -= logits[rows, predicted][:, None]
    odds = xp.exp(logits)
    odds[rows, predicted] = 0
    other_odds = xp.sum(odds, axis=1)
    odds[rows, predicted] = -other_odds
    odds /= (1 + other_odds)[:, None]
    return odds


def _squared_norms(rows: Array) -> Array:
    return array_namespace(rows).vecdot(rows, rows)
