import numpy as np
import pytest
from queries import Problem
from scipy.cluster.hierarchy import fcluster, linkage

from activepool.errors import InputError
from activepool.strategies import margin_clustering as module
from activepool.strategies.margin_clustering import margin_clustering


def definition(problem, rows, clusters, budget):
    """Round-robin over Ward clusters, the smallest first, the smallest margin first."""
    cluster = fcluster(linkage(problem.features[rows].astype(float), "ward"), clusters, "maxclust")
    logits = problem.features[rows].astype(float) @ problem.head.weight.T.astype(float) + problem.head.bias
    top = np.sort(np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True), axis=1)
    margin = top[:, -1] - top[:, -2]
    queues = {
        label: sorted(np.flatnonzero(cluster == label), key=margin.__getitem__) for label in set(cluster)
    }
    order = sorted(queues, key=lambda label: (len(queues[label]), label))
    picks = []
    while len(picks) < budget:
        picks += [rows[queues[label].pop(0)] for label in order if queues[label]]
    return picks[:budget]


def test_picks_are_those_of_the_definition():
    problem = Problem(size=120)
    picks = problem.select(margin_clustering, 23, options={"clusters": 6}).index
    assert picks.tolist() == definition(problem, problem.unlabelled, 6, 23)


def test_a_subset_is_drawn_first():
    problem = Problem(size=120)
    query = problem.query(margin_clustering, 9)
    rows = np.sort(problem.query(margin_clustering, 9).generator.permutation(problem.unlabelled)[:40])
    picks = margin_clustering.select(query, clusters=4, subset=40).index
    assert picks.tolist() == definition(problem, rows, 4, 9)


def test_a_pool_too_large_to_cluster_is_refused(monkeypatch):
    monkeypatch.setattr(module, "MAX_POOL", 100)
    with pytest.raises(
        InputError, match="145 samples are too many to cluster; set its option subset to at most 100"
    ):
        Problem().select(margin_clustering, 5)


def test_a_subset_must_hold_the_budget():
    with pytest.raises(InputError, match="subset is 8; it must be at least 9, the picks of a round"):
        Problem().select(margin_clustering, 9, options={"subset": 8})
