"""Cluster-margin: small margins, spread over clusters."""

from dataclasses import replace

import numpy as np

from activepool.compute.blocks import Compute
from activepool.diversity.clusters import agglomerate, k_means_cells
from activepool.diversity.round_robin import round_robin
from activepool.features.store import FeatureMatrix
from activepool.strategies.declaration import strategy
from activepool.strategies.options import PositiveInteger
from activepool.strategies.query import Query, Selection

#: Leaves of the hierarchy: k-means cells of the pool, or its samples where it has no more of them.
LEAVES = 2000

#: Leaves in a cluster on average, at least ten as in the paper, so that no cluster is soon used up.
LEAVES_PER_CLUSTER = 10


def cluster_pool(
    features: FeatureMatrix,
    rows: np.ndarray,
    generator: np.random.Generator,
    compute: Compute,
    *,
    leaves: int = LEAVES,
    clusters: int | None = None,
) -> dict[str, np.ndarray]:
    """Cluster the pool once, bottom-up with average linkage.

    Args:
        features: (N, d).
        rows: (n,) the pool.
        generator: the source of randomness.
        compute: device and workers.
        leaves: see `cluster_margin`.
        clusters: see `cluster_margin`.

    Returns: ``cluster`` (N,) int64, -1 outside the pool.
    """
    if len(rows) > leaves:
        points, leaf = k_means_cells(features, rows, leaves, generator, compute)
    else:
        points, leaf = features.take(rows), np.arange(len(rows))
    wanted = clusters or -(-len(points) // LEAVES_PER_CLUSTER)
    cluster = np.full(features.shape[0], -1, dtype=np.int64)
    cluster[rows] = agglomerate(points, wanted, "average", compute)[leaf]
    return {"cluster": cluster}


@strategy(
    source="Citovsky et al. 2021, algorithm 2",
    scores=("margin",),
    prepare=cluster_pool,
)
def cluster_margin(
    query: Query,
    *,
    margin_factor: PositiveInteger = 10,
    leaves: PositiveInteger = LEAVES,
    clusters: PositiveInteger | None = None,
) -> Selection:
    """The smallest margins, one from each of their clusters in turn, the smallest cluster first.

    Within a cluster the order is random. The size of a cluster is that of its part with small margins.

    Args:
        query: the round.
        margin_factor: how many small margins are looked at, in budgets; 10 as in the paper.
        leaves: where the pool is larger than this, so many k-means cells are clustered in the place of
            its samples, since the paper's hierarchy takes memory in the square of their number.
        clusters: into how many the leaves are merged; by default, a tenth of the leaves.
    """
    candidates = replace(query, budget=margin_factor * query.budget).smallest("margin").index
    shuffled = query.generator.permutation(candidates)
    return Selection(shuffled[round_robin(query.prepared["cluster"][shuffled], query.budget)])
