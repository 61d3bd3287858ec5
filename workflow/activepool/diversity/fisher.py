"""Greedy choice of samples whose Fisher information covers that of the pool (BAIT, Ash et al. 2021).

A sample has the information vvᵀ. With M the information of the chosen samples and F that of the pool, the aim
is a small trace of M⁻¹F. Adding v lowers it by g / (1 + a), with a = vᵀM⁻¹v and g = vᵀGv, G = M⁻¹FM⁻¹;
removing v raises it by g / (1 − a). Either is a change of M of rank one, after which (Sherman and Morrison)

    M⁻¹ → M⁻¹ − uuᵀ/c,  G → G − (huᵀ + uhᵀ)/c + g uuᵀ/c²,  u = M⁻¹v,  h = Gv,  c = 1 + a, or a − 1 to remove.

So a and g of all samples follow from the products of their v with u and h. Two products for many samples that
may be next give these for all of them: the changes of rank one since then are taken off. Which may be next is
found by the same algorithm on a few hundred samples.

Everything is in float64.
"""

from dataclasses import dataclass, replace

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, ROWS64, Mapping, in_blocks, row_blocks
from activepool.features.store import FeatureMatrix

#: Samples that may be next, in one product with all others.
CANDIDATES = 64

#: Samples among which the candidates are chosen as if there were no others.
LIKELIEST = 512


@dataclass(frozen=True)
class BinaryInformation:
    """Samples with the Fisher information v vᵀ, v = scale × features.

    Attributes:
        features: (N, d).
        rows: (n,) the samples.
        scales: (n,) float64.
    """

    features: FeatureMatrix
    rows: np.ndarray
    scales: np.ndarray

    def __len__(self) -> int:
        return len(self.rows)

    def part(self, positions: np.ndarray) -> "BinaryInformation":
        """Return some of the samples."""
        return BinaryInformation(self.features, self.rows[positions], self.scales[positions])

    def scaled(self, share: float) -> "BinaryInformation":
        """Return a share of the information of each sample."""
        return replace(self, scales=self.scales * np.sqrt(share))

    def trace(self, start: np.ndarray, target: np.ndarray, mapping: Mapping) -> "BinaryTrace":
        """Return the trace of M⁻¹F, with M = ``start`` and F = ``target``, both (d, d).

        Memory: 4 × n × CANDIDATES and a few d × d float64, and some blocks.
        """
        return BinaryTrace(self, start, target, mapping)

    def vectors(self, samples: "np.ndarray | slice") -> np.ndarray:
        """Return v of some samples, (m, d) float64."""
        vectors: np.ndarray = self.features.take(self.rows[samples], np.float64)
        vectors *= self.scales[samples, None]
        return vectors

    def products(self, matrix: np.ndarray, samples: slice) -> np.ndarray:
        """Return the products of a matrix (k, d) with v of some samples, (k, m) float64."""
        products: np.ndarray = matrix @ self.features.take(self.rows[samples], np.float64).T
        products *= self.scales[samples]
        return products

    def total(self, mapping: Mapping) -> np.ndarray:
        """Return the sum of v vᵀ, (d, d) float64."""

        def add(block: slice) -> np.ndarray:
            vectors = self.vectors(block)
            product: np.ndarray = vectors.T @ vectors
            return product

        total = np.zeros((self.features.shape[1], self.features.shape[1]))
        for part in mapping(add, row_blocks(len(self), BLOCK_ROWS)):
            total += part
        return total


class BinaryTrace:
    """M⁻¹ and G, and the changes that they lack.

    Attributes:
        leverage, gain: (n,) a and g of each sample.
        remaining: (n,) whether a sample is neither added nor removed so far.
    """

    def __init__(
        self, samples: BinaryInformation, matrix: np.ndarray, target: np.ndarray, mapping: Mapping
    ) -> None:
        self.samples = samples
        self.leverage = np.empty(len(samples))
        self.gain = np.empty(len(samples))
        self.remaining = np.ones(len(samples), dtype=bool)
        self._matrix = matrix
        self._target = target
        self._mapping = mapping
        self._applied: dict[int, list[int]] = {1: [], -1: []}
        self.renew()

    @property
    def matrix(self) -> np.ndarray:
        """M: the array that it began with; the information of many samples is added to it at once, here."""
        for sign, applied in self._applied.items():
            if applied:
                self._matrix += sign * self.samples.part(np.array(applied)).total(self._mapping)
                applied.clear()
        return self._matrix

    def renew(self) -> None:
        """Recompute everything from M, without the rounding errors of the changes so far."""
        self._latest: _Changes | None = None
        self.inverse = np.linalg.inv(self.matrix)
        self.covered = self.inverse @ self._target @ self.inverse

        def measure(block: slice) -> None:
            vectors = self.samples.vectors(block)
            self.leverage[block] = np.einsum("nd,nd->n", vectors @ self.inverse, vectors)
            self.gain[block] = np.einsum("nd,nd->n", vectors @ self.covered, vectors)

        in_blocks(self._mapping, measure, len(self.samples), ROWS64)

    def changes(self, sign: int) -> np.ndarray:
        """Return by how much adding each sample (1) lowers the trace, or removing it (−1) raises it, (n,)."""
        return _trace_changes(self.gain, self.leverage, sign)

    def apply(self, sample: int, sign: int) -> None:
        """Add (1) or remove (−1) a sample: bring a and g of all samples up to date."""
        if self._latest is None or sample not in self._latest.place:
            if self._latest:
                self._latest.finish(self.inverse, self.covered)
            self._latest = self._changes_of(self.samples, self._next_samples(sample, sign))
        self._latest.apply(self.leverage, self.gain, sample, sign)
        self._applied[sign].append(sample)
        self.remaining[sample] = False

    def _changes_of(self, samples: BinaryInformation, candidates: np.ndarray) -> "_Changes":
        return _Changes(samples, candidates, self.inverse, self.covered, self._mapping)

    def _next_samples(self, sample: int, sign: int) -> np.ndarray:
        """Return a sample and those that would follow it if only the likeliest remained."""
        order = np.argsort(np.where(self.remaining, -sign * self.changes(sign), np.inf), kind="stable")
        likeliest = order[: min(LIKELIEST, np.count_nonzero(self.remaining))]
        likeliest = np.concatenate([[sample], likeliest[likeliest != sample]])
        leverage, gain = self.leverage[likeliest], self.gain[likeliest]
        changes = self._changes_of(self.samples.part(likeliest), np.arange(len(likeliest)))
        places = [0]
        remaining = np.ones(len(likeliest), dtype=bool)
        while len(places) < min(CANDIDATES, len(likeliest)):
            changes.apply(leverage, gain, places[-1], sign)
            remaining[places[-1]] = False
            changed = np.where(remaining, sign * _trace_changes(gain, leverage, sign), -np.inf)
            places.append(int(changed.argmax()))
        return likeliest[places]


def _trace_changes(gain: np.ndarray, leverage: np.ndarray, sign: int) -> np.ndarray:
    changes: np.ndarray = gain / (1 + sign * leverage)
    return changes


class _Changes:
    """Rank-one changes; the next change is that of one of a few candidates.

    Vectors have n + d entries: the products of all samples' v with u (or h), and u (or h) itself.
    """

    def __init__(
        self,
        samples: BinaryInformation,
        candidates: np.ndarray,
        inverse: np.ndarray,
        covered: np.ndarray,
        mapping: Mapping,
    ) -> None:
        self.place = {int(sample): place for place, sample in enumerate(candidates)}
        self._size = len(samples)
        vectors = samples.vectors(candidates).T
        sides = np.hstack([inverse @ vectors, covered @ vectors])
        products = np.empty((2 * len(candidates), self._size + len(sides)))
        products[:, self._size :] = sides.T

        def multiply(block: slice) -> None:
            products[:, block] = samples.products(sides.T, block)

        in_blocks(mapping, multiply, self._size, ROWS64)
        self._by_inverse, self._by_covered = products[: len(candidates)], products[len(candidates) :]
        self._steps: list[tuple[np.ndarray, np.ndarray, float, float]] = []

    def apply(self, leverage: np.ndarray, gain: np.ndarray, sample: int, sign: int) -> None:
        """Add (1) or remove (−1) a candidate: bring a and g of all samples, (n,) each, up to date."""
        place = self.place[sample]
        x, y = self._by_inverse[place].copy(), self._by_covered[place].copy()
        for u, h, c, g in self._steps:
            x -= u * (u[sample] / c)
            y -= h * (u[sample] / c) + u * (h[sample] / c - g * u[sample] / c**2)
        c, g = leverage[sample] + sign, float(gain[sample])
        products_u, products_h = x[: self._size], y[: self._size]
        leverage -= products_u**2 / c
        gain += products_u * (products_u * (g / c**2) - products_h * (2 / c))
        self._steps.append((x, y, c, g))

    def finish(self, inverse: np.ndarray, covered: np.ndarray) -> None:
        """Bring M⁻¹ and G up to date."""
        by_inverse, by_covered, *numbers = zip(*self._steps, strict=True)
        u, h = (np.array(sides)[:, self._size :] for sides in (by_inverse, by_covered))
        c, g = (np.array(values)[:, None] for values in numbers)
        cross = h.T @ (u / c)
        covered -= cross + cross.T
        covered += u.T @ (u * (g / c**2))
        inverse -= u.T @ (u / c)
