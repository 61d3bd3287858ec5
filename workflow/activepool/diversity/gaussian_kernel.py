"""The Gaussian kernel exp(−(‖x − y‖/σ)²) between samples and the targets to cover.

`GaussianKernel.exact` has the same bits with any BLAS kernel: features of length 1 are rounded to whole
multiples of 2⁻²⁵, so that a product in float64 is exact. `estimated_gains` and `uncovered` take one product
in float32.
"""

from dataclasses import dataclass

import numpy as np

from activepool.compute.arrays import FloatArray, IntArray
from activepool.compute.blocks import (
    ROWS64,
    Compute,
    Mapping,
    array_namespace,
    in_blocks,
    row_blocks,
    to_numpy,
)
from activepool.compute.rows import ranks_in_groups
from activepool.features.store import FeatureMatrix, require_finite

#: Bits of a fixed-point feature. Inner products have at most 50 bits, squared distances 52.
FEATURE_BITS = 25

#: Samples in a float32 product, and samples compared exactly at once.
PRODUCT_ROWS, COMPARED_ROWS = 512, 128

#: Targets in a float32 product whose entries are worked on several times.
TILE_TARGETS = 512

#: Samples from which the number of uncovered pairs is estimated.
SAMPLED_ROWS = 1024

#: Pairs of a sample and a target to keep: 1 GB.
KEPT_PAIRS = 2**27

#: More than the largest squared distance between samples of length 1.
FAR = 5.0

#: Kernels below this are 0 in float32.
NO_KERNEL = 2.0**-150


@dataclass(frozen=True)
class Targets:
    """The samples to cover.

    Attributes:
        rows: (M,) rows of the features.
        weights: (M,) what covering each is worth, from 0 to 1.
        bandwidth: σ of the kernel.
    """

    rows: np.ndarray
    weights: np.ndarray
    bandwidth: float


@dataclass(frozen=True)
class UncoveredPairs:
    """The pairs of a sample and a target in which the kernel may exceed the target's cover.

    Attributes:
        starts: (n + 1,) the first pair of each sample; the last entry is P.
        targets: (P or more,) the target of each pair, ascending for each sample.
        kernels: (P or more,) upper bounds of the kernels.
    """

    starts: IntArray
    targets: IntArray
    kernels: FloatArray

    def pairs(self, samples: IntArray) -> tuple[IntArray, IntArray]:
        """Return the pairs of some samples, and for each of these pairs the position of its sample."""
        starts = self.starts[samples]
        counts = self.starts[samples + 1] - starts
        owners = np.repeat(np.arange(len(samples)), counts)
        return starts[owners] + ranks_in_groups(counts), owners

    def gains(self, samples: IntArray, cover: FloatArray, weights: FloatArray) -> FloatArray:
        """Return upper bounds of the gains of some samples with a cover that is no smaller than it was."""
        pairs, owners = self.pairs(samples)
        targets = self.targets[pairs]
        added = np.maximum(self.kernels[pairs] - cover[targets], 0) * weights[targets]
        return np.bincount(owners, added, minlength=len(samples)) / len(weights)


class GaussianKernel:
    """The kernel between samples and all targets."""

    def __init__(self, features: FeatureMatrix, targets: Targets, compute: Compute) -> None:
        self._features = features
        self._weights = targets.weights
        self._compute = compute
        self._squared_bandwidth = targets.bandwidth**2
        #: The relative error of a kernel by float32: squared distances are wrong by about 2⁻²⁴.
        self.rounding = 2.0**-24 * (1 + 1 / self._squared_bandwidth)
        self._fixed = self._fixed_point(targets.rows)
        self._norms = np.square(self._fixed).sum(axis=1)
        values = (self._fixed * 2.0**-FEATURE_BITS).astype(np.float32)
        self._columns = np.column_stack([2 * values, -np.einsum("ij,ij->i", values, values)]).T
        self._fixed = compute.array(self._fixed)

    def _fixed_point(self, rows: np.ndarray) -> np.ndarray:
        values = self._features.take(rows, np.float64)
        require_finite(rows, values.sum(axis=1))
        values *= 2.0**FEATURE_BITS
        return np.rint(values, out=values)

    def exact(self, rows: np.ndarray, mapping: Mapping, targets: np.ndarray | None = None) -> np.ndarray:
        """Return the kernel between samples and targets, (n, M) float64; by default with all targets."""
        fixed = self._fixed_point(rows)
        norms = np.square(fixed).sum(axis=1)
        samples = self._compute.array(fixed)
        fixed, target_norms = self._fixed, self._norms
        if targets is not None:
            fixed, target_norms = self._fixed[self._compute.array(targets)], self._norms[targets]
        result = np.empty((len(rows), len(target_norms)))

        def compare(block: slice) -> None:
            squared = to_numpy(samples @ fixed[block].T)
            squared = norms[:, None] + target_norms[block] - 2 * squared
            squared *= -(4.0**-FEATURE_BITS) / self._squared_bandwidth
            np.exp(squared, out=result[:, block])

        in_blocks(mapping, compare, len(target_norms), ROWS64)
        return result

    def cover(self, rows: np.ndarray, mapping: Mapping) -> np.ndarray:
        """Return the largest kernel of each target with the samples, (M,) float64; 0 if there are none."""
        result = np.zeros(len(self._norms))
        for block in row_blocks(len(rows), COMPARED_ROWS):
            np.maximum(result, self.exact(rows[block], mapping).max(axis=0), out=result)
        return result

    def uncovered(self, rows: np.ndarray, cover: np.ndarray, mapping: Mapping) -> UncoveredPairs | None:
        """Return the pairs of samples and targets in which the kernel may exceed the cover.

        None if there are more than KEPT_PAIRS: of n samples, about one in m + 1 exceeds what m others cover.

        A squared distance is wrong by at most ``error``: a float32 sum of k terms, in any order, is wrong by
        at most k · 2⁻²⁴ of the sum of their magnitudes.
        """
        covered = np.minimum(-np.log(np.maximum(cover, NO_KERNEL)) * self._squared_bandwidth, FAR)
        error = (len(self._columns) + 8) * 2.0**-24 * (6 + FAR)
        columns = self._columns.copy()
        columns[-1] += covered
        columns = self._compute.array(columns)

        def compare(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
            samples, norms = self._samples(rows)
            nearer = self._compute.array(samples) @ columns
            xp = array_namespace(nearer)
            nearer -= self._compute.array(norms)[:, None]
            nearer = xp.reshape(nearer, (-1,))
            entries = xp.nonzero(nearer > -error)[0]
            owners, targets = np.divmod(to_numpy(entries), len(cover))
            squared = covered[targets] - to_numpy(nearer[entries]) - error
            kernels = np.exp(-np.maximum(squared, 0) / self._squared_bandwidth) * (1 + 2.0**-20)
            counts = np.bincount(owners, minlength=len(samples))
            return counts, targets.astype(np.int32), kernels.astype(np.float32)

        sampled_rows = rows[:: 1 + len(rows) // SAMPLED_ROWS]
        pair_counts = mapping(
            lambda block: len(compare(sampled_rows[block])[1]), row_blocks(len(sampled_rows), PRODUCT_ROWS)
        )
        if sum(pair_counts) * len(rows) > KEPT_PAIRS * len(sampled_rows):
            return None
        blocks, size = row_blocks(len(rows), PRODUCT_ROWS), min(KEPT_PAIRS, len(rows) * len(cover))
        pairs = UncoveredPairs(
            np.zeros(len(rows) + 1, np.int64), np.empty(size, np.int32), np.empty(size, np.float32)
        )
        start = 0
        parts = mapping(lambda block: compare(rows[block]), blocks)
        for block, (counts, targets, kernels) in zip(blocks, parts, strict=True):
            end = start + len(targets)
            if end > size:
                return None
            pairs.targets[start:end], pairs.kernels[start:end] = targets, kernels
            pairs.starts[block.start + 1 : block.stop + 1] = start + counts.cumsum()
            start = end
        return pairs

    def estimated_gains(
        self, rows: np.ndarray, targets: np.ndarray, covers: tuple[np.ndarray, np.ndarray], mapping: Mapping
    ) -> np.ndarray:
        """Return estimates of what samples gain by some targets, with each of two covers: (n, 2).

        The second cover of all targets is at least the first. Everything but the product stays in the cache.
        """
        first, second = covers
        steps = self._compute.array(np.stack([first, second - first])[:, targets].astype(np.float32))
        weights = self._compute.array(self._weights[targets].astype(np.float32))
        columns = self._compute.array(self._columns[:, targets])
        scale = np.float32(1 / self._squared_bandwidth)
        gains = np.zeros((len(rows), 2))

        def compare(block: slice) -> None:
            samples, norms = self._samples(rows[block])
            samples = self._compute.array(samples * scale)
            norms = self._compute.array(norms * scale)[:, None]
            xp = array_namespace(samples)
            added = xp.zeros_like(norms)[:, [0, 0]]
            for tile in row_blocks(len(targets), TILE_TARGETS):
                kernel = samples @ columns[:, tile]
                kernel -= norms
                kernel = xp.exp(kernel)
                for cover, step in enumerate(steps):
                    kernel -= step[tile]
                    kernel = xp.maximum(kernel, 0 * kernel[:1])
                    added[:, cover] += kernel @ weights[tile]
            gains[block] = to_numpy(added)

        in_blocks(mapping, compare, len(rows), PRODUCT_ROWS)
        return gains / len(self._weights)

    def _samples(self, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return float32 samples, (n, d + 1), with a last column of ones, and their squared norms."""
        samples = np.column_stack([self._features.take(rows), np.ones(len(rows))]).astype(np.float32)
        norms = np.einsum("ij,ij->i", samples[:, :-1], samples[:, :-1])
        require_finite(rows, norms)
        return samples, norms
