"""TypiClust: the most typical sample of each of many clusters."""

from dataclasses import replace

import numpy as np

from activepool.compute.rows import ranks_in_groups
from activepool.diversity.k_means import k_means
from activepool.diversity.typicality import most_typical
from activepool.strategies.declaration import strategy
from activepool.strategies.options import NonNegativeInteger, PositiveInteger
from activepool.strategies.query import Query, Selection, declared


@strategy(source="Hacohen et al. 2022, section 3", reads=("features",), reads_labels=False)
def typiclust(
    query: Query,
    *,
    clusters: PositiveInteger = 500,
    neighbours: PositiveInteger = 20,
    small: NonNegativeInteger = 5,
    normalise: bool = True,
) -> Selection:
    """The sample nearest to its neighbours in each k-means cluster in turn, unlabelled clusters first.

    There are as many clusters as labelled samples and picks together. They take turns, those with the fewest
    labelled samples first, then the largest; in its turn, a cluster gives the sample, neither labelled nor
    picked, with the smallest mean Euclidean distance to its nearest neighbours among such samples. (The
    paper averages distances, its code squared ones.)

    Args:
        clusters: the largest number of clusters.
        neighbours: the number of nearest neighbours; at most half of the cluster's remaining samples.
        small: clusters with at most this many samples wait until the others have no samples left.
        normalise: whether to divide each sample's features by their norm first, as the paper's code does.
    """
    features = query.unit_features() if normalise else declared(query.features)
    rows = query.pool
    count = min(len(query.labelled) + query.budget, clusters, len(rows))
    cell = k_means(features, rows, count, query.generator, query.compute).cell
    is_labelled = np.isin(rows, query.labelled)
    turns = cluster_turns(cell, is_labelled, query.budget, small)
    picks = np.empty(query.budget, dtype=np.int64)
    one_worker = replace(query.compute, workers=1)

    def pick(cluster: int) -> None:
        is_own_turn = turns == cluster
        free = rows[(cell == cluster) & ~is_labelled]
        picks[is_own_turn] = most_typical(
            features, free, int(np.count_nonzero(is_own_turn)), neighbours, one_worker
        )

    for _ in query.compute.map(pick, np.unique(turns).tolist()):
        pass
    return Selection(picks)


def cluster_turns(cell: np.ndarray, is_labelled: np.ndarray, budget: int, small: int) -> np.ndarray:
    """Return the cluster of each pick, (budget,).

    Args:
        cell: (n,) the cluster of each sample, from 0.
        is_labelled: (n,) the samples that cannot be picked; at least ``budget`` others.
        budget: how many turns.
        small: see `typiclust`.
    """
    sizes = np.bincount(cell)
    labelled = np.bincount(cell, weights=is_labelled).astype(np.int64)
    order = np.lexsort((-sizes, labelled))
    free = (sizes - labelled)[order]
    place = np.repeat(np.arange(len(order)), free)
    turn = ranks_in_groups(free)
    later = (sizes <= small)[order][place]
    return order[place[np.lexsort((place, turn, later))[:budget]]]
