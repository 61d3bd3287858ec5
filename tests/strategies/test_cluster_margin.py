from dataclasses import replace

import numpy as np
import pytest
from queries import Problem

from activepool.compute.blocks import Compute
from activepool.features.store import FeatureMatrix
from activepool.strategies.cluster_margin import cluster_margin, cluster_pool


def test_picks_take_turns_over_the_clusters_of_the_small_margins():
    problem = Problem(size=200)
    query = problem.query(cluster_margin, 10)
    clusters = query.prepared["cluster"]
    by_margin = query.unlabelled[np.argsort(query.scores["margin"], kind="stable")]
    picks = cluster_margin.select(query, margin_factor=3).index
    small = by_margin[:30]
    assert np.isin(picks, small).all()
    sizes = np.bincount(clusters[small], minlength=clusters.max() + 1)
    order = sorted(np.flatnonzero(sizes), key=lambda cluster: (sizes[cluster], cluster))
    turns = [cluster for turn in range(30) for cluster in order if sizes[cluster] > turn]
    assert clusters[picks].tolist() == turns[:10]


def test_order_within_a_cluster_is_random():
    query = replace(Problem().query(cluster_margin, 12), prepared={"cluster": np.zeros(157, dtype=np.int64)})
    expected = replace(query, budget=24).smallest("margin").index
    shuffled = Problem().query(cluster_margin, 12).generator.permutation(expected)
    assert cluster_margin.select(query, margin_factor=2).index.tolist() == shuffled[:12].tolist()


@pytest.mark.parametrize("leaves", [20, 1000])
def test_the_pool_is_clustered_and_nothing_else(leaves):
    features = FeatureMatrix.from_array(np.random.default_rng(0).standard_normal((300, 4)).astype(np.float32))
    rows = np.arange(10, 280)
    cluster = cluster_pool(features, rows, np.random.default_rng(0), Compute(), leaves=leaves)["cluster"]
    assert np.array_equal(np.flatnonzero(cluster >= 0), rows)
    assert len(np.unique(cluster[rows])) == (2 if leaves == 20 else 27)


def test_the_number_of_clusters_can_be_given():
    features = FeatureMatrix.from_array(np.random.default_rng(0).standard_normal((60, 4)).astype(np.float32))
    cluster = cluster_pool(features, np.arange(60), np.random.default_rng(0), Compute(), clusters=4)[
        "cluster"
    ]
    assert len(np.unique(cluster)) == 4
