from dataclasses import replace

import numpy as np
import pytest
from queries import Problem
from scipy.cluster.hierarchy import fcluster, linkage

from activepool.errors import InputError
from activepool.heads.linear import LinearHead
from activepool.strategies import margin_clustering as module
from activepool.strategies.margin_clustering import margin_clustering
from activepool.strategies.registry import find_strategy


def ward(problem, rows, clusters):
    return fcluster(linkage(problem.features[rows].astype(float), "ward"), clusters, "maxclust")


def definition(problem, rows, clusters, budget, cluster=None):
    """Round-robin over Ward clusters, the smallest first, the smallest margin first."""
    cluster = ward(problem, rows, clusters) if cluster is None else cluster
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


def test_clusters_are_made_once_where_asked():
    """As in the code of Emam et al.: each query leaves its picks out of the clusters of the first."""
    problem = Problem(size=150, classes=3)
    first = problem.unlabelled
    cluster, state = dict(zip(first, ward(problem, first, 6), strict=True)), {}
    options = {"clusters": 6, "cluster_once": True}
    differing = 0
    for round_number in (1, 2, 3):
        query = problem.query(margin_clustering, 20, options=options, round_number=round_number)
        selection = margin_clustering.select(replace(query, state=state), **options)
        pool_clusters = np.array([cluster[row] for row in problem.unlabelled])
        expected = definition(problem, problem.unlabelled, 6, 20, pool_clusters)
        assert selection.index.tolist() == expected
        differing += expected != definition(problem, problem.unlabelled, 6, 20)
        state, problem.labelled = selection.state, np.append(problem.labelled, expected)
        problem.head = LinearHead(problem.head.weight[::-1].copy(), problem.head.bias)
    assert differing


def test_clusters_that_do_not_cover_the_pool_are_made_again():
    problem = Problem(size=120)
    state = {"cluster": np.where(np.arange(120) == problem.unlabelled[3], -1, 0)}
    query = replace(problem.query(margin_clustering, 9), state=state)
    picks = margin_clustering.select(query, clusters=4, cluster_once=True).index
    assert picks.tolist() == definition(problem, problem.unlabelled, 4, 9)


def test_state_is_kept_only_for_clusters_of_the_whole_pool():
    assert not find_strategy("margin_clustering").keeps_state
    assert find_strategy("margin_clustering", {"cluster_once": True}).keeps_state
    with pytest.raises(InputError, match="cluster_once is for the whole pool: each round draws a subset"):
        find_strategy("margin_clustering", {"cluster_once": True, "subset": 50})


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
