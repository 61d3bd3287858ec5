"""L-BFGS for the regularised loss of softmax regression, in coordinates that even out its curvature."""

import numpy as np
from scipy.linalg import cholesky
from scipy.linalg.lapack import dtrtri
from scipy.optimize import OptimizeResult, minimize

from activepool.compute.blocks import (
    Array,
    Compute,
    Mapping,
    array_namespace,
    one_blas_thread,
    row_blocks,
    to_numpy,
)
from activepool.heads.softmax_regression import Point, SoftmaxRegression

#: Number of classes whose weights change coordinates at once.
CLASS_ROWS = 128

#: A step that promises less than this part of the tolerance is not taken: a line search could not find its
#: gain among the rounding errors of the loss.
MIN_PROMISE = 0.01


class Whitening:
    """Coordinates U = (W R, b √h), in which the regularised loss has nearly the same curvature everywhere.

    At the start (W = 0, b the logarithms of the classes' frequencies π) the Hessian of f is
    (diag π − ππᵀ) ⊗ Σ with Σ the covariance of the features. Its diagonal blocks are on average h Σ,
    h = (1 − Σ_c π_c²)/K; R is the Cholesky factor of h Σ + λI. Böhning (1992, Multinomial logistic regression
    algorithm) uses ½ instead of h, a bound that holds everywhere; with many classes it is far too large, and
    λ then counts too little.
    """

    def __init__(
        self,
        covariance: np.ndarray,
        weight_decay: float,
        frequencies: np.ndarray,
        compute: Compute,
        mapping: Mapping,
    ) -> None:
        """Factorise; ``frequencies`` are π, (K,), with sum 1, and ``weight_decay`` is λ."""
        # With one class there is no curvature, and nothing to minimise either.
        curvature = (1 - (frequencies**2).sum()) / len(frequencies) or 1.0
        scaled = curvature * covariance
        # Σ was computed in float32; adding less than its rounding errors may leave it indefinite.
        rounding = np.finfo(np.float32).eps * np.trace(scaled)
        scaled[np.diag_indices_from(scaled)] += max(weight_decay, rounding)
        factor = cholesky(scaled, lower=True)
        self._factor = compute.array(factor)
        self._inverse = compute.array(dtrtri(factor, lower=True)[0])
        self._bias_scale = curvature**0.5
        self._compute, self._mapping = compute, mapping

    def coordinates(self, weight: Array, bias: Array) -> np.ndarray:
        """Return U of (W, b), flat, in memory of the host."""
        return _flat(self._product(weight, self._factor), bias * self._bias_scale)

    def parameters(self, coordinates: np.ndarray) -> tuple[Array, Array]:
        """Return (W, b) of a flat U."""
        width = self._factor.shape[0]
        matrix = self._compute.array(coordinates.reshape(-1, width + 1))
        return self._product(matrix[:, :width], self._inverse), matrix[:, width] / self._bias_scale

    def gradient(self, weight_gradient: Array, bias_gradient: Array) -> np.ndarray:
        """Return the gradient in U, flat, of the gradients in (W, b)."""
        return _flat(self._product(weight_gradient, self._inverse.T), bias_gradient / self._bias_scale)

    def _product(self, rows: Array, matrix: Array) -> Array:
        """Return rows (K, d) times a matrix (d, d), in blocks of classes."""
        blocks = row_blocks(rows.shape[0], CLASS_ROWS)
        return array_namespace(rows).concat(list(self._mapping(lambda block: rows[block] @ matrix, blocks)))


class WhitenedLbfgs:
    """The problem of one labelled set; its covariance is computed once for all weight decays."""

    def __init__(
        self, loss: SoftmaxRegression, frequencies: np.ndarray, compute: Compute, mapping: Mapping
    ) -> None:
        self._loss, self._frequencies, self._compute, self._mapping = loss, frequencies, compute, mapping
        self._covariance = loss.covariance()

    def minimise(
        self, strength: float, start: Point, tolerance: float, max_iterations: int
    ) -> tuple[Point, int]:
        """Return the minimum of f(W, b) + λ/2 · ‖W‖² for λ = ``strength``, and the number of iterations.

        It ends when an iteration lowers the objective by less than the part ``tolerance``.
        """
        # SciPy has a BLAS of its own, and a mapping may have begun before it was loaded.
        with one_blas_thread():
            whitening = Whitening(self._covariance, strength, self._frequencies, self._compute, self._mapping)
            objective = _Objective(self._loss, whitening, strength, start)

            def stop_in_time(intermediate_result: OptimizeResult) -> None:
                if objective.promise < MIN_PROMISE * tolerance:
                    raise StopIteration

            if objective.promise < MIN_PROMISE * tolerance:
                return start, 0
            result = minimize(
                objective,
                objective.start,
                jac=True,
                method="L-BFGS-B",
                callback=stop_in_time,
                options={"maxiter": max_iterations, "ftol": tolerance, "gtol": 0.0},
            )
            return objective.point(result.x), int(result.nit)


class _Objective:
    """The regularised loss as a function of flat variables; keeps the last point evaluated.

    The variables are the whitened coordinates, scaled. SciPy first tries a step of length 1, whatever the
    gradient; in whitened coordinates, where the curvature is about 1, the gradient itself is nearly Newton's
    step, and the scale gives it length 1.

    ``start`` are the variables of the starting point, and ``promise`` is the part of the objective that a
    Newton step from the last point would gain if the curvature in whitened coordinates were 1.
    """

    def __init__(self, loss: SoftmaxRegression, whitening: Whitening, strength: float, start: Point) -> None:
        self._loss, self._whitening, self._strength, self._scale = loss, whitening, strength, 1.0
        self._scale = float(np.linalg.norm(self._value_and_gradient(start)[1])) or 1.0
        self.start = whitening.coordinates(start.weight, start.bias) / self._scale
        self._last = self.start, start

    def __call__(self, variables: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the objective and its gradient."""
        return self._value_and_gradient(self.point(variables))

    def point(self, variables: np.ndarray) -> Point:
        """Return the point at the variables."""
        if not np.array_equal(variables, self._last[0]):
            self._last = variables.copy(), self._loss(*self._whitening.parameters(variables * self._scale))
        return self._last[1]

    def _value_and_gradient(self, point: Point) -> tuple[float, np.ndarray]:
        weight_gradient = point.weight_gradient + self._strength * point.weight
        gradient = self._whitening.gradient(weight_gradient, point.bias_gradient)
        penalty = self._strength / 2 * float((point.weight * point.weight).sum())
        value = point.loss + penalty
        self.promise = gradient @ gradient / 2 / max(1.0, abs(value))
        return value, gradient * self._scale


def _flat(matrix: Array, column: Array) -> np.ndarray:
    return np.concatenate([to_numpy(matrix), to_numpy(column)[:, None]], axis=1).ravel()
