"""The objective of softmax regression, in blocks, and the coordinates in which it is easy to minimise.

With centred features x_i, labels y_i and weights ω_i that sum to 1, the loss is

    f(W, b) = Σ_i ω_i · (log Σ_c exp(w_c·x_i + b_c) − w_{y_i}·x_i − b_{y_i}).

All is written for the array namespace of a block: NumPy on a CPU, torch on a GPU.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy.linalg import cholesky
from scipy.linalg.lapack import dtrtri

from activepool.compute import Array, Compute, Mapping, Result, array_namespace, row_blocks, to_numpy
from activepool.features.store import BLOCK_ROWS
from activepool.heads.labelled import LabelledRows

#: The covariance is taken from at least this many samples per feature, if there are as many.
COVARIANCE_SAMPLES_PER_FEATURE = 10

#: Samples that are multiplied at once with the weights of FEW_CLASSES or less: BLAS takes small matrices as
#: they are, and copies large ones first, which for few classes costs more than the product.
PIECE_ROWS, FEW_CLASSES = 64, 16

#: Classes whose weights are brought to other coordinates at once.
CLASS_ROWS = 128


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
    """The loss f on a labelled set that lies in memory (L · d · 4 bytes) as centred blocks.

    Sums run over blocks of fixed size in float32 and across blocks, in their order, in float64.

    Attributes:
        mean: (d,) float32, what was subtracted from the features.
        variance: the total variance Σ_i ω_i ‖x_i‖² of the centred features; 1 if they are all the same.
    """

    def __init__(
        self, rows: LabelledRows, labels: np.ndarray, weights: np.ndarray, compute: Compute, mapping: Mapping
    ) -> None:
        """Read the features.

        Args:
            rows: the L samples.
            labels: (L,) 0 … K−1, each of them there.
            weights: (L,) the weights ω.
            compute: the device of the blocks.
            mapping: of ``compute``; shares the blocks among its workers.
        """
        self._mapping = mapping
        read = partial(_read_block, rows, labels, weights, compute)
        self._blocks = list(mapping(read, row_blocks(len(rows), BLOCK_ROWS)))
        sums = [to_numpy(one).astype(np.float64) for one in self._map(_weighted_sum)]
        self.mean = sum(sums).astype(np.float32)
        self.variance = sum(self._map(partial(_centre, compute.array(self.mean)))) or 1.0

    def __call__(self, weight: Array, bias: Array) -> Point:
        """Return f and its gradients at ``weight`` (K, d) and ``bias`` (K,), float64."""
        loss, weight_gradient, bias_gradient = 0.0, 0.0, 0.0
        for part in self._map(partial(_loss_and_gradients, *_single(weight, bias))):
            loss = loss + part[0]
            weight_gradient = _double(part[1]) + weight_gradient
            bias_gradient = part[2] + bias_gradient
        return Point(weight, bias, float(loss), weight_gradient, bias_gradient)

    def smallest_logit(self, weight: Array, bias: Array) -> float:
        """Return the smallest logit of any sample for any class."""
        return min(self._map(partial(_smallest_logit, *_single(weight, bias))))

    def covariance(self) -> np.ndarray:
        """Return an estimate of Σ_i ω_i x_i x_iᵀ, (d, d) float64, from every s-th sample.

        Ten to twenty samples per feature make it about as good a preconditioner as all of them would.
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


class Whitening:
    """Coordinates U = (W R, b √h), in which the regularised loss has nearly the same curvature everywhere.

    At the start (W = 0, b the logarithms of the classes' frequencies π) the Hessian of f is
    (diag π − ππᵀ) ⊗ Σ with Σ the covariance of the features. Its diagonal blocks are on average h Σ,
    h = (1 − Σ_c π_c²)/K; R is the Cholesky factor of h Σ + λI. Böhning (1992, Multinomial logistic regression
    algorithm) has ½ in the place of h, a bound that holds everywhere; with many classes it is far from the
    truth, and λ then counts too little.
    """

    def __init__(
        self,
        covariance: np.ndarray,
        weight_decay: float,
        frequencies: np.ndarray,
        compute: Compute,
        mapping: Mapping,
    ) -> None:
        """Factorise; ``frequencies`` are π, (K,), with the sum 1, and ``weight_decay`` is λ."""
        # With one class there is no curvature, and nothing to minimise either.
        curvature = (1 - (frequencies**2).sum()) / len(frequencies) or 1.0
        scaled = curvature * covariance
        # Σ was made in float32; less than its rounding errors would not keep it positive definite.
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
        both = self._compute.array(coordinates.reshape(-1, width + 1))
        return self._product(both[:, :width], self._inverse), both[:, width] / self._bias_scale

    def gradient(self, weight_gradient: Array, bias_gradient: Array) -> np.ndarray:
        """Return the gradient in U, flat, of the gradients in (W, b)."""
        return _flat(self._product(weight_gradient, self._inverse.T), bias_gradient / self._bias_scale)

    def _product(self, rows: Array, matrix: Array) -> Array:
        """Return rows (K, d) times a matrix (d, d), in blocks of classes."""
        blocks = row_blocks(rows.shape[0], CLASS_ROWS)
        return array_namespace(rows).concat(list(self._mapping(lambda block: rows[block] @ matrix, blocks)))


def _flat(matrix: Array, column: Array) -> np.ndarray:
    return np.concatenate([to_numpy(matrix), to_numpy(column)[:, None]], axis=1).ravel()


def _single(weight: Array, bias: Array) -> tuple[Array, Array]:
    namespace = array_namespace(weight)
    return namespace.astype(weight, namespace.float32), namespace.astype(bias, namespace.float32)


def _double(values: Array) -> Array:
    namespace = array_namespace(values)
    return namespace.astype(values, namespace.float64)


def _read_block(
    rows: LabelledRows, labels: np.ndarray, weights: np.ndarray, compute: Compute, part: slice
) -> _Block:
    return _Block(
        compute.array(rows.read(part)),
        compute.array(labels[part]),
        compute.array(weights[part].astype(np.float32)),
        compute.array(np.arange(len(labels[part]))),
    )


def _weighted_sum(block: _Block) -> Array:
    return block.weights @ block.features


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
    of_labels = logits[block.labels, block.places]
    exponentials = namespace.exp(logits)
    normalisers = namespace.sum(exponentials, axis=0)
    losses = block.weights * (namespace.log(normalisers) - of_labels)
    # The gradient in the logits, ω_i (p_i − e_{y_i}), in the place of the exponentials.
    residuals = exponentials
    residuals *= block.weights / normalisers
    residuals[block.labels, block.places] -= block.weights
    return (
        namespace.sum(losses, dtype=namespace.float64),
        _weight_gradient(residuals, block.features),
        namespace.sum(residuals, axis=1, dtype=namespace.float64),
    )


def _logits(weight: Array, bias: Array, features: Array) -> Array:
    """Return the logits (K, n) of ``features`` (n, d); class by class, what follows is quicker."""
    namespace = array_namespace(weight)
    rows, classes = features.shape[0], weight.shape[0]
    logits = namespace.repeat(bias[:, None], rows, axis=1)
    if not namespace.any(weight):  # the start of training
        return logits
    pieces, rest = _pieces(features, classes)
    in_pieces = rows - len(rest)
    logits[:, :in_pieces] += namespace.reshape(pieces @ weight.T, (in_pieces, classes)).T
    logits[:, in_pieces:] += weight @ rest.T
    return logits


def _weight_gradient(residuals: Array, features: Array) -> Array:
    """Return residuals (K, n) times ``features`` (n, d); of few classes the sum over pieces."""
    namespace = array_namespace(residuals)
    classes, rows = residuals.shape
    pieces, rest = _pieces(features, classes)
    if not len(pieces):
        return residuals @ features
    in_pieces = rows - len(rest)
    by_piece = namespace.reshape(residuals[:, :in_pieces], (classes, len(pieces), PIECE_ROWS))
    of_pieces = namespace.permute_dims(by_piece, (1, 0, 2)) @ pieces
    return namespace.sum(of_pieces, axis=0) + residuals[:, in_pieces:] @ rest


def _pieces(features: Array, classes: int) -> tuple[Array, Array]:
    """Divide ``features`` (n, d) into pieces (p, PIECE_ROWS, d), for few classes, and the rest (r, d)."""
    rows, width = features.shape
    number = rows // PIECE_ROWS if classes <= FEW_CLASSES else 0
    cut = number * PIECE_ROWS
    return array_namespace(features).reshape(features[:cut], (number, PIECE_ROWS, width)), features[cut:]
