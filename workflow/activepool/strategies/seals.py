"""SEALS: another strategy, only near the labelled samples."""

import numpy as np

from activepool.strategies.declaration import strategy
from activepool.strategies.neighbourhoods import neighbourhoods
from activepool.strategies.options import PositiveInteger
from activepool.strategies.query import Query, Selection
from activepool.strategies.wrapping import Wrapped


@strategy(
    source="Coleman et al. 2022, algorithm 1", reads=("features",), reads_labels=False, narrows_pool=True
)
def seals(query: Query, *, of: Wrapped, neighbours: PositiveInteger = 100) -> Selection:
    """Another strategy on the part of the pool that is near to the labelled samples.

    This part has the unlabelled samples nearest to each labelled one, by the angle between their features;
    without labelled samples it is the whole pool.

    Args:
        of: the strategy.
        neighbours: the number of neighbours of each labelled sample; it doubles while all of them are fewer
            than the picks.
    """
    if not len(query.labelled):
        return of.pick(query)
    nearest, _ = neighbourhoods(query, query.labelled, neighbours)
    return of.pick(query.part(np.unique(nearest)))
