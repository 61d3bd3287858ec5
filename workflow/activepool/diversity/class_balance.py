"""Balancing the classes of the labelled set, by nearness to their means (Aggarwal et al. 2020)."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, Mapping, row_blocks
from activepool.features.store import FeatureMatrix
from activepool.scores.nearest import NearestPerClass

#: Squared distances below this part of the squared norms are rounding errors.
EQUAL = 1e-13

#: Listed samples that are compared with the majority's means at once.
LISTED_AT_ONCE = 32


@dataclass(frozen=True)
class ClassMeans:
    """The mean feature of each class, over its labelled samples.

    Attributes:
        values: (C, d) float64; zeros where the class has none.
        known: (C,) whether the class has a labelled sample.
    """

    values: np.ndarray
    known: np.ndarray

    @classmethod
    def of(
        cls, features: FeatureMatrix, rows: np.ndarray, labels: np.ndarray, num_classes: int
    ) -> "ClassMeans":
        """Return the means over ``rows``, which have these labels."""
        values = np.zeros((num_classes, features.shape[1]))
        known = np.bincount(labels, minlength=num_classes) > 0
        for label in np.flatnonzero(known):
            values[label] = features.take(rows[labels == label], np.float64).mean(axis=0)
        return cls(values, known)

    def ratios(self, samples: np.ndarray, majority: np.ndarray) -> np.ndarray:
        """Return how near samples (n, d) float64 are to each class, and how far from the majority's.

        The squared distance to the mean of the class over that to the nearest mean of the classes in the
        mask ``majority``; where there is no mean, 1 stands for the distance. Returns (n, C), rounded to
        float32, so that equal samples have equal ratios.
        """
        norms = np.square(samples).sum(axis=1, keepdims=True) + np.square(self.values).sum(axis=1)
        squared = norms - 2 * (samples @ self.values.T)
        squared[squared < EQUAL * norms] = 0  # a sample that is the mean, but for rounding errors
        squared = np.where(self.known, squared, 1)
        measured = majority & self.known
        nearest = squared[:, measured].min(axis=1, keepdims=True) if measured.any() else np.ones((1, 1))
        ratios = np.full(squared.shape, np.inf)
        return np.divide(squared, nearest, out=ratios, where=nearest > 0).astype(np.float32)


class NearestToClass:
    """For each class, the samples with the smallest ratios: listed in a pass over the pool, then taken.

    The lists hold as long as no class leaves the majority: one that joins it can only raise ratios, so
    that nothing overtakes what is listed but by being there. Memory: about 100 bytes × C × length.
    """

    def __init__(self, features: FeatureMatrix, pool: np.ndarray, means: ClassMeans, length: int) -> None:
        self.left = np.zeros(features.shape[0], dtype=bool)
        self.left[pool] = True
        self._features = features
        self._means = means
        self._length = length
        self._majority: np.ndarray | None = None

    def remove(self, row: int) -> None:
        """Take a row out of the pool."""
        self.left[row] = False

    def nearest(self, label: int, majority: np.ndarray, mapping: Mapping) -> int:
        """Return the row of the pool with the smallest ratio to class ``label``; ties by the lower row."""
        if self._majority is None or not self._holds_for(majority):
            self._list(majority, mapping)
        while (row := self._nearest_listed(label, majority)) is None:
            if np.array_equal(majority, self._majority):
                self._length *= 2
            self._list(majority, mapping)
        return row

    def _nearest_listed(self, label: int, majority: np.ndarray) -> int | None:
        """Return the nearest row of the list, or None if one that is not listed may be nearer."""
        left = self.left[self._rows[label]] & (self._rows[label] >= 0)
        rows, at_least = self._rows[label][left], self._ratios[label][left]
        best = (np.inf, len(self.left))
        for chunk in row_blocks(len(rows), LISTED_AT_ONCE):
            ratios = self._means.ratios(self._features.take(rows[chunk], np.float64), majority)[:, label]
            best = min([*zip(ratios.tolist(), rows[chunk].tolist(), strict=True), best])
            following = at_least[chunk.stop] if chunk.stop < len(rows) else self._ratios[label, -1]
            if best[0] < following:
                return best[1]
        return best[1] if len(rows) and np.array_equal(majority, self._majority) else None

    def _holds_for(self, majority: np.ndarray) -> bool:
        listed, now = self._majority & self._means.known, majority & self._means.known
        return listed.any() == now.any() and not (listed & ~now).any()

    def _list(self, majority: np.ndarray, mapping: Mapping) -> None:
        pool = np.flatnonzero(self.left)
        nearest = NearestPerClass(len(self._means.known), min(self._length, len(pool)))

        def offer(block: slice) -> None:
            samples = self._features.take(pool[block], np.float64)
            nearest.offer(self._means.ratios(samples, majority), pool[block])

        for _ in mapping(offer, row_blocks(len(pool), BLOCK_ROWS)):
            pass
        self._rows, self._ratios = nearest.lists()
        self._majority = majority


def majority_classes(counts: np.ndarray) -> np.ndarray:
    """Return a mask of the classes with more than the mean count, (C,)."""
    return counts > counts.mean()


def labels_missing(counts: np.ndarray) -> float:
    """Return how many labels would lift all minority classes to the average majority class."""
    majority = majority_classes(counts)
    if not majority.any():
        return 0.0
    return float((~majority).sum() * (counts[majority].mean() - counts[~majority].mean()))


def balanced_picks(
    candidates: NearestToClass,
    counts: np.ndarray,
    budget: int,
    remaining_budget: int,
    predict: Callable[[int], int],
    generator: np.random.Generator,
    mapping: Mapping,
) -> np.ndarray:
    """Pick at random as long as the budget left can still balance the classes, and else for balance.

    Args:
        candidates: the pool; not fewer than ``budget``.
        counts: (C,) labelled samples of each class.
        budget: how many to pick.
        remaining_budget: picks of this and all later rounds together.
        predict: the class of a row, as one of which a pick counts.
        generator: the source of randomness.
        mapping: of the compute.

    Returns: rows in pick order, (budget,).
    """
    counts = counts.copy()
    shuffled = iter(generator.permutation(np.flatnonzero(candidates.left)).tolist())
    picks: list[int] = []
    while len(picks) < budget:
        if labels_missing(counts) < remaining_budget - len(picks):
            pick = next(row for row in shuffled if candidates.left[row])
        else:
            pick = candidates.nearest(int(counts.argmin()), majority_classes(counts), mapping)
        candidates.remove(pick)
        counts[predict(pick)] += 1
        picks.append(pick)
    return np.array(picks, dtype=np.int64)
