"""Balanced selection (BASE): near to the decision boundaries, the same number for each class."""

import numpy as np

from activepool.scores.exact import exact_smallest_of_list
from activepool.scores.nearest import NearestPerClass
from activepool.scores.pool_scorer import PoolScorer
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection

#: How many candidates are looked at in float64, per class: so many more than its share, but so many at least.
SPARE, FEWEST = 2, 12


@strategy(source="Emam et al. 2021, section 3, algorithm 1", scores=("boundary",), reads=("nearest",))
def base(query: Query) -> Selection:
    """For each class in turn, its share of the budget nearest the class's decision boundary.

    The distance of a sample to class c's boundary is, if it is predicted c, that to its nearest
    boundary, else that to the boundary between its predicted class and c. The first (budget mod C)
    classes get one more. The lists of the nearest are read from the scores; a class whose list runs
    out is listed anew, twice as long, by a further pass over the pool.
    """
    shares = np.full(query.num_classes, query.budget // query.num_classes)
    shares[: query.budget % query.num_classes] += 1
    lists = NearestLists(query.pool_scorer(), query.unlabelled, query.nearest)
    lists.look_ahead(shares)
    picked: dict[int, float] = {}
    for label, share in enumerate(shares.tolist()):
        picked.update(lists.take_nearest(label, share))
    return Selection(np.array(list(picked), dtype=np.int64), {"boundary": np.array(list(picked.values()))})


class NearestLists:
    """Per class, the samples nearest to its boundary: listed by float32, decided in float64.

    A list ends somewhere; what is beyond is not nearer than its last entry.
    """

    def __init__(
        self, pool_scorer: PoolScorer, unlabelled: np.ndarray, nearest: tuple[np.ndarray, np.ndarray]
    ) -> None:
        self._head_on_pool = pool_scorer
        self._listable = unlabelled
        self._rows, self._distances = nearest
        self._free = np.ones(unlabelled.max(initial=0) + 1, dtype=bool)
        self._exact: dict[tuple[int, int], float] = {}

    def look_ahead(self, shares: np.ndarray) -> None:
        """Compute at once the float64 distances that `take_nearest` will ask for if float32 picks the same.

        One product for all classes takes a fraction of the time of one for each.
        """
        free, candidates = self._free.copy(), []
        for rows, share in zip(self._rows, shares.tolist(), strict=True):
            left = rows[(rows >= 0) & free[rows]]
            free[left[:share]] = False
            candidates.append(left[: share + spare_candidates(share)])
        rows = np.concatenate(candidates)
        labels = np.repeat(np.arange(len(shares)), [len(left) for left in candidates])
        distances = self._head_on_pool.boundary64(rows, labels)
        pairs = zip(rows.tolist(), labels.tolist(), strict=True)
        self._exact.update(zip(pairs, distances.tolist(), strict=True))

    def take_nearest(self, label: int, count: int) -> dict[int, float]:
        """Return the ``count`` nearest rows to class ``label`` that are not taken, with their distances."""
        while count:
            rows, distances = self._rows[label], self._distances[label]
            listed = rows >= 0
            beyond = distances[-1] if np.count_nonzero(listed) < len(self._listable) else None
            left = listed & self._free[rows]
            found = self._decide(label, count, rows[left], distances[left], beyond)
            if found is not None:
                self._free[list(found)] = False
                return found
            self._lengthen()
        return {}

    def _decide(
        self, label: int, count: int, rows: np.ndarray, approximate: np.ndarray, beyond: float | None
    ) -> dict[int, float] | None:
        """Return the nearest of ``rows``, or None if a row beyond the list may be nearer.

        ``approximate`` are their distances in float32, and ``beyond`` that of the nearest row not listed.
        """
        order = np.argsort(rows)
        rows, approximate = rows[order], approximate[order]

        def rescore(positions: np.ndarray) -> np.ndarray:
            return self._boundary64(rows[positions], label)

        found = exact_smallest_of_list(approximate, rescore, count, beyond, spare_candidates(count))
        return None if found is None else dict(zip(rows[found[0]].tolist(), found[1].tolist(), strict=True))

    def _boundary64(self, rows: np.ndarray, label: int) -> np.ndarray:
        """Return the distances of ``rows`` to the boundary of class ``label``, known or computed."""
        distances = np.array([self._exact.get((row, label), np.nan) for row in rows.tolist()])
        unknown = np.isnan(distances)
        if unknown.any():
            distances[unknown] = self._head_on_pool.boundary64(
                rows[unknown], np.full(np.count_nonzero(unknown), label)
            )
        return distances

    def _lengthen(self) -> None:
        """List anew, twice as long, what is not taken."""
        self._listable = self._listable[self._free[self._listable]]
        length = min(2 * self._rows.shape[1], len(self._listable))
        nearest = NearestPerClass(len(self._rows), length)
        self._head_on_pool.score(self._listable, ("boundary",), nearest)
        self._rows, self._distances = nearest.lists()


def spare_candidates(count: int) -> int:
    """Return how many more candidates than the ``count`` wanted of a class are looked at in float64."""
    return max(SPARE, FEWEST - count)
