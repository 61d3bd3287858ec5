"""Cluster-margin: small margins, spread over clusters."""

from dataclasses import replace

import numpy as np

from activepool.compute.blocks import Compute
from activepool.diversity.clusters import agglomerate
from activepool.diversity.k_means import k_means
from activepool.diversity.round_robin import round_robin
from activepool.features.store import FeatureMatrix, require_finite
from activepool.strategies.declaration import strategy
from activepool.strategies.options import PositiveInteger
from activepool.strategies.query import Query, Selection

#: Leaves of the hierarchy: k-means cells of the pool, or its samples if there are no more than this.
LEAVES = 2000

#: Average number of leaves in a cluster: ten as in the paper, so that clusters do not run out soon.
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
        leaves, clusters: see `cluster_margin`.

    Returns: ``cluster`` (N,) int64, -1 outside the pool.
    """
    if len(rows) > leaves:
        cells = k_means(features, rows, leaves, generator, compute)
        points, leaf = cells.centers.astype(np.float32), cells.cell
    else:
        points, leaf = features.take(rows), np.arange(len(rows))
        require_finite(rows, points.sum(axis=1))
    num_clusters = clusters or -(-len(points) // LEAVES_PER_CLUSTER)
    cluster = np.full(features.shape[0], -1, dtype=np.int64)
    cluster[rows] = agglomerate(points, num_clusters, "average", compute)[leaf]
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
        margin_factor: how many of the smallest margins to consider, as a multiple of the budget; 10 as in the
            paper.
        leaves: the largest number of leaves to cluster. In a larger pool, this many k-means cells are the
            leaves, because the memory of the paper's hierarchy grows with the number of samples squared.
        clusters: number of clusters into which the leaves are merged; by default, a tenth of the leaves.
    """
    candidates = replace(query, budget=margin_factor * query.budget).smallest("margin").index
    shuffled = query.generator.permutation(candidates)
    return Selection(shuffled[round_robin(query.prepared["cluster"][shuffled], query.budget)])
