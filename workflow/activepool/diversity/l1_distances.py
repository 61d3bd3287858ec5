"""L1 distances between the probabilities of samples, computed only where they may be small.

The distance of two samples is 2 minus twice the part that their probabilities have in common: the sum over
the classes of the smaller probability.
"""

from collections.abc import Iterator

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, Compute, Mapping, in_blocks, row_blocks
from activepool.features.store import FeatureMatrix
from activepool.scores.probabilities import GRID

#: Probabilities to keep in float32 (0.1 GB), and in 16 bits (3.2 GB, more than those of ImageNet). Others are
#: computed when they are needed.
KEPT_ENTRIES, SHARED_ENTRIES = 2**25, 3 * 2**29

#: A probability of 1 in 16 bits, with room for probabilities that add up to more because they are rounded.
UNIT = 61440

#: Classes of each sample, those with its largest probabilities, that are kept for every sample.
LARGEST_CLASSES = 16

#: The share of a sample's probability that a bound may ignore, to read only its largest classes.
IGNORED_SHARE = 1 / 64

#: How many contiguous numbers can be read in the time that gathering one number takes.
GATHER_COST = 8

#: Samples whose distances are bounded in one task by their largest classes, and by shares.
BOUNDED_ROWS, SHARED_ROWS = 65536, 2048


def largest_probabilities(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the LARGEST_CLASSES largest of each row of (n, C) probabilities, in descending order.

    Returns: classes and probabilities, both (n, min(LARGEST_CLASSES, C)); ties go to the lower class.
    """
    remaining, rows = values.copy(), np.arange(len(values))
    classes = np.empty((len(values), min(LARGEST_CLASSES, values.shape[1])), dtype=np.int32)
    for number in range(classes.shape[1]):
        classes[:, number] = remaining.argmax(axis=1)
        remaining[rows, classes[:, number]] = -1
    return classes, values[rows[:, None], classes]


class L1Distances:
    """The distances between the probabilities of samples.

    Args:
        points: (N, C) probabilities on a grid, so that their distances are exact (see `probabilities`).
        rows: (n,) the rows of the samples.
        classes: (n, k) the classes of their largest probabilities, as `largest_probabilities` returns them.
        largest: (n, k) these probabilities.
        order: (n,) the samples, by how much their probabilities are needed, most first.
        compute: workers; no effect on the result.
    """

    def __init__(
        self,
        points: FeatureMatrix,
        rows: np.ndarray,
        classes: np.ndarray,
        largest: np.ndarray,
        order: np.ndarray,
        compute: Compute,
    ) -> None:
        self._points, self._rows = points, rows
        self._classes, self._largest = np.ascontiguousarray(classes.T), np.ascontiguousarray(largest.T)
        self._remainder = 1 - self._largest.sum(axis=0)
        kept_samples, shared_samples = (
            np.sort(order[: entries // points.shape[1]]) for entries in (KEPT_ENTRIES, SHARED_ENTRIES)
        )
        self._kept_place, self._shared_place = (
            _places(samples, len(rows)) for samples in (kept_samples, shared_samples)
        )
        self._kept_values = np.empty((len(kept_samples), points.shape[1]), dtype=np.float32)
        self._shares = np.empty((points.shape[1], len(shared_samples)), dtype=np.uint16)

        def keep(block: slice) -> None:
            self._kept_values[block] = points.take(rows[kept_samples[block]])

        def share(block: slice) -> None:
            self._shares[:, block] = _shares(self._values(shared_samples[block])).T

        for work, samples in ((keep, kept_samples), (share, shared_samples)):
            in_blocks(compute.map, work, len(samples), BLOCK_ROWS)
        # Probabilities are rounded, and may add up to more or less than 1; their sums are in float32.
        self._slack = (2 * points.shape[1] + 4 * LARGEST_CLASSES) / GRID

    def near(
        self, sample: int, limits: np.ndarray, mapping: Mapping
    ) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield samples with their distances to ``sample``: all that are nearer than their limit, and others.

        Args:
            sample: the number of a sample, from 0.
            limits: (n,) the distance of interest of each sample; NaN leaves a sample out.
            mapping: of the compute.
        """
        values = self._values(np.array([sample]))[0]
        shares = _LargestShares(values)

        def bound(block: slice) -> np.ndarray:
            return self._near_by_largest(values, shares, limits, block)

        def compare(block: slice) -> tuple[np.ndarray, np.ndarray]:
            samples = self._near_by_shares(shares, limits, near[block])
            differences = self._values(samples)
            differences -= values
            return samples, np.abs(differences, out=differences).sum(axis=1, dtype=np.float64)

        near = np.concatenate(list(mapping(bound, row_blocks(len(self._rows), BOUNDED_ROWS))))
        return mapping(compare, row_blocks(len(near), SHARED_ROWS))

    def _near_by_largest(
        self, values: np.ndarray, shares: "_LargestShares", limits: np.ndarray, block: slice
    ) -> np.ndarray:
        """Return the samples of a block that may be nearer than their limits, by their largest classes.

        All other classes count as one. Where the largest class by itself excludes few samples, and the sample
        has few classes, the decision is left to the shares, which are read faster.
        """
        least = 2 * np.abs(self._largest[0, block] - values[self._classes[0, block]])
        samples: np.ndarray = block.start + np.flatnonzero(least - self._slack < limits[block])
        is_flat = 4 * len(samples) > block.stop - block.start
        are_shared = self._shares.shape[1] == len(self._rows)
        if is_flat and len(self._classes) * GATHER_COST > len(shares.classes) and are_shared:
            return samples
        largest, values_there = self._largest[:, samples], values[self._classes[:, samples]]
        common = np.minimum(largest, values_there).sum(axis=0)
        common += np.minimum(self._remainder[samples], 1 - values_there.sum(axis=0))
        near: np.ndarray = samples[2 - 2 * common - self._slack < limits[samples]]
        return near

    def _near_by_shares(
        self, shares: "_LargestShares", limits: np.ndarray, samples: np.ndarray
    ) -> np.ndarray:
        """Return those of some samples, in ascending order, that may be nearer than their limits."""
        columns = self._shared_place[samples]
        is_shared = columns >= 0
        columns = columns[is_shared]
        if not len(columns):
            return samples
        first, end = columns[0], columns[-1] + 1
        if GATHER_COST * len(columns) > end - first:
            common = shares.common(self._shares[shares.classes, first:end])[columns - first]
        else:
            common = shares.common(self._shares[shares.classes[:, None], columns])
        least = np.zeros(len(samples))
        least[is_shared] = 2 - 2 * common
        near: np.ndarray = samples[least - self._slack < limits[samples]]
        return near

    def _values(self, samples: np.ndarray) -> np.ndarray:
        """Return the probabilities of samples, (m, C) float32."""
        places = self._kept_place[samples]
        is_kept = places >= 0
        values = np.empty((len(samples), self._points.shape[1]), dtype=np.float32)
        values[is_kept] = self._kept_values[places[is_kept]]
        if not is_kept.all():
            values[~is_kept] = self._points.take(self._rows[samples[~is_kept]])
        return values


class _LargestShares:
    """The shares of the largest classes of a sample, and the total probability of the other classes."""

    def __init__(self, values: np.ndarray) -> None:
        order = np.argsort(-values, kind="stable")
        remainders = values.sum(dtype=np.float64) - np.cumsum(values[order], dtype=np.float64)
        count = 1 + int(np.argmax(remainders <= IGNORED_SHARE))
        self.classes = np.sort(order[:count])
        self._shares = _shares(values[self.classes])[:, None]
        self._remainder = float(remainders[count - 1]) + count / UNIT  # shares are rounded down

    def common(self, columns: np.ndarray) -> np.ndarray:
        """Return bounds of what other samples have in common with it, (n,), by their shares of `classes`."""
        common: np.ndarray = np.minimum(columns, self._shares, out=columns).sum(axis=0, dtype=np.uint16)
        return common / UNIT + self._remainder


def _places(samples: np.ndarray, count: int) -> np.ndarray:
    """Return the place of each of ``count`` samples in ``samples``, -1 if it is not among them."""
    places = np.full(count, -1)
    places[samples] = np.arange(len(samples))
    return places


def _shares(probabilities: np.ndarray) -> np.ndarray:
    return (probabilities * np.float64(UNIT)).astype(np.uint16)
