"""L1 distances between the probabilities of samples, computed only where bounds allow that they are small.

The distance of two samples is 2 less twice the part that their probabilities have in common: the sum of the
smaller one of each class.
"""

from collections.abc import Iterator

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, Compute, Mapping, row_blocks
from activepool.features.store import FeatureMatrix
from activepool.scores.probabilities import GRID

#: Probabilities to keep in float32 (0.1 GB), and in 16 bits (3.2 GB, more than those of ImageNet). Others are
#: computed when they are needed.
KEPT_ENTRIES, SHARED_ENTRIES = 2**25, 3 * 2**29

#: A probability of 1 in 16 bits, with room for probabilities that add up to more because they are rounded.
WHOLE = 61440

#: Classes whose probabilities are known of every sample.
KNOWN_CLASSES = 16

#: Samples whose distances are bounded in one task, and computed.
BOUNDED_ROWS, COMPARED_ROWS = 65536, 512


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


class Predictions:
    """The probabilities of samples.

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
        self._rank = np.empty(len(rows), dtype=np.int64)
        self._rank[order] = np.arange(len(rows))
        kept, shared = (entries // points.shape[1] for entries in (KEPT_ENTRIES, SHARED_ENTRIES))
        self._kept = np.empty((min(kept, len(rows)), points.shape[1]), dtype=np.float32)
        self._shares = np.empty((min(shared, len(rows)), points.shape[1]), dtype=np.uint16)

        def keep(block: slice) -> None:
            values = points.take(rows[order[block]])
            self._kept[block] = values[: len(self._kept[block])]
            self._shares[block] = _shares(values)[: len(self._shares[block])]

        for _ in compute.map(keep, row_blocks(max(len(self._kept), len(self._shares)), BLOCK_ROWS)):
            pass
        # Probabilities are rounded, and may add up to more or less than 1.
        self._slack = 2 * points.shape[1] / GRID

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
        shares = _shares(values)

        def bound(block: slice) -> np.ndarray:
            return self._near_by_known(values, limits, block)

        def compare(block: slice) -> tuple[np.ndarray, np.ndarray]:
            samples = self._near_by_shares(shares, limits, near[block])
            differences = self._values(samples)
            differences -= values
            return samples, np.abs(differences, out=differences).sum(axis=1, dtype=np.float64)

        near = np.concatenate(list(mapping(bound, row_blocks(len(self._rows), BOUNDED_ROWS))))
        return mapping(compare, row_blocks(len(near), COMPARED_ROWS))

    def _near_by_known(self, values: np.ndarray, limits: np.ndarray, block: slice) -> np.ndarray:
        """Return the samples of a block that may be nearer than their limits, by their known classes.

        All other classes count as if they were one.
        """
        least = 2 * np.abs(self._largest[0, block] - values[self._classes[0, block]])
        samples = block.start + np.flatnonzero(least - self._slack < limits[block])
        known, same = self._largest[:, samples], values[self._classes[:, samples]]
        common = np.minimum(known, same).sum(axis=0, dtype=np.float64)
        common += 1 - np.maximum(known.sum(axis=0, dtype=np.float64), same.sum(axis=0, dtype=np.float64))
        near: np.ndarray = samples[2 - 2 * common - self._slack < limits[samples]]
        return near

    def _near_by_shares(self, shares: np.ndarray, limits: np.ndarray, samples: np.ndarray) -> np.ndarray:
        """Return the samples that may be nearer than their limits, by shares, which are rounded down."""
        rank = self._rank[samples]
        is_shared = (rank >= len(self._kept)) & (rank < len(self._shares))
        common = np.minimum(self._shares[rank[is_shared]], shares).sum(axis=1, dtype=np.int64) + len(shares)
        least = np.zeros(len(samples))
        least[is_shared] = 2 - 2 * common / WHOLE
        near: np.ndarray = samples[least - self._slack < limits[samples]]
        return near

    def _values(self, samples: np.ndarray) -> np.ndarray:
        """Return the probabilities of samples, (m, C) float32."""
        rank = self._rank[samples]
        is_kept = rank < len(self._kept)
        values = np.empty((len(samples), self._points.shape[1]), dtype=np.float32)
        values[is_kept] = self._kept[rank[is_kept]]
        if not is_kept.all():
            values[~is_kept] = self._points.take(self._rows[samples[~is_kept]])
        return values


def _shares(probabilities: np.ndarray) -> np.ndarray:
    shares: np.ndarray = (probabilities * np.float64(WHOLE)).astype(np.uint16)
    return shares
