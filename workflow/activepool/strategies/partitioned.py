"""Diversity in parts: another strategy on random parts of the pool."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import numpy as np

from activepool.strategies.badge import badge
from activepool.strategies.coreset import coreset
from activepool.strategies.declaration import strategy
from activepool.strategies.options import NonNegativeInteger, PositiveInteger, require_budget
from activepool.strategies.query import Query, Selection, declared

WRAPPED = {"coreset": coreset, "badge": badge}


@strategy(source="Citovsky et al. 2021, appendix A.1; Emam et al. 2021", reads=("features", "head"))
def partitioned(
    query: Query,
    *,
    wraps: Literal["coreset", "badge"],
    partitions: PositiveInteger = 10,
    subset_labelled: NonNegativeInteger | None = None,
    subset_unlabelled: PositiveInteger | None = None,
) -> Selection:
    """Core-set or BADGE in each of several random parts of the pool and the labelled set.

    Args:
        query: the round.
        wraps: the strategy within a part.
        partitions: how many parts; each picks its share of the budget, the first ones one more.
        subset_labelled: size of a random subset of the labelled set to split; all of it by default.
        subset_unlabelled: size of a random subset of the pool to split; all of it by default.

    Raises InputError if the subset of the pool is smaller than the budget.
    """
    require_budget("partitioned", "subset_unlabelled", subset_unlabelled, query.budget)
    parts = zip(
        _random_parts(np.arange(len(query.labelled)), subset_labelled, partitions, query.generator),
        _random_parts(query.unlabelled, subset_unlabelled, partitions, query.generator),
        strict=True,
    )
    selections = [
        WRAPPED[wraps].pick(
            replace(
                query,
                budget=query.budget // partitions + (number < query.budget % partitions),
                labelled=query.labelled[labelled],
                labels=declared(query.labels)[labelled],
                unlabelled=unlabelled,
                state={},
            )
        )
        for number, (labelled, unlabelled) in enumerate(parts)
    ]
    columns = {
        name: np.concatenate([selection.columns[name] for selection in selections])
        for name in selections[0].columns
    }
    return Selection(np.concatenate([selection.index for selection in selections]), columns)


def _random_parts(
    items: np.ndarray, subset: int | None, partitions: int, generator: np.random.Generator
) -> Iterator[np.ndarray]:
    """Yield the items, or a random subset, in random parts of equal size, each in the original order.

    The first parts have one more if the size is not a multiple of the number of parts.
    """
    shuffled = generator.permutation(len(items))[:subset]
    return (items[np.sort(part)] for part in np.array_split(shuffled, partitions))
