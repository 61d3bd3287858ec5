"""The objective of softmax regression with its gradient and Hessian, in blocks of samples.

With centred features x_i, labels y_i and weights ω_i that sum to 1, the loss is

    f(W, b) = Σ_i ω_i · (log Σ_c exp(w_c·x_i + b_c) − w_{y_i}·x_i − b_{y_i}).

The code works in the array namespace of its blocks: NumPy on a CPU, torch on a GPU.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np

from activepool.compute.blocks import (
    BLOCK_ROWS,
    Array,
    Compute,
    Mapping,
    Result,
    array_namespace,
    row_blocks,
    to_numpy,
)
from activepool.heads.labelled import LabelledRows

#: The covariance is estimated from at least this many samples per feature, if there are as many.
COVARIANCE_SAMPLES_PER_FEATURE = 10

#: With at most MAX_PIECE_CLASSES classes, this many samples are multiplied at once: BLAS uses small matrices
#: in place, but copies large ones first, which with few classes costs more than the product.
PIECE_ROWS, MAX_PIECE_CLASSES = 64, 16

#: Samples in a float64 block: small problems have few samples, and each worker needs blocks of its own.
DOUBLE_ROWS = 512

Precision = Literal["float32", "float64"]


@dataclass(frozen=True)
class _Block:
    """Consecutive samples: features (n, d), labels (n,), weights ω (n,), and their places 0 … n−1."""

    features: Array
    labels: Array
    weights: Array
    places: Array


@dataclass(frozen=True)
class Point:
    """Weight (K, d) and bias (K,), the loss f there, and its gradients; all float64."""

    weight: Array
    bias: Array
    loss: float
    weight_gradient: Array
    bias_gradient: Array


class SoftmaxRegression:
    """The loss f on a labelled set, held in memory as centred blocks.

    Within a block, products and sums have the precision of its features; sums over blocks, in order, are
    float64. Memory: L · d numbers of that precision.

    Attributes:
        mean: (d,), subtracted from the features.
        variance: the total variance Σ_i ω_i ‖x_i‖² of the centred features; 1 if all are equal.
    """

    def __init__(
        self,
        rows: LabelledRows,
        labels: np.ndarray,
        weights: np.ndarray,
        compute: Compute,
        mapping: Mapping,
        precision: Precision = "float32",
    ) -> None:
        """Read the features of L samples, whose labels (L,) are 0 … K−1, each of them, with weights ω (L,).

        ``mapping``, of ``compute``, spreads the blocks over its workers; they are of this ``precision``.
        """
        self._mapping, self._dtype = mapping, np.dtype(precision)
        read = partial(_read_block, rows, labels, weights.astype(self._dtype), compute)
        block_rows = BLOCK_ROWS if precision == "float32" else DOUBLE_ROWS
        self._blocks = list(mapping(read, row_blocks(len(rows), block_rows)))
        parts = [tuple(map(to_numpy, part)) for part in self._map(_weighted_sum_and_range)]
        sums, least, largest = zip(*parts, strict=True)
        mean = sum(sums, np.zeros(rows.width)).astype(self._dtype)
        # The mean of equal values must be exact: if they are huge, its rounding error would drown all other
        # features.
        self.mean = np.clip(mean, np.min(least, axis=0), np.max(largest, axis=0))
        self.variance = sum(self._map(partial(_centre, compute.array(self.mean)))) or 1.0

    def __call__(self, weight: Array, bias: Array) -> Point:
        """Return f and its gradients at ``weight`` (K, d) and ``bias`` (K,), float64."""
        parts = self._map(partial(_loss_and_gradients, *self._cast(weight, bias)))
        loss, *gradients = _sums(parts)
        return Point(weight, bias, float(loss), *gradients)

    def curvature(self, weight: Array, bias: Array) -> "Curvature":
        """Return the Hessian of f at a point."""
        return Curvature(self, list(self._map(partial(_probabilities, *self._cast(weight, bias)))))

    def smallest_logit(self, weight: Array, bias: Array) -> float:
        """Return the smallest logit of any sample for any class."""
        return min(self._map(partial(_smallest_logit, *self._cast(weight, bias))))

    def covariance(self) -> np.ndarray:
        """Return an estimate of Σ_i ω_i x_i x_iᵀ, (d, d) float64, from every s-th sample.

        As a preconditioner, ten to twenty samples per feature are about as good as all of them.
        """
        samples = sum(len(block.labels) for block in self._blocks)
        width = len(self.mean)
        step = max(1, samples // (COVARIANCE_SAMPLES_PER_FEATURE * width))
        total, weight = np.zeros((width, width)), 0.0
        for product, part in self._map(partial(_second_moment, step)):
            total += product
            weight += part
        return total / weight

    def _map(self, function: Callable[[_Block], Result]) -> Iterator[Result]:
        return self._mapping(function, self._blocks)

    def _cast(self, weight: Array, bias: Array) -> tuple[Array, Array]:
        """Return both in the precision of the blocks."""
        namespace = array_namespace(weight)
        dtype = getattr(namespace, self._dtype.name)
        return namespace.astype(weight, dtype), namespace.astype(bias, dtype)


class Curvature:
    """The Hessian of f at a point: Σ_i ω_i (diag p_i − p_i p_iᵀ) ⊗ (x_i, 1)(x_i, 1)ᵀ.

    Memory: a probability for each sample and class.
    """

    def __init__(self, loss: SoftmaxRegression, probabilities: list[Array]) -> None:
        self._loss = loss
        self._probabilities = probabilities

    def product(self, weight: Array, bias: Array) -> tuple[Array, Array]:
        """Return the Hessian times a direction ``weight`` (K, d) and ``bias`` (K,), as float64."""
        return self._sums(partial(_curvature_product, *self._loss._cast(weight, bias)))

    def diagonal(self) -> tuple[Array, Array]:
        """Return the diagonal of the Hessian, (K, d) and (K,) float64."""
        return self._sums(_curvature_diagonal)

    def _sums(self, function: Callable[[_Block, Array], tuple[Array, Array]]) -> tuple[Array, Array]:
        pairs = zip(self._loss._blocks, self._probabilities, strict=True)
        weight, bias = _sums(self._loss._mapping(lambda pair: function(*pair), pairs))
        return weight, bias


def _sums(parts: Iterator[tuple[Array, ...]]) -> list[Array]:
    """Return the sums over blocks, in their order, of each array of their results, float64."""
    totals = [_double(values) for values in next(parts)]
    for part in parts:
        totals = [total + _double(values) for total, values in zip(totals, part, strict=True)]
    return totals


def _double(values: Array) -> Array:
    if isinstance(values, np.generic):  # a block's loss; array_namespace knows only arrays
        return np.float64(values)
    namespace = array_namespace(values)
    return namespace.astype(values, namespace.float64)


def _read_block(
    rows: LabelledRows, labels: np.ndarray, weights: np.ndarray, compute: Compute, part: slice
) -> _Block:
    return _Block(
        compute.array(rows.read(part, weights.dtype.type)),
        compute.array(labels[part]),
        compute.array(weights[part]),
        compute.array(np.arange(len(labels[part]))),
    )


def _weighted_sum_and_range(block: _Block) -> tuple[Array, Array, Array]:
    """Return the weighted sum, the smallest and the largest value of each feature, (d,) each."""
    namespace, features = array_namespace(block.features), block.features
    return block.weights @ features, namespace.min(features, axis=0), namespace.max(features, axis=0)


def _centre(mean: Array, block: _Block) -> float:
    """Subtract ``mean`` in place; return the block's part of the total variance."""
    features = block.features
    features -= mean
    return float(block.weights @ array_namespace(features).einsum("ij,ij->i", features, features))


def _second_moment(step: int, block: _Block) -> tuple[np.ndarray, float]:
    weights = block.weights[::step]
    rows = block.features[::step] * array_namespace(weights).sqrt(weights)[:, None]
    return to_numpy(rows.T @ rows), float(weights.sum())


def _smallest_logit(weight: Array, bias: Array, block: _Block) -> float:
    return float((block.features @ weight.T + bias).min())


def _loss_and_gradients(weight: Array, bias: Array, block: _Block) -> tuple[Array, Array, Array]:
    namespace = array_namespace(weight)
    logits = _logits(weight, bias, block.features)
    logits -= namespace.max(logits, axis=0)
    label_logits = logits[block.labels, block.places]
    exponentials = namespace.exp(logits)
    normalisers = namespace.sum(exponentials, axis=0)
    losses = block.weights * (namespace.log(normalisers) - label_logits)
    # The gradient in the logits, ω_i (p_i − e_{y_i}), overwrites the exponentials.
    residuals = exponentials
    residuals *= block.weights / normalisers
    residuals[block.labels, block.places] -= block.weights
    return (
        namespace.sum(losses, dtype=namespace.float64),
        _weight_gradient(residuals, block.features),
        namespace.sum(residuals, axis=1, dtype=namespace.float64),
    )


def _probabilities(weight: Array, bias: Array, block: _Block) -> Array:
    """Return softmax(W x + b) of each sample, (K, n)."""
    namespace = array_namespace(weight)
    logits = _logits(weight, bias, block.features)
    logits -= namespace.max(logits, axis=0)
    exponentials = namespace.exp(logits)
    exponentials /= namespace.sum(exponentials, axis=0)
    return exponentials


def _curvature_product(
    weight: Array, bias: Array, block: _Block, probabilities: Array
) -> tuple[Array, Array]:
    namespace = array_namespace(weight)
    changes = probabilities * _logits(weight, bias, block.features)
    changes -= probabilities * namespace.sum(changes, axis=0)
    changes *= block.weights
    return _weight_gradient(changes, block.features), namespace.sum(changes, axis=1, dtype=namespace.float64)


def _curvature_diagonal(block: _Block, probabilities: Array) -> tuple[Array, Array]:
    namespace = array_namespace(probabilities)
    variances = probabilities * (1 - probabilities)
    variances *= block.weights
    squares = block.features * block.features
    return _weight_gradient(variances, squares), namespace.sum(variances, axis=1, dtype=namespace.float64)


def _logits(weight: Array, bias: Array, features: Array) -> Array:
    """Return the logits (K, n) of ``features`` (n, d); later steps are quicker class by class."""
    namespace = array_namespace(weight)
    rows, classes = features.shape[0], weight.shape[0]
    logits = namespace.repeat(bias[:, None], rows, axis=1)
    if not namespace.any(weight):  # the start of training
        return logits
    pieces, remainder = _pieces(features, classes)
    cut = rows - len(remainder)
    logits[:, :cut] += namespace.reshape(pieces @ weight.T, (cut, classes)).T
    logits[:, cut:] += weight @ remainder.T
    return logits


def _weight_gradient(residuals: Array, features: Array) -> Array:
    """Return residuals (K, n) times ``features`` (n, d); with few classes as a sum over pieces."""
    namespace = array_namespace(residuals)
    classes, rows = residuals.shape
    pieces, remainder = _pieces(features, classes)
    if not len(pieces):
        return residuals @ features
    cut = rows - len(remainder)
    by_piece = namespace.reshape(residuals[:, :cut], (classes, len(pieces), PIECE_ROWS))
    products = namespace.permute_dims(by_piece, (1, 0, 2)) @ pieces
    return namespace.sum(products, axis=0) + residuals[:, cut:] @ remainder


def _pieces(features: Array, classes: int) -> tuple[Array, Array]:
    """Divide ``features`` (n, d) into pieces (p, PIECE_ROWS, d), if classes are few, and the rest (r, d)."""
    rows, width = features.shape
    number = rows // PIECE_ROWS if classes <= MAX_PIECE_CLASSES else 0
    cut = number * PIECE_ROWS
    return array_namespace(features).reshape(features[:cut], (number, PIECE_ROWS, width)), features[cut:]
