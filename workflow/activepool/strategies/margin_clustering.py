"""Margin clustering: small margins, spread over a few clusters."""

import numpy as np

from activepool.diversity.clusters import agglomerate
from activepool.diversity.round_robin import round_robin
from activepool.errors import InputError
from activepool.features.store import require_finite
from activepool.scores.exact import quantise
from activepool.strategies.declaration import strategy
from activepool.strategies.options import PositiveInteger, require_budget
from activepool.strategies.query import Query, Selection, declared

#: The largest pool whose distances are held in memory: 3.2 GB.
MAX_POOL = 20_000


@strategy(source="the code of Emam et al. 2021, after Citovsky et al. 2021", reads=("features", "head"))
def margin_clustering(
    query: Query, *, clusters: PositiveInteger = 20, subset: PositiveInteger | None = None
) -> Selection:
    """The smallest margin from each of a few Ward clusters in turn, the smallest cluster first.

    Args:
        query: the round.
        clusters: how many.
        subset: size of a random subset of the pool to cluster and pick from; the whole pool by default.

    Raises InputError if the pool or the subset is too large to be clustered, or the subset is smaller
    than the budget.
    """
    require_budget("margin_clustering", "subset", subset, query.budget)
    rows = query.unlabelled
    if subset is not None:
        rows = np.sort(query.generator.permutation(rows)[:subset])
    if len(rows) > MAX_POOL:
        raise InputError(
            f"strategy 'margin_clustering': {len(rows)} samples are too many to cluster; "
            f"set its option subset to at most {MAX_POOL}"
        )
    margins = query.pool_scorer().score64(rows, "margin")
    require_finite(rows, margins)
    by_margin = np.lexsort((rows, quantise(margins, margins)))
    points = declared(query.features).take(rows)
    cluster = agglomerate(points, clusters, "ward", query.compute)[by_margin]
    picks = by_margin[round_robin(cluster, query.budget)]
    return Selection(rows[picks], {"margin": margins[picks]})
