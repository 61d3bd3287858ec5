from dataclasses import replace

import numpy as np
from queries import Problem

from activepool.compute.blocks import BLOCK_ROWS
from activepool.compute.shards import Shard
from activepool.heads.linear import LinearHead
from activepool.scores.uncertainty import Logits, log_softmax
from activepool.strategies.badge import badge


def test_the_first_pick_has_the_longest_gradient():
    problem = Problem()
    features = problem.features[problem.unlabelled].astype(np.float64)
    logits = features @ problem.head.weight.T + problem.head.bias
    residuals = np.exp(log_softmax(Logits(logits))) - np.eye(problem.classes)[logits.argmax(axis=1)]
    lengths = np.linalg.norm(residuals, axis=1) * np.linalg.norm(features, axis=1)
    for seed in range(3):
        picks = problem.select(badge, 12, seed=seed).index
        assert picks[0] == problem.unlabelled[lengths.argmax()]


def test_picks_are_more_diverse_than_the_longest_gradients():
    """Two tight groups: the one with the longer gradients must not take all picks."""
    problem = Problem(size=200, labelled=10)
    random = np.random.default_rng(0)
    group = np.arange(200) % 2
    centres = np.stack([np.full(7, 3.0), np.tile([1.0, -1.0], 4)[:7]])
    problem.features = (centres[group] + 0.01 * random.normal(size=(200, 7))).astype(np.float32)
    problem.head = LinearHead(0 * problem.head.weight, 0 * problem.head.bias)
    picks = problem.select(badge, 6).index
    assert set(group[picks[:2]]) == {0, 1}


def test_labelled_centers_keep_the_first_pick_away():
    """All samples of a group are equal; one of those with the longest gradients is labelled."""
    problem = Problem(size=20)
    group = np.arange(20) % 2
    directions = np.random.default_rng(0).normal(size=(2, 7))
    problem.features = (directions * [[1], [9]])[group].astype(np.float32)
    problem.head = LinearHead(0 * problem.head.weight, 0 * problem.head.bias)
    problem.labelled = np.array([1])
    for seed in range(5):
        for options, expected in ({}, 1), ({"labelled_centers": True}, 0):
            picks = problem.select(badge, 1, seed=seed, options=options).index
            assert group[picks].tolist() == [expected]


def test_labelled_centers_do_not_change_what_shards_precompute():
    problem = Problem(size=20_000, width=5, labelled=40)
    options = {"labelled_centers": True}
    query = problem.query(badge, 25, options=options)
    shards = [Shard(number, 3).rows(len(query.unlabelled), BLOCK_ROWS) for number in range(3)]
    parts = [badge.precomputed(query.part(rows), options) for rows in shards]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    picks = badge.pick(replace(query, per_sample=joined), **options).index
    assert picks.tolist() == problem.select(badge, 25, options=options).index.tolist()
