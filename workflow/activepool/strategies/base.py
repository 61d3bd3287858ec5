"""Balanced selection (BASE): near to the decision boundaries, the same number for each class."""

import numpy as np

from activepool.scores.exact import exact_smallest_of_list
from activepool.scores.nearest import NearestPerClass
from activepool.scores.pool import HeadOnPool
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection

#: How many candidates are looked at in float64, per class: so many more than its share, but so many at least.
SPARE, FEWEST = 2, 12


@strategy(source="Emam et al. 2021, section 3, algorithm 1", scores=("boundary",), reads=("nearest",))
def base(query: Query) -> Selection:
    """For each class in turn, its share of the budget nearest to the class's decision boundary.

    The distance of a sample to class c's boundary is, if it is predicted c, that to its nearest
    boundary, else that to the boundary between its predicted class and c. The first (budget mod C)
    classes get one more. The lists of the nearest are read from the scores; a class whose list runs
    out is listed anew, twice as long, by a further pass over the pool.
    """
    budget = min(query.budget, len(query.unlabelled))
    shares = np.full(query.num_classes, budget // query.num_classes)
    shares[: budget % query.num_classes] += 1
    lists = NearestLists(query.head_on_pool(), query.unlabelled, query.nearest)
    picked: dict[int, float] = {}
    for label, share in enumerate(shares.tolist()):
        picked.update(lists.nearest_unpicked(label, share, picked))
    return Selection(np.array(list(picked), dtype=np.int64), {"boundary": np.array(list(picked.values()))})


class NearestLists:
    """Per class, the samples nearest to its boundary: listed by float32, decided in float64.

    A list ends somewhere; what is beyond is not nearer than its last entry.
    """

    def __init__(
        self, head_on_pool: HeadOnPool, unlabelled: np.ndarray, nearest: tuple[np.ndarray, np.ndarray]
    ) -> None:
        self._head_on_pool = head_on_pool
        self._listable = unlabelled
        self._rows, self._distances = nearest

    def nearest_unpicked(self, label: int, count: int, picked: dict[int, float]) -> dict[int, float]:
        """Return the ``count`` nearest rows to class ``label`` that are not picked, with their distances."""
        while count:
            listed = self._rows[label] >= 0
            rows, distances = self._rows[label][listed], self._distances[label][listed]
            beyond = distances[-1] if len(rows) < len(self._listable) else None
            free = np.array([row not in picked for row in rows.tolist()], dtype=bool)
            found = self._decide(label, count, rows[free], distances[free], beyond)
            if found is not None:
                return found
            self._lengthen(picked)
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
            return self._head_on_pool.boundary64(rows[positions], label)

        spare = max(SPARE, FEWEST - count)
        found = exact_smallest_of_list(approximate, rescore, count, beyond, spare)
        return None if found is None else dict(zip(rows[found[0]].tolist(), found[1].tolist(), strict=True))

    def _lengthen(self, picked: dict[int, float]) -> None:
        """List anew, twice as long, what is not picked."""
        self._listable = np.setdiff1d(self._listable, list(picked))
        length = min(2 * self._rows.shape[1], len(self._listable))
        nearest = NearestPerClass(len(self._rows), length)
        self._head_on_pool.score(self._listable, ("boundary",), nearest)
        self._rows, self._distances = nearest.lists()
