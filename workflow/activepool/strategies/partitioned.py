"""Diversity in parts: another strategy on random parts of the pool."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from activepool.errors import InputError
from activepool.strategies.declaration import strategy
from activepool.strategies.options import NonNegativeInteger, PositiveInteger, require_budget
from activepool.strategies.query import Query, Selection
from activepool.strategies.wrapping import Wrapped


@strategy(
    source="Citovsky et al. 2021, appendix A.1; Emam et al. 2021", reads_labels=False, narrows_pool=True
)
def partitioned(
    query: Query,
    *,
    wraps: Wrapped,
    partitions: PositiveInteger = 10,
    subset_labelled: NonNegativeInteger | None = None,
    subset_unlabelled: PositiveInteger | None = None,
    subset_total: PositiveInteger | None = None,
) -> Selection:
    """Another strategy, such as core-set or BADGE, in each of several random parts of the pool.

    The labelled set is split, too.

    Args:
        wraps: the strategy within a part.
        partitions: the number of parts. Each picks its share of the budget; the first parts pick one more if
            the budget cannot be divided equally.
        subset_labelled: size of a random subset of the labelled set to split; all of it by default.
        subset_unlabelled: size of a random subset of the pool to split; all of it by default.
        subset_total: limit of both subsets together; as in the code of Emam et al., the subset of the pool
            takes what the subset of the labelled set leaves.

    Raises InputError if the subset of the pool is smaller than the budget.
    """
    require_budget("partitioned", "subset_unlabelled", subset_unlabelled, query.budget)
    if subset_total is not None:
        num_labelled = len(query.labelled[:subset_labelled])
        room = subset_total - num_labelled
        if room < query.budget:
            raise InputError(
                f"strategy 'partitioned': subset_total is {subset_total}, and {num_labelled} are labelled; "
                f"the other {room} must be at least {query.budget}, the picks of a round"
            )
        subset_unlabelled = room if subset_unlabelled is None else min(room, subset_unlabelled)
    parts = zip(
        _random_parts(len(query.labelled), subset_labelled, partitions, query.generator),
        _random_parts(len(query.unlabelled), subset_unlabelled, partitions, query.generator),
        strict=True,
    )
    selections = [
        wraps.pick(
            replace(
                query.part(unlabelled),
                budget=query.budget // partitions + (number < query.budget % partitions),
                labelled=query.labelled[labelled],
                labels=None if query.labels is None else query.labels[labelled],
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
    size: int, subset: int | None, partitions: int, generator: np.random.Generator
) -> Iterator[np.ndarray]:
    """Yield ``range(size)``, or a random subset, in random parts of equal size, each ascending.

    The first parts have one more if the size is not a multiple of the number of parts.
    """
    shuffled = generator.permutation(size)[:subset]
    return (np.sort(part) for part in np.array_split(shuffled, partitions))
