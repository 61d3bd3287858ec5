"""REFINE: the picks of many strategies, refined until one of them picks from what is left."""

import numpy as np

from activepool.strategies.declaration import strategy
from activepool.strategies.options import Fraction, PositiveInteger, require_budget
from activepool.strategies.query import Query, Selection
from activepool.strategies.wrapping import Wrapped


@strategy(source="REFINE, arXiv 2511.22344, algorithm 1", reads_labels=False, narrows_pool=True)
def refine(
    query: Query,
    *,
    of: list[Wrapped],
    then: Wrapped,
    steps: PositiveInteger = 5,
    batches: PositiveInteger = 100,
    subset: PositiveInteger = 5000,
    share: Fraction = 0.4,
) -> Selection:
    """One strategy on the samples that several others pick, again and again, from random parts of the pool.

    In each step the strategies take turns: each picks a batch from a random part of the candidates, at first
    the whole pool. The picks of all batches together are the candidates of the next step, and after the last
    step the other strategy picks from them.

    Args:
        of: the strategies that take turns.
        then: the strategy that picks from the candidates of the last step.
        steps: how often the candidates are refined.
        batches: the number of batches in a step, of all strategies together.
        subset: size of the parts in the first step.
        share: size of the parts in later steps, as a share of the candidates; at least the budget.

    Raises InputError if ``subset`` is smaller than the budget.
    """
    require_budget("refine", "subset", subset, query.budget)
    candidates, size = np.arange(len(query.unlabelled)), subset
    for _ in range(steps):
        is_picked = np.zeros(len(query.unlabelled), dtype=bool)
        for batch in range(batches):
            part = np.sort(query.generator.permutation(candidates)[:size])
            picks = of[batch % len(of)].pick(query.part(part)).index
            is_picked[np.searchsorted(query.unlabelled, picks)] = True
        candidates = np.flatnonzero(is_picked)
        size = max(query.budget, round(share * len(candidates)))
    return then.pick(query.part(candidates))
