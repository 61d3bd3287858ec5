"""Round-robin selection over clusters."""

import numpy as np


def round_robin(clusters: np.ndarray, budget: int) -> np.ndarray:
    """Pick one item of each cluster in turn, the smallest cluster first, up to ``budget`` items.

    Args:
        clusters: (n,) the cluster of each item; within a cluster, items are taken in their order here.
        budget: how many to pick; more than n gives all n.

    Returns: positions in pick order, (min(budget, n),). Among equally large clusters, the lower goes first.
    """
    _, cluster, sizes = np.unique(clusters, return_inverse=True, return_counts=True)
    turn_in_round = np.empty(len(sizes), dtype=np.int64)
    turn_in_round[np.argsort(sizes, kind="stable")] = np.arange(len(sizes))
    by_cluster = np.argsort(cluster, kind="stable")
    first_of_cluster = np.cumsum(sizes) - sizes
    round_of_item = np.empty(len(cluster), dtype=np.int64)
    round_of_item[by_cluster] = np.arange(len(cluster)) - np.repeat(first_of_cluster, sizes)
    return np.lexsort((turn_in_round[cluster], round_of_item))[:budget]
