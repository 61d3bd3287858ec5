"""Greedy choice of samples that cover others by a Gaussian kernel (generalised coverage, Bae et al. 2024).

A target j is covered by max k(i, j) over the samples i chosen so far. The gain of a sample is what it adds to
the mean cover of the targets. Gains only fall as samples are chosen, so an old one is an upper bound, and a
sample is compared again only when its bound is the largest (lazy greedy, Minoux 1978).

A sample gains only by the targets that it covers better than all chosen ones: after m picks, by about one in
m + 1. As soon as there is room for all such pairs, only they are compared. Before, with few samples chosen,
the first bounds are estimates by a product in float32, brought up to date by the targets whose cover has
grown, again about one in m + 1.

Gains are rounded, so that no last bit of exp can decide.
"""

import heapq
from abc import ABC, abstractmethod
from itertools import pairwise

import numpy as np

from activepool.compute.blocks import ROWS64, Compute, Mapping, row_blocks
from activepool.compute.rounding import rounded
from activepool.diversity.gaussian_kernel import COMPARED_ROWS, GaussianKernel, Targets, UncoveredPairs
from activepool.features.store import FeatureMatrix
from activepool.scores.exact import ERROR_MARGIN

#: Gains, at most 1, are rounded to multiples of this.
GAIN_RESOLUTION = 2.0**-40

#: How much longer it takes to compare a sample with a target exactly than by an estimate.
COMPARISON_COST = 4

#: Entries of the kernel to keep, in float32: 1 GB.
KEPT_ENTRIES = 2**28


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

    Memory: M × d in float32 and float64, KEPT_ENTRIES of the kernel or KEPT_PAIRS, and some blocks.

    Raises InputError if a feature is NaN or infinite.
    """
    with compute.mapping() as mapping:
        kernel = GaussianKernel(features, targets, compute)
        cover = kernel.cover(chosen, mapping)
        dense = _DenseGreedy(kernel, targets.weights, cover, pool)
        picks, gains = dense.pick(budget, mapping)
        cover, uncovered = dense.cover, dense.uncovered
        del dense  # and the kernels that it keeps
        if uncovered:
            sparse = _SparseGreedy(kernel, targets.weights, cover, pool, uncovered, picks)
            sparse_picks, sparse_gains = sparse.pick(budget - len(picks), mapping)
            picks, gains = picks + sparse_picks, gains + sparse_gains
    return pool[picks], np.array(gains)


class _LazyGreedy(ABC):
    """A heap of the samples whose kernel is kept: (−gain when it was last computed, position in ``pool``)."""

    def __init__(
        self, kernel: GaussianKernel, weights: np.ndarray, cover: np.ndarray, pool: np.ndarray
    ) -> None:
        self.cover = cover
        self._kernel = kernel
        self._weights = weights
        self._pool = pool
        self._heap: list[tuple[float, int]] = []
        #: The targets of each kept kernel, and its values in float32.
        self._kernel_rows: dict[int, tuple[np.ndarray | slice, np.ndarray]] = {}
        self._turn = np.full(len(pool), -1)

    def pick(self, budget: int, mapping: Mapping) -> tuple[list[int], list[float]]:
        """Return the positions of up to ``budget`` picks, and their gains."""
        picks: list[int] = []
        gains: list[float] = []
        while len(picks) < budget:
            while self._compare_rivals(len(picks), mapping):
                pass
            if not self._heap:
                break
            gain, position = heapq.heappop(self._heap)
            if self._turn[position] == len(picks):
                picks.append(position)
                gains.append(-gain)
                targets, kernel = self._kernel_rows.pop(position)
                self.cover = self.cover.copy()
                self.cover[targets] = np.maximum(self.cover[targets], kernel)
            else:
                self._push([position], len(picks))
        return picks, gains

    @abstractmethod
    def _compare_rivals(self, turn: int, mapping: Mapping) -> bool:
        """Compare some samples that may gain more than the first of the heap; return False if none may."""

    def _push(self, positions: list[int], turn: int) -> None:
        """Compute the gains of samples whose kernel is kept, and push them onto the heap."""
        gains = np.array([self._gain(position, self.cover) for position in positions])
        gains = rounded(gains, 1.0, GAIN_RESOLUTION)
        for gain, position in zip(gains.tolist(), positions, strict=True):
            heapq.heappush(self._heap, (-gain, position))
            self._turn[position] = turn

    def _gain(self, position: int, cover: np.ndarray) -> float:
        """Return the sum of only the positive terms: its bits do not depend on which targets are kept."""
        targets, kernel = self._kernel_rows[position]
        added = kernel - cover[targets]
        positive = added > 0
        added *= self._weights[targets]
        return float(np.compress(positive, added).sum()) / len(cover)


class _DenseGreedy(_LazyGreedy):
    """Estimates the gains of all samples, and keeps kernels with all targets.

    ``_far`` has the samples that were never compared, by falling estimates of their gains; the heap
    ``_forgotten`` those whose kernel was kept, with the gain when it was last computed.
    """

    def __init__(
        self, kernel: GaussianKernel, weights: np.ndarray, cover: np.ndarray, pool: np.ndarray
    ) -> None:
        super().__init__(kernel, weights, cover, pool)
        #: The remaining pairs, as soon as there is room for them; then nothing more is picked here.
        self.uncovered: UncoveredPairs | None = None
        self._forgotten: list[tuple[float, int]] = []
        self._far = np.arange(len(pool))
        self._estimates = np.full(len(pool), np.inf)
        #: The cover with which the estimates were made.
        self._estimated_cover = np.zeros_like(cover)
        #: The largest error seen of an estimate, or the rounding of the largest gains that went into it.
        self._error = 0.0
        self._compared = 0

    def _compare_rivals(self, turn: int, mapping: Mapping) -> bool:
        best = self._heap[0] if self._heap else (np.inf, 0)
        if self._forgotten and self._forgotten[0] < best:
            self._compare([position for _, position in _pop_block(self._forgotten)], turn, mapping)
            return True
        if len(self._far) == 0 or self._estimates[0] + ERROR_MARGIN * self._error < -best[0]:
            return False
        if self._estimates_are_due():
            self.uncovered = self._kernel.uncovered(self._pool, self.cover, mapping)
            if self.uncovered:
                self._heap = []
                return False
            self._estimate_far(mapping)
            return True
        rivals, estimates = self._far[:COMPARED_ROWS], self._estimates[:COMPARED_ROWS]
        self._far, self._estimates = self._far[COMPARED_ROWS:], self._estimates[COMPARED_ROWS:]
        self._compared += len(rivals)
        self._compare(rivals.tolist(), turn, mapping)
        exact = np.array([self._gain(position, self._estimated_cover) for position in rivals.tolist()])
        self._error = max(self._error, float(np.abs(exact - estimates).max()))
        return True

    def _estimates_are_due(self) -> bool:
        """Whether new estimates cost less than what was compared since the last ones."""
        changed = np.count_nonzero(self.cover > self._estimated_cover)
        compared = COMPARISON_COST * self._compared * len(self.cover)
        return bool(np.isinf(self._estimates[0]) or 0 < changed * len(self._far) <= compared)

    def _estimate_far(self, mapping: Mapping) -> None:
        """Estimate the gains of all far samples; after the first time, only the targets whose cover grew."""
        is_first = np.isinf(self._estimates[0])
        targets = np.flatnonzero(is_first | (self.cover > self._estimated_cover))
        rows, covers = self._pool[self._far], (self._estimated_cover, self.cover)
        before, after = self._kernel.estimated_gains(rows, targets, covers, mapping).T
        self._error += self._kernel.rounding * float(before.max())
        gains = after if is_first else self._estimates - (before - after)
        order = np.lexsort((self._far, -gains))
        self._far, self._estimates = self._far[order], gains[order]
        self._estimated_cover = self.cover
        self._compared = 0

    def _compare(self, positions: list[int], turn: int, mapping: Mapping) -> None:
        """Compute and keep the kernel of samples; forget half of the kept ones if there is no room."""
        if (len(self._kernel_rows) + len(positions)) * len(self.cover) > KEPT_ENTRIES:
            self._heap.sort()
            kept_count = (len(self._heap) + 1) // 2
            for entry in self._heap[kept_count:]:
                del self._kernel_rows[entry[1]]
                heapq.heappush(self._forgotten, entry)
            self._heap = self._heap[:kept_count]
        kernel = self._kernel.exact(self._pool[positions], mapping).astype(np.float32)
        for position, row in zip(positions, kernel, strict=True):
            self._kernel_rows[position] = slice(None), row.copy()
        self._push(positions, turn)


class _SparseGreedy(_LazyGreedy):
    """Compares only uncovered pairs.

    A second heap, ``_far``, has the samples without a kept kernel, with upper bounds of the gain.
    """

    def __init__(
        self,
        kernel: GaussianKernel,
        weights: np.ndarray,
        cover: np.ndarray,
        pool: np.ndarray,
        uncovered: UncoveredPairs,
        picks: list[int],
    ) -> None:
        super().__init__(kernel, weights, cover, pool)
        self._uncovered = uncovered
        self._far: list[tuple[float, int]] = []
        remaining = np.setdiff1d(np.arange(len(pool)), picks)
        for block in row_blocks(len(remaining), ROWS64):
            self._far += self._bounds(remaining[block])
        heapq.heapify(self._far)

    def _bounds(self, positions: np.ndarray) -> list[tuple[float, int]]:
        bounds = self._uncovered.gains(positions, self.cover, self._weights) + GAIN_RESOLUTION
        return list(zip((-bounds).tolist(), positions.tolist(), strict=True))

    def _compare_rivals(self, turn: int, mapping: Mapping) -> bool:
        best = self._heap[0][0] if self._heap else np.inf
        if not self._far or self._far[0][0] > best:
            return False
        rivals = []
        for bound in self._bounds(np.array([position for _, position in _pop_block(self._far)])):
            if bound[0] > best:
                heapq.heappush(self._far, bound)
            else:
                rivals.append(bound[1])
        self._compare(rivals, turn, mapping)
        return True

    def _compare(self, positions: list[int], turn: int, mapping: Mapping) -> None:
        """Compute and keep the kernel of samples with their uncovered targets."""
        pairs, owners = self._uncovered.pairs(np.array(positions, dtype=np.int64))
        targets, columns = np.unique(self._uncovered.targets[pairs], return_inverse=True)
        kernels = self._kernel.exact(self._pool[positions], mapping, targets).astype(np.float32)
        kernel = kernels[owners, columns]
        ends = np.searchsorted(owners, np.arange(len(positions) + 1))
        for position, (start, end) in zip(positions, pairwise(ends), strict=True):
            self._kernel_rows[position] = targets[columns[start:end]], kernel[start:end]
        self._push(positions, turn)


def _pop_block(heap: list[tuple[float, int]]) -> list[tuple[float, int]]:
    """Pop the first COMPARED_ROWS of a heap."""
    return [heapq.heappop(heap) for _ in range(min(COMPARED_ROWS, len(heap)))]
