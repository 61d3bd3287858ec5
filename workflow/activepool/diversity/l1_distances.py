"""L1 distances between the probabilities of samples, computed only where they may be small.

The distance of two samples is 2 less twice the part that their probabilities have in common: the sum of the
smaller one of each class.
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
WHOLE = 61440

#: Classes whose probabilities are known of every sample.
KNOWN_CLASSES = 16

#: The share of a sample's probability that a bound may ignore, to read only its largest classes.
IGNORED_SHARE = 1 / 64

#: Numbers that are read one after the other in the time of one that is gathered.
CONTIGUOUS = 8

#: Samples whose distances are bounded in one task by the known classes, and by shares.
KNOWN_ROWS, SHARED_ROWS = 65536, 2048


def largest_probabilities(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the KNOWN_CLASSES largest of each row of (n, C) probabilities, in descending order.

    Returns: classes and probabilities, both (n, min(KNOWN_CLASSES, C)); ties go to the lower class.
    """
    rest, rows = values.copy(), np.arange(len(values))
    classes = np.empty((len(values), min(KNOWN_CLASSES, values.shape[1])), dtype=np.int32)
    for number in range(classes.shape[1]):
        classes[:, number] = rest.argmax(axis=1)
        rest[rows, classes[:, number]] = -1
    return classes, values[rows[:, None], classes]


class L1Distances:
    """The distances between the probabilities of samples.

    Args:
        points: (N, C) probabilities on a grid, so that their distances are exact (see `probabilities`).
        rows: (n,) the rows of the samples.
        classes: (n, k) the classes of their largest probabilities, as `largest_probabilities` returns them.
        largest: (n, k) these probabilities.
        order: (n,) the samples, those first whose probabilities are needed most.
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
        self._rest = 1 - self._largest.sum(axis=0)
        kept, shared = (
            np.sort(order[: entries // points.shape[1]]) for entries in (KEPT_ENTRIES, SHARED_ENTRIES)
        )
        self._kept_place, self._shared_place = (_places(samples, len(rows)) for samples in (kept, shared))
        self._kept = np.empty((len(kept), points.shape[1]), dtype=np.float32)
        self._shares = np.empty((points.shape[1], len(shared)), dtype=np.uint16)

        def keep(block: slice) -> None:
            self._kept[block] = points.take(rows[kept[block]])

        def share(block: slice) -> None:
            self._shares[:, block] = _shares(self._values(shared[block])).T

        for work, samples in ((keep, kept), (share, shared)):
            in_blocks(compute.map, work, len(samples), BLOCK_ROWS)
        # Probabilities are rounded, and may add up to more or less than 1; their sums are in float32.
        self._slack = (2 * points.shape[1] + 4 * KNOWN_CLASSES) / GRID

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
        other = _PartOfShares(values)

        def bound(block: slice) -> np.ndarray:
            return self._near_by_known(values, other, limits, block)

        def compare(block: slice) -> tuple[np.ndarray, np.ndarray]:
            samples = self._near_by_shares(other, limits, near[block])
            differences = self._values(samples)
            differences -= values
            return samples, np.abs(differences, out=differences).sum(axis=1, dtype=np.float64)

        near = np.concatenate(list(mapping(bound, row_blocks(len(self._rows), KNOWN_ROWS))))
        return mapping(compare, row_blocks(len(near), SHARED_ROWS))

    def _near_by_known(
        self, values: np.ndarray, other: "_PartOfShares", limits: np.ndarray, block: slice
    ) -> np.ndarray:
        """Return the samples of a block that may be nearer than their limits, by their known classes.

        All other classes count as if they were one. Where the largest alone excludes few samples, and the
        sample has few classes, it leaves the rest to shares, which are read faster.
        """
        least = 2 * np.abs(self._largest[0, block] - values[self._classes[0, block]])
        samples: np.ndarray = block.start + np.flatnonzero(least - self._slack < limits[block])
        is_flat = 4 * len(samples) > block.stop - block.start
        are_shared = self._shares.shape[1] == len(self._rows)
        if is_flat and len(self._classes) * CONTIGUOUS > len(other.classes) and are_shared:
            return samples
        known, same = self._largest[:, samples], values[self._classes[:, samples]]
        common = np.minimum(known, same).sum(axis=0)
        common += np.minimum(self._rest[samples], 1 - same.sum(axis=0))
        near: np.ndarray = samples[2 - 2 * common - self._slack < limits[samples]]
        return near

    def _near_by_shares(self, other: "_PartOfShares", limits: np.ndarray, samples: np.ndarray) -> np.ndarray:
        """Return those of some samples, in ascending order, that may be nearer than their limits."""
        columns = self._shared_place[samples]
        is_shared = columns >= 0
        columns = columns[is_shared]
        if not len(columns):
            return samples
        first, end = columns[0], columns[-1] + 1
        if CONTIGUOUS * len(columns) > end - first:
            common = other.common(self._shares[other.classes, first:end])[columns - first]
        else:
            common = other.common(self._shares[other.classes[:, None], columns])
        least = np.zeros(len(samples))
        least[is_shared] = 2 - 2 * common
        near: np.ndarray = samples[least - self._slack < limits[samples]]
        return near

    def _values(self, samples: np.ndarray) -> np.ndarray:
        """Return the probabilities of samples, (m, C) float32."""
        places = self._kept_place[samples]
        is_kept = places >= 0
        values = np.empty((len(samples), self._points.shape[1]), dtype=np.float32)
        values[is_kept] = self._kept[places[is_kept]]
        if not is_kept.all():
            values[~is_kept] = self._points.take(self._rows[samples[~is_kept]])
        return values


class _PartOfShares:
    """The shares of the largest classes of a sample, and the probability of all others together."""

    def __init__(self, values: np.ndarray) -> None:
        order = np.argsort(-values, kind="stable")
        others = values.sum(dtype=np.float64) - np.cumsum(values[order], dtype=np.float64)
        count = 1 + int(np.argmax(others <= IGNORED_SHARE))
        self.classes = np.sort(order[:count])
        self._shares = _shares(values[self.classes])[:, None]
        self._most_elsewhere = float(others[count - 1]) + count / WHOLE  # shares are rounded down

    def common(self, columns: np.ndarray) -> np.ndarray:
        """Return the most that other samples have in common with it, (n,), by their shares of `classes`."""
        common: np.ndarray = np.minimum(columns, self._shares, out=columns).sum(axis=0, dtype=np.uint16)
        return common / WHOLE + self._most_elsewhere


def _places(samples: np.ndarray, count: int) -> np.ndarray:
    """Return the place of each of ``count`` samples among some of them, -1 if it is not there."""
    places = np.full(count, -1)
    places[samples] = np.arange(len(samples))
    return places


def _shares(probabilities: np.ndarray) -> np.ndarray:
    return (probabilities * np.float64(WHOLE)).astype(np.uint16)
