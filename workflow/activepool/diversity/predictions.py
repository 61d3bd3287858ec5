"""L1 distances between the probabilities of samples, computed only where bounds allow that they are small.

The distance of two samples is 2 less twice the part that their probabilities have in common: the sum of the
smaller one of each class.
"""

from collections.abc import Callable, Iterator

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, Compute, Mapping, row_blocks
from activepool.features.store import FeatureMatrix
from activepool.scores.probabilities import GRID

#: Probabilities to keep: 1.6 GB with their shares. Others are computed when they are needed.
KEPT_ENTRIES = 2**28

#: A probability of 1 in 16 bits, with room for probabilities that add up to more because they are rounded.
WHOLE = 61440

#: Classes whose probabilities are known of every sample.
KNOWN_CLASSES = 16

#: The share of a sample's probability that a bound may ignore, to read only its largest classes.
IGNORED_SHARE = 1 / 64

#: Samples whose distances are bounded in one task, and computed.
BOUNDED_ROWS, COMPARED_ROWS = 16384, 256


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
        kept = np.sort(order[: KEPT_ENTRIES // points.shape[1]])
        self._place = np.full(len(rows), -1)
        self._place[kept] = np.arange(len(kept))
        self._kept_samples = kept
        self._kept = np.empty((len(kept), points.shape[1]), dtype=np.float32)
        self._shares = np.empty(self._kept.shape[::-1], dtype=np.uint16)

        def keep(block: slice) -> None:
            self._kept[block] = points.take(rows[kept[block]])
            self._shares[:, block] = _shares(self._kept[block]).T

        for _ in compute.map(keep, row_blocks(len(kept), BLOCK_ROWS)):
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
        kept = mapping(self._near_kept(values, limits), row_blocks(len(self._kept), BOUNDED_ROWS))
        others = mapping(self._near_others(values, limits), row_blocks(len(self._rows), BOUNDED_ROWS))
        near = np.concatenate([*kept, *others])

        def compare(block: slice) -> tuple[np.ndarray, np.ndarray]:
            differences = self._values(near[block])
            differences -= values
            return near[block], np.abs(differences, out=differences).sum(axis=1, dtype=np.float64)

        return mapping(compare, row_blocks(len(near), COMPARED_ROWS))

    def _near_kept(self, values: np.ndarray, limits: np.ndarray) -> Callable[[slice], np.ndarray]:
        """Return a function that lists the kept samples of a block that may be nearer than their limits.

        It compares the largest classes. Of each, shares show the common part up to one.
        """
        order = np.argsort(-values, kind="stable")
        ignored = values.sum(dtype=np.float64) - np.cumsum(values[order], dtype=np.float64)
        count = 1 + int(np.argmax(ignored <= IGNORED_SHARE))
        classes = np.sort(order[:count])
        shares = _shares(values[classes])[:, None]

        def near(block: slice) -> np.ndarray:
            common = np.minimum(self._shares[classes, block], shares).sum(axis=0, dtype=np.uint16)
            least = 2 - 2 * ((common + float(count)) / WHOLE + ignored[count - 1]) - self._slack
            samples = self._kept_samples[block]
            result: np.ndarray = samples[least < limits[samples]]
            return result

        return near

    def _near_others(self, values: np.ndarray, limits: np.ndarray) -> Callable[[slice], np.ndarray]:
        """Return a function that lists the other samples of a block that may be nearer than their limits.

        It compares the known classes, and all others as if they were one.
        """

        def near(block: slice) -> np.ndarray:
            least = 2 * np.abs(self._largest[0, block] - values[self._classes[0, block]])
            samples = block.start + np.flatnonzero(least - self._slack < limits[block])
            samples = samples[self._place[samples] < 0]
            known, same = self._largest[:, samples], values[self._classes[:, samples]]
            common = np.minimum(known, same).sum(axis=0, dtype=np.float64)
            common += 1 - np.maximum(known.sum(axis=0, dtype=np.float64), same.sum(axis=0, dtype=np.float64))
            result: np.ndarray = samples[2 - 2 * common - self._slack < limits[samples]]
            return result

        return near

    def _values(self, samples: np.ndarray) -> np.ndarray:
        """Return the probabilities of samples, (m, C) float32."""
        places = self._place[samples]
        is_kept = places >= 0
        values = np.empty((len(samples), self._points.shape[1]), dtype=np.float32)
        values[is_kept] = self._kept[places[is_kept]]
        if not is_kept.all():
            values[~is_kept] = self._points.take(self._rows[samples[~is_kept]])
        return values


def _shares(probabilities: np.ndarray) -> np.ndarray:
    shares: np.ndarray = (probabilities * np.float64(WHOLE)).astype(np.uint16)
    return shares
