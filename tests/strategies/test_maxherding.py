"""MaxHerding against its definition, written out in float64."""

import numpy as np
import pytest
from queries import Problem

from activepool.strategies.maxherding import maxherding


def definition(problem, targets, budget, bandwidth=1.0):
    """Repeatedly the largest mean of max(0, k(i, j) − max over labelled and picked of k(·, j))."""
    features = problem.features.astype(np.float64)
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    distance = np.linalg.norm(features[:, None] - features[targets], axis=2)
    kernel = np.exp(-np.square(distance / bandwidth))
    cover = kernel[problem.labelled].max(axis=0, initial=0)
    picks = []
    for _ in range(budget):
        gain = {row: np.maximum(kernel[row] - cover, 0).mean() for row in problem.unlabelled.tolist()}
        best = max((round(value, 8), -row) for row, value in gain.items() if row not in picks)
        picks.append(-best[1])
        cover = np.maximum(cover, kernel[picks[-1]])
    return picks


@pytest.mark.parametrize("labelled", [0, 1, 30])
@pytest.mark.parametrize("bandwidth", [0.3, 1.0])
def test_picks_are_those_of_the_definition(labelled, bandwidth):
    problem = Problem(size=131, labelled=labelled)
    picks = problem.select(maxherding, 37, options={"bandwidth": bandwidth}).index
    assert picks.tolist() == definition(problem, np.arange(131), 37, bandwidth)


def test_ties_go_to_the_lower_row():
    problem = Problem(size=120)
    problem.features = problem.features[np.random.default_rng(0).integers(0, 25, 120)]
    picks = problem.select(maxherding, 19).index
    assert picks.tolist() == definition(problem, np.arange(120), 19)


def test_a_large_pool_is_represented_by_a_random_part():
    problem = Problem(size=131)
    query = problem.query(maxherding, 15)
    targets = query.generator.permutation(131)[:50]
    picks = problem.select(maxherding, 15, options={"targets": 50}).index
    assert picks.tolist() == definition(problem, targets, 15)


def test_gains_fall_and_the_first_group_to_be_covered_is_the_largest():
    random = np.random.default_rng(0)
    problem = Problem(size=90, classes=3, width=3, labelled=0)
    problem.labels = np.repeat([0, 1, 2], [50, 30, 10])
    problem.features = (np.eye(3)[problem.labels] + 0.05 * random.normal(size=(90, 3))).astype(np.float32)
    selection = problem.select(maxherding, 3, options={"bandwidth": 0.5})
    assert problem.labels[selection.index].tolist() == [0, 1, 2]
    assert (np.diff(selection.columns["gain"]) < 0).all()
