"""Greedy choice by the full Fisher information of softmax regression (BAIT, Ash et al. 2021).

A sample z of the probabilities p has the information W ⊗ zzᵀ, W = diag(p) − ppᵀ. A change of all logits alike
changes no probability: in that direction W is 0, and the trace of M⁻¹F has no part. So W is written in the
r = C − 1 coordinates orthogonal to it, and M and F are rd × rd.

With E = I ⊗ z, A = EᵀM⁻¹E and B = EᵀGE, G = M⁻¹FM⁻¹, the information sW ⊗ zzᵀ (s < 0 to remove it) lowers the
trace by the trace of KB, K = (I + sWA)⁻¹sW, and (Woodbury)

    M⁻¹ → M⁻¹ − UKUᵀ,  G → G − HKUᵀ − UKHᵀ + UKBKUᵀ,  U = M⁻¹E,  H = GE.

The A and B of all other samples follow from the products of their features with U and H.

Everything is in float64.
"""

from dataclasses import dataclass, replace

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, Mapping, in_blocks, row_blocks
from activepool.features.store import FeatureMatrix

#: Samples whose A and B are computed at once.
ROWS = 256


@dataclass(frozen=True)
class SoftmaxInformation:
    """Samples with the Fisher information W ⊗ zzᵀ.

    Attributes:
        features: (N, d).
        rows: (n,) the samples.
        probabilities: (n, C) float64.
        share: by which W is multiplied.
    """

    features: FeatureMatrix
    rows: np.ndarray
    probabilities: np.ndarray
    share: float = 1.0

    def __len__(self) -> int:
        return len(self.rows)

    @property
    def coordinates(self) -> int:
        """r = C − 1."""
        return int(self.probabilities.shape[1]) - 1

    @property
    def width(self) -> int:
        """d."""
        return self.features.shape[1]

    def part(self, positions: np.ndarray) -> "SoftmaxInformation":
        """Return some of the samples."""
        return replace(self, rows=self.rows[positions], probabilities=self.probabilities[positions])

    def scaled(self, share: float) -> "SoftmaxInformation":
        """Return a share of the information of each sample."""
        return replace(self, share=share)

    def trace(self, start: np.ndarray, target: np.ndarray, mapping: Mapping) -> "SoftmaxTrace":
        """Return the trace of M⁻¹F, with M = ``start`` and F = ``target``, both (rd, rd)."""
        return SoftmaxTrace(self, start, target, mapping)

    def points(self, block: "slice | np.ndarray") -> np.ndarray:
        """Return z of some samples, (m, d) float64."""
        return self.features.take(self.rows[block], np.float64)

    def weights(self, block: "slice | np.ndarray") -> np.ndarray:
        """Return W of some samples, (m, r, r)."""
        basis, probabilities = sum_free_basis(self.coordinates + 1), self.probabilities[block]
        squares = (basis[:, :, None] * basis[:, None, :]).reshape(len(basis), -1)
        means = probabilities @ basis
        weights: np.ndarray = (probabilities @ squares).reshape(*means.shape, means.shape[1])
        weights -= means[:, :, None] * means[:, None, :]
        weights *= self.share
        return weights

    def total(self, mapping: Mapping) -> np.ndarray:
        """Return the sum of all information, (rd, rd) float64."""
        shape = self.coordinates, self.width
        total = np.zeros(shape + shape)
        for block in row_blocks(len(self), BLOCK_ROWS):
            _add(total, self.points(block), self.weights(block), mapping)
        return total.reshape((self.coordinates * self.width,) * 2)


def _add(total: np.ndarray, points: np.ndarray, weights: np.ndarray, mapping: Mapping) -> None:
    """Add the information of samples to their sum (r, d, r, d)."""

    def add(pair: tuple[int, int]) -> None:
        left, right = pair
        product = points.T @ (weights[:, left, right, None] * points)
        total[left, :, right] += product
        if left != right:
            total[right, :, left] += product.T

    for _ in mapping(add, [(left, right) for left in range(len(total)) for right in range(left + 1)]):
        pass


def sum_free_basis(size: int) -> np.ndarray:
    """Return orthonormal columns, (size, size − 1), each with the sum 0 (Helmert)."""
    basis = np.zeros((size, size - 1))
    for column in range(size - 1):
        basis[: column + 1, column] = 1
        basis[column + 1, column] = -(column + 1)
        basis[:, column] /= np.sqrt((column + 1) * (column + 2))
    return basis


def memory_bytes(samples: int, width: int, classes: int) -> int:
    """Return the memory that the choice and its arguments take, apart from some blocks."""
    coordinates = classes - 1
    return 8 * (5 * (coordinates * width) ** 2 + samples * (2 * coordinates**2 + classes))


class SoftmaxTrace:
    """M, M⁻¹ and G, and A and B of each sample.

    Attributes:
        matrix: M, the array that it began with.
        remaining: (n,) whether a sample is neither added nor removed so far.
    """

    def __init__(
        self, samples: SoftmaxInformation, matrix: np.ndarray, target: np.ndarray, mapping: Mapping
    ) -> None:
        self.samples = samples
        self.remaining = np.ones(len(samples), dtype=bool)
        self.matrix = matrix
        self._target = target
        self._mapping = mapping
        shape = len(samples), samples.coordinates, samples.coordinates
        self._leverage, self._gain = np.empty(shape), np.empty(shape)
        self.renew()

    def renew(self) -> None:
        """Recompute everything from M, without the rounding errors of the changes so far."""
        self._inverse = self._covered = np.empty(0)  # frees their memory first
        self._inverse = np.linalg.inv(self.matrix)
        self._covered = self._inverse @ self._target @ self._inverse

        def measure(block: slice) -> None:
            points = self.samples.points(block)
            self._leverage[block] = _within(self._inverse, points)
            self._gain[block] = _within(self._covered, points)

        in_blocks(self._mapping, measure, len(self.samples), ROWS)

    def changes(self, sign: int) -> np.ndarray:
        """Return by how much adding each sample (1) lowers the trace, or removing it (−1) raises it, (n,)."""
        changes = np.empty(len(self.samples))
        identity = np.eye(self.samples.coordinates)

        def measure(block: slice) -> None:
            weights = self.samples.weights(block)
            leverage, gain = weights @ self._leverage[block], weights @ self._gain[block]
            solved = np.linalg.solve(identity + sign * leverage, gain)
            changes[block] = np.trace(solved, axis1=1, axis2=2)

        in_blocks(self._mapping, measure, len(changes), ROWS)
        return changes

    def apply(self, sample: int, sign: int) -> None:
        """Add (1) or remove (−1) a sample: bring M, M⁻¹, G, and A and B of all samples up to date."""
        size, (point,) = self.samples.coordinates, self.samples.points(np.array([sample]))
        weight = sign * self.samples.weights(np.array([sample]))[0]
        gain = self._gain[sample].copy()
        factor = np.linalg.solve(np.eye(size) + weight @ self._leverage[sample], weight)
        inverse_side, covered_side = (_side(matrix, point, size) for matrix in (self._inverse, self._covered))
        embedding, weighted = (np.kron(matrix, point[:, None]) for matrix in (np.eye(size), weight))
        scaled = inverse_side @ factor
        left, right = np.hstack([scaled, covered_side]), np.hstack([covered_side - scaled @ gain, scaled])

        def change_matrices(block: slice) -> None:
            self.matrix[block] += weighted[block] @ embedding.T
            self._inverse[block] -= scaled[block] @ inverse_side.T
            self._covered[block] -= left[block] @ right.T

        def change_samples(block: slice) -> None:
            points = self.samples.points(block)
            by_inverse, by_covered = _products(points, inverse_side), _products(points, covered_side)
            step = by_inverse @ factor
            self._leverage[block] -= step @ _transposed(by_inverse)
            cross = step @ _transposed(by_covered)
            self._gain[block] -= cross + _transposed(cross) - step @ gain @ _transposed(step)

        in_blocks(self._mapping, change_matrices, len(self.matrix), ROWS)
        in_blocks(self._mapping, change_samples, len(self.samples), ROWS)
        self.remaining[sample] = False


def _within(matrix: np.ndarray, points: np.ndarray) -> np.ndarray:
    """Return EᵀQE of each point, (m, r, r), for Q = ``matrix`` (rd, rd)."""
    samples, width = points.shape
    size = len(matrix) // width
    result = np.empty((samples, size, size))
    for row in range(size):
        products = (points @ matrix[row * width : (row + 1) * width]).reshape(samples, size, width)
        result[:, row] = np.einsum("nkd,nd->nk", products, points)
    return result


def _side(matrix: np.ndarray, point: np.ndarray, size: int) -> np.ndarray:
    """Return QE of a point, (rd, r), for Q = ``matrix`` (rd, rd)."""
    side: np.ndarray = (matrix.reshape(-1, len(point)) @ point).reshape(len(matrix), size)
    return side


def _products(points: np.ndarray, side: np.ndarray) -> np.ndarray:
    """Return EᵀU of each point, (m, r, r), for U = ``side`` (rd, r)."""
    size, width = side.shape[1], points.shape[1]
    columns = side.reshape(size, width, size).transpose(1, 0, 2).reshape(width, -1)
    products: np.ndarray = (points @ columns).reshape(len(points), size, size)
    return products


def _transposed(matrices: np.ndarray) -> np.ndarray:
    return matrices.transpose(0, 2, 1)
