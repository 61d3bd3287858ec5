"""DropQuery: samples whose class changes under dropout, spread over the pool."""

from copy import deepcopy

import numpy as np

from activepool.features.dropout import with_dropout
from activepool.scores.pool_scorer import PoolScorer
from activepool.strategies.declaration import strategy
from activepool.strategies.options import Fraction, PositiveInteger
from activepool.strategies.query import Query, Selection, declared
from activepool.strategies.spread import spread

#: Passes with dropout, and the probability with which a feature is dropped.
PASSES, RATE = 3, 0.75


def precompute(query: Query, *, passes: int = PASSES, rate: float = RATE) -> dict[str, np.ndarray]:
    """Return how many passes with dropout predict another class than the one without, for each sample."""
    features, head = declared(query.features), declared(query.head)
    keys = deepcopy(query.generator).integers(2**63, size=passes)
    predicted = query.pool_scorer().score(query.unlabelled, ())["predicted"]
    changes = np.zeros(len(query.unlabelled), dtype=np.int64)
    for key in keys.tolist():
        scorer = PoolScorer(with_dropout(features, rate, key), head, query.compute)
        changes += scorer.score(query.unlabelled, ())["predicted"] != predicted
    return {"changes": changes}


@strategy(
    source="Gupte et al. 2024, algorithm 1",
    reads=("features", "head"),
    precompute=precompute,
)
def dropquery(
    query: Query, *, passes: PositiveInteger = PASSES, rate: Fraction = RATE, candidates: PositiveInteger = 25
) -> Selection:
    """Of the samples whose class changes under dropout, the nearest to the centers of k-means cells.

    Candidates are the samples whose class changes in more than half of the passes; if there are too few
    candidates, a class may change in fewer passes. The candidates' features, of length 1, are divided into as
    many k-means cells as there are picks; each cell gives one sample, the largest first. If there are fewer
    candidates than picks, random samples follow.

    Args:
        passes: how often to drop features.
        rate: the probability of dropping a feature; the others are divided by 1 − rate.
        candidates: the number of candidates to reach, as a multiple of the budget; if there are fewer, a
            class may change in fewer passes.
    """
    changes = query.per_sample["changes"]
    threshold = passes // 2
    while threshold and np.count_nonzero(changes > threshold) < candidates * query.budget:
        threshold -= 1
    return spread(query, changes > threshold)
