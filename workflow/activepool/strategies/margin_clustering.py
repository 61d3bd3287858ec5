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


def _reads(cluster_once: bool, subset: int | None) -> tuple[str, ...]:
    if cluster_once and subset is not None:
        raise InputError("cluster_once is for the whole pool: each round draws a subset of its own")
    return ("features", "head", *(("state",) if cluster_once else ()))


@strategy(source="the code of Emam et al. 2021, after Citovsky et al. 2021", reads=_reads)
def margin_clustering(
    query: Query,
    *,
    clusters: PositiveInteger = 20,
    subset: PositiveInteger | None = None,
    cluster_once: bool = False,
) -> Selection:
    """The smallest margin from each of a few Ward clusters in turn, the smallest cluster first.

    Args:
        clusters: the number of clusters.
        subset: size of a random subset of the pool to cluster and pick from; the whole pool by default.
        cluster_once: whether all rounds use the clusters of the first round, without the samples picked
            since, as the code of Emam et al. does without a subset. In finetuning, each round still has
            clusters of its own, because it has features of its own.

    Raises InputError if the pool or the subset is too large to be clustered, or the subset is smaller
    than the budget.
    """
    require_budget("margin_clustering", "subset", subset, query.budget)
    rows = query.unlabelled
    if subset is not None:
        rows = np.sort(query.generator.permutation(rows)[:subset])
    margins = query.pool_scorer().score64(rows, "margin")
    require_finite(rows, margins)
    cluster = _first_clusters(query)
    if cluster is None:
        if len(rows) > MAX_POOL:
            raise InputError(
                f"strategy 'margin_clustering': {len(rows)} samples are too many to cluster; "
                f"set its option subset to at most {MAX_POOL}"
            )
        cluster = agglomerate(declared(query.features).take(rows), clusters, "ward", query.compute)
    by_margin = np.lexsort((rows, quantise(margins, margins)))
    picks = by_margin[round_robin(cluster[by_margin], query.budget)]
    state = {}
    if cluster_once:
        state["cluster"] = np.full(declared(query.features).shape[0], -1)
        state["cluster"][rows] = cluster
    return Selection(rows[picks], {"margin": margins[picks]}, state)


def _first_clusters(query: Query) -> np.ndarray | None:
    """Return the clusters of the first round, (n,); None if there are none of all samples of the pool."""
    if not query.state:
        return None
    cluster: np.ndarray = query.state["cluster"][query.unlabelled]
    return cluster if (cluster >= 0).all() else None
