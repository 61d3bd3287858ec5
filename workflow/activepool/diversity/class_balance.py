"""Balances the classes of the labelled set by distances to class means (Aggarwal et al. 2020)."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, Mapping, in_blocks, row_blocks
from activepool.features.store import FeatureMatrix, require_finite
from activepool.scores.nearest import NearestPerClass

#: Squared distances below this part of the squared norms are rounding errors.
DISTANCE_ROUNDING = 1e-13

#: Which majority class's mean a sample should be far from.
Majority = Literal["nearest", "farthest"]

#: Number of listed samples that are compared with the majority's means at once.
CHUNK_ROWS = 32


@dataclass(frozen=True)
class ClassMeans:
    """The mean feature of each class over its labelled samples.

    Attributes:
        values: (C, d) float64; zeros for a class without labelled samples.
        has_mean: (C,) whether the class has a labelled sample.
        majority: which of the majority classes counts in `ratios`.
    """

    values: np.ndarray
    has_mean: np.ndarray
    majority: Majority = "nearest"

    @classmethod
    def from_labelled(
        cls,
        features: FeatureMatrix,
        rows: np.ndarray,
        labels: np.ndarray,
        num_classes: int,
        majority: Majority = "nearest",
    ) -> "ClassMeans":
        """Return the means over ``rows`` with these labels."""
        values = np.zeros((num_classes, features.shape[1]))
        has_mean = np.bincount(labels, minlength=num_classes) > 0
        for label in np.flatnonzero(has_mean):
            values[label] = features.take(rows[labels == label], np.float64).mean(axis=0)
        return cls(values, has_mean, majority)

    def with_sample(self, sample: np.ndarray, label: int, count: int) -> "ClassMeans":
        """Return the means after a sample (d,) has joined the ``count`` samples of its class."""
        values, has_mean = self.values.copy(), self.has_mean.copy()
        values[label] += (sample - values[label]) / (count + 1)
        has_mean[label] = True
        return replace(self, values=values, has_mean=has_mean)

    def ratios(self, samples: np.ndarray, majority: np.ndarray) -> np.ndarray:
        """Return the distance of samples (n, d) float64 to each class relative to the majority classes.

        This is the squared distance to the mean of the class over that to the nearest (or farthest) mean of
        the classes in the mask ``majority``; a missing mean counts as distance 1. Returns (n, C), rounded to
        float32 so that equal samples have equal ratios.
        """
        squared = self.squared(samples)
        divisor = self.majority_distance(squared[:, majority & self.has_mean])
        return _quotients(squared, divisor[:, np.newaxis])

    def squared(self, samples: np.ndarray, classes: slice | np.ndarray = slice(None)) -> np.ndarray:
        """Return squared distances (n, k) of samples (n, d) float64 to the means of some classes."""
        values = self.values[classes]
        norms = np.square(samples).sum(axis=1, keepdims=True) + np.square(values).sum(axis=1)
        squared = norms - 2 * (samples @ values.T)
        squared[squared < DISTANCE_ROUNDING * norms] = 0  # the sample equals the mean
        return np.where(self.has_mean[classes], squared, 1)

    def majority_distance(self, squared: np.ndarray) -> np.ndarray:
        """Return which of the distances (n, k) to majority classes counts; 1 if there is no such class."""
        if not squared.shape[1]:
            return np.ones(len(squared))
        distances: np.ndarray = squared.min(axis=1) if self.majority == "nearest" else squared.max(axis=1)
        return distances


@dataclass(frozen=True)
class _Listing:
    """For each class, the samples with the smallest ratios for a mask of majority classes.

    Attributes:
        rows: (C, length), -1 where a class has fewer.
        ratios: (C, length), ascending.
        majority: (C,).
    """

    rows: np.ndarray
    ratios: np.ndarray
    majority: np.ndarray


class NearestToClass:
    """The pool with fixed class means: lists each class's smallest ratios in a pass, then takes from them.

    The lists hold as long as ratios can only rise, so that no unlisted sample can overtake a listed one: no
    class has left the majority or, with the distance to the farthest, none has joined it. Memory: about 100
    bytes × C × length.

    Attributes:
        available: (N,) whether a row is in the pool and not taken.
    """

    def __init__(self, features: FeatureMatrix, pool: np.ndarray, means: ClassMeans, length: int) -> None:
        self.available = np.zeros(features.shape[0], dtype=bool)
        self.available[pool] = True
        self._features = features
        self._means = means
        self._length = length
        self._listing: _Listing | None = None

    def take(self, row: int, label: int) -> None:
        """Take a row, which counts for class ``label``, out of the pool."""
        self.available[row] = False

    def nearest(self, label: int, majority: np.ndarray, mapping: Mapping) -> int:
        """Return the row of the pool with the smallest ratio to class ``label``; ties by the lower row."""
        listing = self._listing
        if listing is None or not self._holds(listing, majority):
            listing = self._list(majority, mapping)
        while (row := self._nearest_listed(listing, label, majority)) is None:
            if np.array_equal(majority, listing.majority):
                self._length *= 2
            listing = self._list(majority, mapping)
        return row

    def _nearest_listed(self, listing: _Listing, label: int, majority: np.ndarray) -> int | None:
        """Return the nearest row of the list, or None if an unlisted row may be nearer."""
        listed = listing.rows[label]
        available = self.available[listed] & (listed >= 0)
        rows, lower_bounds = listed[available], listing.ratios[label][available]
        best = (np.inf, len(self.available))
        for chunk in row_blocks(len(rows), CHUNK_ROWS):
            ratios = self._means.ratios(self._features.take(rows[chunk], np.float64), majority)[:, label]
            best = min([*zip(ratios.tolist(), rows[chunk].tolist(), strict=True), best])
            next_bound = lower_bounds[chunk.stop] if chunk.stop < len(rows) else listing.ratios[label, -1]
            if best[0] < next_bound:
                return best[1]
        return best[1] if len(rows) and np.array_equal(majority, listing.majority) else None

    def _holds(self, listing: _Listing, majority: np.ndarray) -> bool:
        listed, current = listing.majority & self._means.has_mean, majority & self._means.has_mean
        lowers = listed & ~current if self._means.majority == "nearest" else current & ~listed
        return bool(listed.any() == current.any() and not lowers.any())

    def _list(self, majority: np.ndarray, mapping: Mapping) -> _Listing:
        pool = np.flatnonzero(self.available)
        nearest = NearestPerClass(len(self._means.has_mean), min(self._length, len(pool)))

        def offer(block: slice) -> None:
            samples = self._features.take(pool[block], np.float64)
            require_finite(pool[block], samples.sum(axis=1))
            nearest.offer(self._means.ratios(samples, majority), pool[block])

        in_blocks(mapping, offer, len(pool), BLOCK_ROWS)
        self._listing = _Listing(*nearest.lists(), majority)
        return self._listing


class NearestToMovingClass:
    """The pool with class means that each taken row moves: a pass over the pool for each row."""

    def __init__(
        self, features: FeatureMatrix, pool: np.ndarray, means: ClassMeans, counts: np.ndarray
    ) -> None:
        self.available = np.zeros(features.shape[0], dtype=bool)
        self.available[pool] = True
        self._features = features
        self._pool = pool
        self._means = means
        self._counts = counts.copy()
        self._majority: np.ndarray | None = None
        self._divisor = np.ones(len(pool))

    def take(self, row: int, label: int) -> None:
        """Take a row out of the pool and add it to the mean of its class."""
        self.available[row] = False
        sample = self._features.take(np.array([row]), np.float64)[0]
        self._means = self._means.with_sample(sample, label, int(self._counts[label]))
        self._counts[label] += 1
        if self._majority is not None and self._majority[label]:
            self._majority = None  # its distances have changed

    def nearest(self, label: int, majority: np.ndarray, mapping: Mapping) -> int:
        """Return the row of the pool with the smallest ratio to class ``label``; ties by the lower row."""
        divisor_holds = self._majority is not None and np.array_equal(majority, self._majority)
        self._majority = majority

        def best_of(block: slice) -> tuple[float, int]:
            rows = self._pool[block]
            samples = self._features.take(rows, np.float64)
            squared = self._means.squared(samples, np.array([label]))[:, 0]
            require_finite(rows, squared)
            if not divisor_holds:
                majority_squared = self._means.squared(
                    samples, np.flatnonzero(majority & self._means.has_mean)
                )
                self._divisor[block] = self._means.majority_distance(majority_squared)
            ratios = _quotients(squared, self._divisor[block])
            ratios[~self.available[rows]] = np.inf
            best = int(ratios.argmin())
            return float(ratios[best]), int(rows[best])

        return min(mapping(best_of, row_blocks(len(self._pool), BLOCK_ROWS)))[1]


#: The pool, from which rows are taken one by one.
Candidates = NearestToClass | NearestToMovingClass


def _quotients(squared: np.ndarray, divisor: np.ndarray) -> np.ndarray:
    """Return squared / divisor in float32; infinity where the divisor is 0."""
    ratios = np.full(squared.shape, np.inf)
    np.divide(squared, divisor, out=ratios, where=divisor > 0)
    return ratios.astype(np.float32)


def majority_classes(counts: np.ndarray) -> np.ndarray:
    """Return a mask of the classes with more than the mean count, (C,)."""
    majority: np.ndarray = counts > counts.mean()
    return majority


def labels_missing(counts: np.ndarray) -> float:
    """Return how many labels would raise all minority classes to the average majority class."""
    majority = majority_classes(counts)
    if not majority.any():
        return 0.0
    return float((~majority).sum() * (counts[majority].mean() - counts[~majority].mean()))


def balanced_picks(
    candidates: Candidates,
    counts: np.ndarray,
    budget: int,
    remaining_budget: int,
    label_of: Callable[[int], int],
    generator: np.random.Generator,
    mapping: Mapping,
) -> np.ndarray:
    """Pick at random while the remaining budget can still balance the classes; otherwise pick for balance.

    Args:
        candidates: the pool; at least ``budget`` samples.
        counts: (C,) labelled samples of each class.
        budget: how many to pick.
        remaining_budget: the picks that are left to balance the classes, at least ``budget``.
        label_of: returns the class that a picked row counts for.

    Returns: rows in pick order, (budget,).
    """
    counts = counts.copy()
    shuffled = iter(generator.permutation(np.flatnonzero(candidates.available)).tolist())
    picks: list[int] = []
    while len(picks) < budget:
        if labels_missing(counts) < remaining_budget - len(picks):
            pick = next(row for row in shuffled if candidates.available[row])
        else:
            pick = candidates.nearest(int(counts.argmin()), majority_classes(counts), mapping)
        label = label_of(pick)
        candidates.take(pick, label)
        counts[label] += 1
        picks.append(pick)
    return np.array(picks, dtype=np.int64)
