"""Round-robin selection over clusters."""

import numpy as np

from activepool.data.allocation import rank_within_class


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
    return np.lexsort((turn_in_round[cluster], rank_within_class(cluster)))[:budget]
