from dataclasses import replace

import numpy as np
import pytest
from queries import Problem

from activepool.heads.linear import LinearHead
from activepool.strategies.balancing import balancing


@pytest.fixture
def problem():
    """Class 0 has most of the labelled set, class 3 none; the head is that of the nearest class mean."""
    problem = Problem(size=300, classes=4)
    by_class = [np.flatnonzero(problem.labels == label) for label in range(4)]
    problem.labelled = np.concatenate([by_class[0][:25], by_class[1][:6], by_class[2][:5]])
    means = np.array([problem.features[rows].mean(axis=0) for rows in by_class])
    problem.head = LinearHead(means, -np.square(means).sum(axis=1) / 2)
    return problem


def test_with_budget_to_spare_picks_are_random(problem):
    query = replace(problem.query(balancing, 10), remaining_budget=10_000)
    expected = problem.query(balancing, 10).generator.permutation(problem.unlabelled)[:10]
    assert balancing.pick(query).index.tolist() == expected.tolist()


def test_without_budget_to_spare_the_rare_classes_gain(problem):
    query = replace(problem.query(balancing, 40), remaining_budget=40)
    gained = np.bincount(problem.labels[balancing.pick(query).index], minlength=4)
    assert gained[0] <= 4
    assert gained[1:].min() >= 8


def test_labels_of_the_picks_are_not_looked_at_but_predicted(problem):
    """A head that calls everything class 3 makes class 1 or 2 the rarest for ever."""
    always_3 = LinearHead(0 * problem.head.weight, np.array([0, 0, 0, 1], dtype=np.float32))
    problem.head = always_3
    query = replace(problem.query(balancing, 30), remaining_budget=30)
    gained = np.bincount(problem.labels[balancing.pick(query).index], minlength=4)
    assert gained[2] >= 20
