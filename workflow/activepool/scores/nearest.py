"""For each class, the samples nearest to its decision boundary, collected while the pool streams by."""

import threading
from collections.abc import Sequence

import numpy as np

from activepool.compute.blocks import Array, array_namespace, to_numpy
from activepool.compute.rows import ranks_in_groups

#: Offers wait until there are this many times the lists' own size; then they are merged.
WAITING_FACTOR = 4


class NearestPerClass:
    """C lists of the ``length`` smallest (distance, row) pairs offered.

    The lists do not depend on the order of the offers: ties go to the lower row. Threads may offer
    concurrently. Memory: about 100 bytes × C × length, and a block of distances.
    """

    def __init__(self, num_classes: int, length: int) -> None:
        self.num_classes = num_classes
        self.length = length
        self._lock = threading.Lock()
        self._entries = np.empty(0, dtype=np.uint64), np.empty(0, dtype=np.int64)
        self._waiting: list[tuple[np.ndarray, np.ndarray]] = []
        self._bound = np.full(num_classes, np.inf, dtype=np.float32)

    @classmethod
    def for_budget(cls, budget: int, num_classes: int, pool_size: int) -> "NearestPerClass":
        """Return lists somewhat longer than a class's share of ``budget``.

        They must be longer because other classes take samples from them: up to eight times the share with
        equally large classes, and up to twenty times if the rarest class is a hundred times smaller. A list
        that runs out only costs another pass.
        """
        share = -(-budget // num_classes)
        return cls(num_classes, max(1, min(24 * share + 128, pool_size)))

    def offer(self, distances: Array, rows: np.ndarray) -> None:
        """Offer the distances (n, C) of ``rows`` (n,) to the boundary of each class."""
        if np.isinf(self._bound).any() and len(rows) >= self.length:
            self._lower_bound(distances)
        xp = array_namespace(distances)
        bound = xp.asarray(self._bound, device=distances.device)
        near = xp.reshape(distances <= bound, (-1,))
        (entries,) = xp.nonzero(near)  # five times quicker on a flat array
        position, classes = np.divmod(to_numpy(entries), self.num_classes)
        keys = _keys(classes, to_numpy(xp.reshape(distances, (-1,))[entries]))
        with self._lock:
            self._waiting.append((keys, rows[position]))
            if sum(len(keys) for keys, _ in self._waiting) > WAITING_FACTOR * self.num_classes * self.length:
                self._merge()

    def lists(self) -> tuple[np.ndarray, np.ndarray]:
        """Return rows (C, length) int64 and distances (C, length) float32, nearest first.

        Lists with fewer offers end in rows -1 at distance infinity.
        """
        with self._lock:
            self._merge()
        keys, listed_rows = self._entries
        classes = _class(keys)
        rank = ranks_in_groups(np.bincount(classes))
        rows = np.full((self.num_classes, self.length), -1, dtype=np.int64)
        distances = np.full((self.num_classes, self.length), np.inf, dtype=np.float32)
        rows[classes, rank] = listed_rows
        distances[classes, rank] = _distance(keys)
        return rows, distances

    def _lower_bound(self, distances: Array) -> None:
        """Lower the bound of each class to the ``length``-th smallest of its distances here."""
        within_block = to_numpy(_smallest(distances, self.length - 1))
        with self._lock:
            self._bound = np.minimum(self._bound, within_block)

    def _merge(self) -> None:
        """Merge the waiting offers, and keep the first ``length`` of each class by distance, then row."""
        keys, rows = (np.concatenate(parts) for parts in zip(self._entries, *self._waiting, strict=True))
        self._bound = self._lowered_bound(np.sort(keys))
        near = _distance(keys) <= self._bound[_class(keys)]
        keys, rows = keys[near], rows[near]
        order = _lexsort(keys, rows)
        order = order[ranks_in_groups(np.bincount(_class(keys))) < self.length]
        self._entries = keys[order], rows[order]
        self._waiting = []

    def _lowered_bound(self, ascending: np.ndarray) -> np.ndarray:
        """Return the distance of each class's ``length``-th key, or its bound if it has fewer keys."""
        starts = np.searchsorted(_class(ascending), np.arange(self.num_classes + 1))
        last = starts[:-1] + self.length - 1
        is_full = last < starts[1:]
        bound = self._bound.copy()
        bound[is_full] = _distance(ascending[last[is_full]])
        return bound


def join_lists(lists: Sequence[tuple[np.ndarray, np.ndarray]]) -> tuple[np.ndarray, np.ndarray]:
    """Join the lists of the parts of a pool; all are as `NearestPerClass.lists` returns them.

    The parts' lists have equal lengths and no common rows.
    """
    rows, distances = (np.concatenate(parts, axis=1) for parts in zip(*lists, strict=True))
    length = lists[0][0].shape[1]
    unlisted_last = np.where(rows < 0, np.iinfo(rows.dtype).max, rows)
    order = np.lexsort((unlisted_last, distances), axis=1)[:, :length]
    return np.take_along_axis(rows, order, axis=1), np.take_along_axis(distances, order, axis=1)


def _keys(classes: np.ndarray, distance: np.ndarray) -> np.ndarray:
    """Return class and distance as one 64-bit number, which sorts by class, then by distance.

    The bits of non-negative floating-point numbers sort like the numbers. NumPy sorts one number more quickly
    than two.
    """
    return classes.astype(np.uint64) << np.uint64(32) | distance.view(np.uint32)


def _class(keys: np.ndarray) -> np.ndarray:
    return (keys >> np.uint64(32)).astype(np.int64)


def _distance(keys: np.ndarray) -> np.ndarray:
    return keys.astype(np.uint32).view(np.float32)


def _lexsort(keys: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Return ``np.lexsort((rows, keys))`` more quickly: only rows with equal keys are compared."""
    order = np.argsort(keys)
    equal = np.diff(keys[order]) == 0
    is_tied = np.zeros(len(keys), dtype=bool)
    is_tied[1:] |= equal
    is_tied[:-1] |= equal
    rivals = order[is_tied]
    order[is_tied] = rivals[np.lexsort((rows[rivals], keys[rivals]))]
    return order


def _smallest(values: Array, rank: int) -> Array:
    """Return the entry of rank ``rank`` (from 0, ascending) in each column of values (n, C)."""
    if isinstance(values, np.ndarray):
        return np.partition(values, rank, axis=0)[rank]
    return values.kthvalue(rank + 1, dim=0).values
