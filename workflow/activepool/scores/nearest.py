"""For each class, the samples nearest to its decision boundary, kept while the pool streams by."""

import threading
from collections.abc import Sequence

import numpy as np

from activepool.compute import Array, array_namespace, to_numpy

#: Offers that wait before they are merged into the lists, as a multiple of the lists' own size.
WAITING_FACTOR = 4


class NearestPerClass:
    """C lists of the ``length`` smallest (distance, row) pairs that were offered.

    The lists do not depend on the order of the offers: ties go to the lower row. Threads may offer at
    once. Memory: about 100 bytes × C × length, and a block of distances.
    """

    def __init__(self, num_classes: int, length: int) -> None:
        self.num_classes = num_classes
        self.length = length
        self._lock = threading.Lock()
        self._kept = _no_triplets()
        self._waiting: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
        self._bound = np.full(num_classes, np.inf, dtype=np.float32)

    @classmethod
    def for_budget(cls, budget: int, num_classes: int, pool_size: int) -> "NearestPerClass":
        """Return lists somewhat longer than a class's share of ``budget``.

        They must be longer, since other classes take samples from them: with as many samples in each class
        eight times the share at most, and twenty times with a hundred times fewer in the rarest class. A list
        that runs out costs a further pass, no more.
        """
        share = -(-budget // num_classes)
        return cls(num_classes, max(1, min(24 * share + 128, pool_size)))

    def offer(self, distances: Array, rows: np.ndarray) -> None:
        """Offer the distances (n, C) of ``rows`` (n,) to the boundary of each class."""
        if np.isinf(self._bound).any() and len(rows) >= self.length:
            self._lower_bound(distances)
        bound = self._bound
        near = distances <= _like(bound, distances)
        position, of_class = (to_numpy(part) for part in array_namespace(distances).nonzero(near))
        triplets = (of_class, to_numpy(distances[near]), rows[position])
        with self._lock:
            self._waiting.append(triplets)
            if sum(len(part[0]) for part in self._waiting) > WAITING_FACTOR * self.num_classes * self.length:
                self._merge()

    def lists(self) -> tuple[np.ndarray, np.ndarray]:
        """Return rows (C, length) int64 and distances (C, length) float32, nearest first.

        Where fewer were offered, the rest is row -1 at distance infinity.
        """
        with self._lock:
            self._merge()
        of_class, distance, row = self._kept
        rows = np.full((self.num_classes, self.length), -1, dtype=np.int64)
        distances = np.full((self.num_classes, self.length), np.inf, dtype=np.float32)
        rank = _rank_within_class(of_class)
        rows[of_class, rank] = row
        distances[of_class, rank] = distance
        return rows, distances

    def _lower_bound(self, distances: Array) -> None:
        """Take the ``length``-th smallest of these distances for a bound; a class cannot need more."""
        within_block = to_numpy(_smallest(distances, self.length - 1))
        with self._lock:
            self._bound = np.minimum(self._bound, within_block)

    def _merge(self) -> None:
        of_class, distance, row = (
            np.concatenate(parts) for parts in zip(self._kept, *self._waiting, strict=True)
        )
        order = _in_order(of_class, distance, row)
        order = order[_rank_within_class(of_class[order]) < self.length]
        self._kept = of_class[order], distance[order], row[order]
        self._waiting = []
        last = np.flatnonzero(_rank_within_class(self._kept[0]) == self.length - 1)
        bound = self._bound.copy()
        bound[self._kept[0][last]] = self._kept[1][last]
        self._bound = bound


def joined(lists: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Return the lists of a whole pool from those of its parts, all as `NearestPerClass.lists` returns them.

    The parts' lists are of one length, and none lists a row of another.
    """
    rows, distances = (np.concatenate(parts, axis=1) for parts in zip(*lists, strict=True))
    length = lists[0][0].shape[1]
    unlisted_last = np.where(rows < 0, np.iinfo(rows.dtype).max, rows)
    order = np.lexsort((unlisted_last, distances), axis=1)[:, :length]
    return np.take_along_axis(rows, order, axis=1), np.take_along_axis(distances, order, axis=1)


def _no_triplets() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    return np.empty(0, dtype=np.int64), np.empty(0, dtype=np.float32), np.empty(0, dtype=np.int64)


def _in_order(of_class: np.ndarray, distance: np.ndarray, row: np.ndarray) -> np.ndarray:
    """Return ``np.lexsort((row, distance, of_class))``, in less time.

    The bits of floating-point numbers that are not negative ascend as they do. So class and distance make one
    key of 64 bits, which NumPy sorts quicker than three; rows are compared where keys are equal.
    """
    key = of_class.astype(np.uint64) << np.uint64(32) | distance.view(np.uint32)
    order = np.argsort(key)
    tied = np.zeros(len(key), dtype=bool)
    equal = np.diff(key[order]) == 0
    tied[1:] |= equal
    tied[:-1] |= equal
    rivals = order[tied]
    order[tied] = rivals[np.lexsort((row[rivals], key[rivals]))]
    return order


def _rank_within_class(sorted_classes: np.ndarray) -> np.ndarray:
    """Return for each entry of an ascending array how many equal entries stand before it."""
    counts = np.bincount(sorted_classes)
    return np.arange(len(sorted_classes)) - (np.cumsum(counts) - counts)[sorted_classes]


def _smallest(values: Array, rank: int) -> Array:
    """Return the entry of each column of values (n, C) that has so many before it in order."""
    if isinstance(values, np.ndarray):
        return np.partition(values, rank, axis=0)[rank]
    return values.kthvalue(rank + 1, dim=0).values


def _like(values: np.ndarray, array: Array) -> Array:
    return (
        values
        if isinstance(array, np.ndarray)
        else array_namespace(array).asarray(values, device=array.device)
    )
