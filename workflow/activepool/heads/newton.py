"""Newton's method for the regularised loss of softmax regression, in float64.

Each step solves the Newton equations by conjugate gradients, preconditioned with the diagonal of the Hessian,
as closely as the distance from the optimum deserves (Nocedal and Wright 2006, algorithm 7.1), and is halved
until the objective falls. The number of correct digits then grows with each step until float64 ends it.
"""

import numpy as np

from activepool.compute.blocks import Array, array_namespace
from activepool.heads.softmax_regression import Curvature, Point, SoftmaxRegression

#: The coarsest relative error of a step, by the norm of the preconditioned residual.
MAX_ERROR = 0.1

#: The last step is solved to this part of its admissible relative error.
SAFETY_FACTOR = 0.1

#: Largest number of products with the Hessian in one step.
MAX_PRODUCTS = 500

#: A step is halved at most this often, until the objective falls by this share of what its slope predicts.
MAX_HALVINGS, MIN_DECREASE = 30, 1e-4

#: Differences of the objective below this part of it, or of 1, are rounding errors.
ROUNDING = 1e-14


def newton(
    loss: SoftmaxRegression, strength: float, start: Point, accuracy: float, max_iterations: int
) -> tuple[Point, int]:
    """Minimise f(W, b) + λ/2 · ‖W‖², with f the ``loss`` and λ > 0 the ``strength``.

    Returns: the last point, and how many steps led to it. Its distance from the optimum is at most the part
    ``accuracy`` of the largest weight, or as near as float64 and ``max_iterations`` allow.
    """
    point, distance = start, np.inf
    for iteration in range(max_iterations):
        gradient = _parameters(point.weight_gradient + strength * point.weight, point.bias_gradient)
        curvature = loss.curvature(point.weight, point.bias)
        min_error = SAFETY_FACTOR * accuracy / distance
        step, error = _step(curvature, strength, gradient, _value(point, strength), min_error)
        next_point = _descend(loss, strength, point, step, float((gradient * step).sum()))
        if next_point is None:
            return point, iteration
        size = _relative_change(next_point, point)
        point = next_point
        # A step of size s, solved to a relative error e, leaves about max(s, e) · s.
        distance = max(size, error) * size
        if distance <= accuracy:
            return point, iteration + 1
    return point, max_iterations


def _step(
    curvature: Curvature, strength: float, gradient: Array, value: float, min_error: float
) -> tuple[Array, float]:
    """Return Newton's step (K, d + 1) by conjugate gradients, and its relative error.

    The error is as small as the distance from the optimum deserves, but not smaller than ``min_error``.
    """
    diagonal_weight, diagonal_bias = curvature.diagonal()
    diagonal = _parameters(diagonal_weight + strength, diagonal_bias)
    # The curvature in the bias of a class vanishes where all probabilities are 0 or 1, as does its gradient.
    diagonal += np.finfo(np.float64).tiny
    step, residual = 0 * gradient, _centred(-gradient)
    direction, norm = _precondition(residual, diagonal)
    first_norm = norm
    error = min(MAX_ERROR, max(min_error, (norm / max(1.0, value)) ** 0.5))
    for _ in range(MAX_PRODUCTS):
        if norm <= error**2 * first_norm:
            break
        weight, bias = direction[:, :-1], direction[:, -1]
        weight_product, bias_product = curvature.product(weight, bias)
        product = _parameters(weight_product + strength * weight, bias_product)
        quadratic_form = float((direction * product).sum())
        if not quadratic_form > 0:  # only rounding errors remain
            break
        length = norm / quadratic_form
        step = step + length * direction
        residual = _centred(residual - length * product)
        scaled, next_norm = _precondition(residual, diagonal)
        direction = scaled + next_norm / norm * direction
        norm = next_norm
    return step, (norm / first_norm) ** 0.5 if first_norm else 0.0


def _precondition(residual: Array, diagonal: Array) -> tuple[Array, float]:
    """Return the residual over the diagonal, balanced, and its product with the residual."""
    scaled = residual / diagonal
    return _centred(scaled), float((residual * scaled).sum())


def _centred(parameters: Array) -> Array:
    """Subtract the mean over classes, which changes no probability and is 0 at the optimum."""
    return parameters - array_namespace(parameters).mean(parameters, axis=0)


def _descend(
    loss: SoftmaxRegression, strength: float, point: Point, step: Array, slope: float
) -> Point | None:
    """Return the point after the step, halved until the objective falls; None if it never does."""
    value = _value(point, strength)
    length = 1.0
    for _ in range(MAX_HALVINGS):
        parameters = _centred(_parameters(point.weight, point.bias) + length * step)
        next_point = loss(parameters[:, :-1], parameters[:, -1])
        if _value(next_point, strength) <= value + MIN_DECREASE * length * slope + ROUNDING * max(1.0, value):
            return next_point
        length /= 2
    return None


def _value(point: Point, strength: float) -> float:
    return point.loss + strength / 2 * float((point.weight * point.weight).sum())


def _relative_change(point: Point, previous: Point) -> float:
    """Return the largest change of a weight over the largest weight, or of a bias over the largest or 1."""
    xp = array_namespace(point.weight)
    weight_change = float(xp.max(xp.abs(point.weight - previous.weight)))
    bias_change = float(xp.max(xp.abs(point.bias - previous.bias)))
    largest_weight, largest_bias = (float(xp.max(xp.abs(values))) for values in (point.weight, point.bias))
    return max(weight_change / largest_weight if weight_change else 0.0, bias_change / max(1.0, largest_bias))


def _parameters(weight: Array, bias: Array) -> Array:
    """Return [W | b], (K, d + 1)."""
    return array_namespace(weight).concat([weight, bias[:, None]], axis=1)
