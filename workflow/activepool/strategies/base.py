"""Balanced selection (BASE): near the decision boundaries, the same number for each class."""

import numpy as np

from activepool.scores.exact import exact_smallest_of_list
from activepool.scores.nearest import NearestPerClass
from activepool.scores.pool_scorer import PoolScorer
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection, declared

#: Candidates of a class to compute in float64: its share and MIN_SPARE more, at least MIN_CANDIDATES.
MIN_SPARE, MIN_CANDIDATES = 2, 12


@strategy(source="Emam et al. 2021, section 3, algorithm 1", scores=("boundary",), reads=("nearest",))
def base(query: Query) -> Selection:
    """For each class in turn, its share of the budget nearest the class's decision boundary.

    The distance to class c's boundary is, for a sample predicted c, the distance to its nearest boundary; for
    another, the distance to the boundary between its predicted class and c. The first (budget mod C) classes
    get one more. The scores hold lists of the nearest samples; when a class runs out of its list, another
    pass over the pool lists twice as many.
    """
    shares = np.full(query.num_classes, query.budget // query.num_classes)
    shares[: query.budget % query.num_classes] += 1
    lists = NearestLists(query.pool_scorer(), query.unlabelled, declared(query.nearest))
    lists.look_ahead(shares)
    picks: dict[int, float] = {}
    for label, share in enumerate(shares.tolist()):
        picks.update(lists.take_nearest(label, share))
    return Selection(np.array(list(picks), dtype=np.int64), {"boundary": np.array(list(picks.values()))})


class NearestLists:
    """Per class, the samples nearest to its boundary: listed in float32, decided in float64.

    Samples beyond the end of a list are no nearer than its last entry.
    """

    def __init__(
        self, pool_scorer: PoolScorer, unlabelled: np.ndarray, nearest: tuple[np.ndarray, np.ndarray]
    ) -> None:
        self._pool_scorer = pool_scorer
        self._listable = unlabelled
        self._rows, self._distances = nearest
        self._is_free = np.ones(unlabelled.max(initial=0) + 1, dtype=bool)
        self._exact: dict[tuple[int, int], float] = {}

    def look_ahead(self, shares: np.ndarray) -> None:
        """Compute at once the float64 distances that `take_nearest` will need if float32 picks the same.

        One product for all classes takes a fraction of the time of one per class.
        """
        is_free, candidates = self._is_free.copy(), []
        for rows, share in zip(self._rows, shares.tolist(), strict=True):
            available = rows[(rows >= 0) & is_free[rows]]
            is_free[available[:share]] = False
            candidates.append(available[: share + spare_candidates(share)])
        rows = np.concatenate(candidates)
        labels = np.repeat(np.arange(len(shares)), [len(rows) for rows in candidates])
        distances = self._pool_scorer.boundary64(rows, labels)
        pairs = zip(rows.tolist(), labels.tolist(), strict=True)
        self._exact.update(zip(pairs, distances.tolist(), strict=True))

    def take_nearest(self, label: int, count: int) -> dict[int, float]:
        """Return the ``count`` free rows nearest to class ``label``, with their distances, and take them."""
        while count:
            rows, distances = self._rows[label], self._distances[label]
            listed = rows >= 0
            next_distance = distances[-1] if np.count_nonzero(listed) < len(self._listable) else None
            available = listed & self._is_free[rows]
            nearest = self._decide(label, count, rows[available], distances[available], next_distance)
            if nearest is not None:
                self._is_free[list(nearest)] = False
                return nearest
            self._lengthen()
        return {}

    def _decide(
        self, label: int, count: int, rows: np.ndarray, approximate: np.ndarray, next_distance: float | None
    ) -> dict[int, float] | None:
        """Return the nearest of ``rows``, or None if an unlisted row may be nearer.

        ``approximate`` are their distances in float32; ``next_distance`` is that of the nearest unlisted row.
        """
        order = np.argsort(rows)
        rows, approximate = rows[order], approximate[order]

        def rescore(positions: np.ndarray) -> np.ndarray:
            return self._boundary64(rows[positions], label)

        smallest = exact_smallest_of_list(approximate, rescore, count, next_distance, spare_candidates(count))
        if smallest is None:
            return None
        positions, distances = smallest
        return dict(zip(rows[positions].tolist(), distances.tolist(), strict=True))

    def _boundary64(self, rows: np.ndarray, label: int) -> np.ndarray:
        """Return the distances of ``rows`` to the boundary of class ``label``; compute missing ones."""
        distances = np.array([self._exact.get((row, label), np.nan) for row in rows.tolist()])
        is_unknown = np.isnan(distances)
        if is_unknown.any():
            distances[is_unknown] = self._pool_scorer.boundary64(
                rows[is_unknown], np.full(np.count_nonzero(is_unknown), label)
            )
        return distances

    def _lengthen(self) -> None:
        """List twice as many of the free rows, by another pass over the pool."""
        self._listable = self._listable[self._is_free[self._listable]]
        length = min(2 * self._rows.shape[1], len(self._listable))
        nearest = NearestPerClass(len(self._rows), length)
        self._pool_scorer.score(self._listable, ("boundary",), nearest)
        self._rows, self._distances = nearest.lists()


def spare_candidates(count: int) -> int:
    """Return how many candidates of a class, beyond the ``count`` to pick, are computed in float64."""
    return max(MIN_SPARE, MIN_CANDIDATES - count)
