"""Greedy choice of samples that cover others by a Gaussian kernel (generalised coverage, Bae et al. 2024).

A target j is covered by max k(i, j) over the samples i chosen so far. The gain of a sample is what it adds to
the mean cover of the targets. Gains only fall as samples are chosen, so an old one is an upper bound, and a
sample is compared again only when its bound is the largest (lazy greedy, Minoux 1978). The first bounds come
from one float32 product.

The kernel of the compared samples has the same bits with any BLAS kernel: features of length 1 are rounded to
whole multiples of 2⁻²⁵, so that a product in float64 is exact. Gains are rounded, so that no last bit of exp
can decide.
"""

import heapq
from dataclasses import dataclass

import numpy as np

from activepool.compute.blocks import (
    ROWS64,
    Compute,
    Mapping,
    array_namespace,
    in_blocks,
    row_blocks,
    to_numpy,
)
from activepool.compute.rounding import rounded
from activepool.features.store import FeatureMatrix, require_finite

#: Bits of a fixed-point feature. Inner products have at most 50 bits, squared distances 52.
FEATURE_BITS = 25

#: Gains, at most 1, are rounded to multiples of this.
GAIN_RESOLUTION = 2.0**-40

#: An estimate is assumed to be wrong by at most this many times the largest error seen so far among those
#: that were computed again in float64, or this many times the rounding of the largest gain without a cover.
ERROR_MARGIN = 4.0

#: Samples in a product that estimates gains, and samples compared with the targets at once.
PRODUCT_ROWS, COMPARED_ROWS = 256, 128

#: Entries of the kernel to keep, in float32: 2 GB.
KEPT_ENTRIES = 2**29


@dataclass(frozen=True)
class Targets:
    """The samples to cover.

    Attributes:
        rows: (M,) rows of the features.
        weights: (M,) what covering each is worth, from 0 to 1.
        bandwidth: σ of the kernel exp(−(‖x − y‖/σ)²).
    """

    rows: np.ndarray
    weights: np.ndarray
    bandwidth: float


def herd(
    features: FeatureMatrix,
    targets: Targets,
    pool: np.ndarray,
    chosen: np.ndarray,
    budget: int,
    compute: Compute,
) -> tuple[np.ndarray, np.ndarray]:
    """Pick samples one by one, each with the largest gain: the mean of weight × max(0, kernel − cover).

    Args:
        features: (N, d), each row of length 1 (see `normalised`).
        targets: the samples to cover.
        pool: (n,) rows to pick from, ascending; n ≥ budget.
        chosen: (m,) rows that cover targets already.
        budget: how many to pick.
        compute: device and workers; no effect on the result.

    Returns: the picks in their order, and the gain of each, (budget,). Ties go to the lower row.

    Memory: M × d in float32 and float64, KEPT_ENTRIES of the kernel, and some blocks.

    Raises InputError if a feature is NaN or infinite.
    """
    with compute.mapping() as mapping:
        kernel = _Kernel(features, targets, compute)
        cover = kernel.cover(chosen, mapping)
        picks, gains = _LazyGreedy(kernel, targets.weights, cover, pool).pick(budget, mapping)
    return pool[picks], gains


class _Kernel:
    """The kernel between samples and all targets."""

    def __init__(self, features: FeatureMatrix, targets: Targets, compute: Compute) -> None:
        self._features = features
        self._weights = targets.weights
        self._compute = compute
        self._scale = -1 / targets.bandwidth**2
        #: The relative error of a kernel by float32: squared distances are wrong by about 2⁻²⁴.
        self.rounding = 2.0**-24 * (1 - self._scale)
        self._fixed = self._fixed_point(targets.rows)
        self._norms = np.square(self._fixed).sum(axis=1)
        values = (self._fixed * 2.0**-FEATURE_BITS).astype(np.float32)
        self._columns = compute.array(np.column_stack([2 * values, -np.einsum("ij,ij->i", values, values)]).T)
        self._fixed = compute.array(self._fixed)

    def _fixed_point(self, rows: np.ndarray) -> np.ndarray:
        values = self._features.take(rows, np.float64)
        require_finite(rows, values.sum(axis=1))
        values *= 2.0**FEATURE_BITS
        return np.rint(values, out=values)

    def exact(self, rows: np.ndarray, mapping: Mapping) -> np.ndarray:
        """Return the kernel between samples and targets, (n, M) float64."""
        fixed = self._fixed_point(rows)
        norms = np.square(fixed).sum(axis=1)
        samples = self._compute.array(fixed)
        result = np.empty((len(rows), len(self._norms)))

        def compare(block: slice) -> None:
            squared = to_numpy(samples @ self._fixed[block].T)
            squared = norms[:, None] + self._norms[block] - 2 * squared
            squared *= self._scale * 4.0**-FEATURE_BITS
            np.exp(squared, out=result[:, block])

        in_blocks(mapping, compare, len(self._norms), ROWS64)
        return result

    def cover(self, rows: np.ndarray, mapping: Mapping) -> np.ndarray:
        """Return the largest kernel of each target with the samples, (M,) float64; 0 if there are none."""
        result = np.zeros(len(self._norms))
        for block in row_blocks(len(rows), COMPARED_ROWS):
            np.maximum(result, self.exact(rows[block], mapping).max(axis=0), out=result)
        return result

    def estimates(
        self, rows: np.ndarray, cover: np.ndarray, mapping: Mapping
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return estimates of the gains of samples, and of what they were without a cover: (n,) each.

        One product in float32 gives both.
        """
        cover, weights = (self._compute.array(values.astype(np.float32)) for values in (cover, self._weights))
        gains, coverless = np.empty(len(rows)), np.empty(len(rows))

        def compare(block: slice) -> None:
            samples = np.column_stack([self._features.take(rows[block]), np.ones(len(rows[block]))])
            samples = samples.astype(np.float32)
            norms = np.einsum("ij,ij->i", samples[:, :-1], samples[:, :-1])
            require_finite(rows[block], norms)
            terms = self._compute.array(samples) @ self._columns
            xp = array_namespace(terms)
            terms -= self._compute.array(norms)[:, None]
            terms *= -self._scale
            terms = xp.exp(xp.minimum(terms, 0 * terms[:1]))  # rounding may make −d² positive
            coverless[block] = to_numpy(terms @ weights) / len(weights)
            terms -= cover
            terms = xp.maximum(terms, 0 * terms[:1])
            terms *= weights
            gains[block] = to_numpy(xp.mean(terms, axis=1))

        in_blocks(mapping, compare, len(rows), PRODUCT_ROWS)
        return gains, coverless


class _LazyGreedy:
    """The gains known so far, in heaps of (−gain, position); positions are positions in ``pool``.

    ``_near`` has the samples whose kernel is kept, with the gain when it was last computed; ``_forgotten``
    those whose kernel was kept; ``_far`` all others, with estimates of the gain.
    """

    def __init__(self, kernel: _Kernel, weights: np.ndarray, cover: np.ndarray, pool: np.ndarray) -> None:
        self._kernel = kernel
        self._weights = weights
        self._cover = cover
        self._pool = pool
        self._near: list[tuple[float, int]] = []
        self._forgotten: list[tuple[float, int]] = []
        self._far = [(0.0, position) for position in range(len(pool))]
        self._kept: dict[int, np.ndarray] = {}
        self._turn = np.full(len(pool), -1)
        self._estimated_cover = cover
        self._error = 0.0
        self._compared = len(pool)

    def pick(self, budget: int, mapping: Mapping) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions of the picks, and their gains."""
        picks: list[int] = []
        gains: list[float] = []
        while len(picks) < budget:
            while self._compare_rivals(len(picks), mapping):
                pass
            gain, position = heapq.heappop(self._near)
            if self._turn[position] == len(picks):
                picks.append(position)
                gains.append(-gain)
                self._cover = np.maximum(self._cover, self._kept.pop(position))
            else:
                self._put([position], len(picks))
        return np.array(picks, dtype=np.int64), np.array(gains)

    def _compare_rivals(self, turn: int, mapping: Mapping) -> bool:
        """Compare the samples of the largest bounds, if one of them may have a larger gain than those near.

        Returns: whether there were any.
        """
        best = self._near[0] if self._near else (np.inf, 0)
        if self._forgotten and self._forgotten[0] < best:
            self._compare([position for _, position in _popped(self._forgotten)], turn, mapping)
            return True
        if not self._far or self._far[0][0] - ERROR_MARGIN * self._error > best[0]:
            return False
        if 2 * self._compared >= len(self._far):
            self._estimate_far(mapping)
        rivals = _popped(self._far)
        self._compared += len(rivals)
        self._compare([position for _, position in rivals], turn, mapping)
        estimates = -np.array([gain for gain, _ in rivals])
        exact = [self._gain(position, self._estimated_cover) for _, position in rivals]
        self._error = max(self._error, float(np.abs(exact - estimates).max()))
        return True

    def _estimate_far(self, mapping: Mapping) -> None:
        """Estimate the gains of all far samples: one product of half the cost of comparing them all."""
        positions = np.array(sorted(position for _, position in self._far))
        estimates, coverless = self._kernel.estimates(self._pool[positions], self._cover, mapping)
        self._error = max(self._error, self._kernel.rounding * float(coverless.max(initial=0)))
        self._far = list(zip((-estimates).tolist(), positions.tolist(), strict=True))
        heapq.heapify(self._far)
        self._estimated_cover = self._cover
        self._compared = 0

    def _compare(self, positions: list[int], turn: int, mapping: Mapping) -> None:
        """Compute and keep the kernel of samples; forget half of the others if there is no room."""
        if (len(self._kept) + len(positions)) * len(self._cover) > KEPT_ENTRIES:
            self._near.sort()
            kept = (len(self._near) + 1) // 2
            for forgotten in self._near[kept:]:
                del self._kept[forgotten[1]]
                heapq.heappush(self._forgotten, forgotten)
            self._near = self._near[:kept]
        kernel = self._kernel.exact(self._pool[positions], mapping).astype(np.float32)
        self._kept.update((position, row.copy()) for position, row in zip(positions, kernel, strict=True))
        self._put(positions, turn)

    def _put(self, positions: list[int], turn: int) -> None:
        """Compute the gains of samples whose kernel is kept, and put them on the heap."""
        gains = np.array([self._gain(position, self._cover) for position in positions])
        gains = rounded(gains, 1.0, GAIN_RESOLUTION)
        for gain, position in zip(gains.tolist(), positions, strict=True):
            heapq.heappush(self._near, (-gain, position))
            self._turn[position] = turn

    def _gain(self, position: int, cover: np.ndarray) -> float:
        added = self._kept[position] - cover
        np.maximum(added, 0, out=added)
        added *= self._weights
        return float(added.mean())


def _popped(heap: list[tuple[float, int]]) -> list[tuple[float, int]]:
    """Take the first COMPARED_ROWS of a heap."""
    return [heapq.heappop(heap) for _ in range(min(COMPARED_ROWS, len(heap)))]
