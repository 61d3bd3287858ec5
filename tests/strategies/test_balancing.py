from dataclasses import replace

import numpy as np
import pytest
from queries import Problem

from activepool.heads.linear import LinearHead
from activepool.strategies.balancing import balancing
from activepool.strategies.registry import find_strategy

#: The choices of the code of Emam et al. 2021.
PAPERS = {"horizon": "round", "counts_as": "label", "majority": "farthest"}


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


def papers_query(features, labels, classes, labelled, shuffled, budget):
    """The query of the code of Emam et al. 2021 (balancing_sampler.py), which sees the label of each pick.

    Where the code draws a random sample, this takes the next of ``shuffled``.

    Returns: the picks, and whether each was drawn.
    """
    is_labelled = np.isin(np.arange(len(labels)), labelled)
    picks, drawn = [], []
    for remaining_budget in range(budget, 0, -1):
        counts = np.bincount(labels[is_labelled], minlength=classes)
        is_frequent = counts > counts.mean()
        if is_frequent.any():
            excess = counts[is_frequent].mean() - counts[~is_frequent].mean()
            drawn.append(bool(remaining_budget > (~is_frequent).sum() * excess))
        else:  # equal counts: the code compares with 0/0, and draws
            drawn.append(True)
        if drawn[-1]:
            pick = next(row for row in shuffled if not is_labelled[row])
        else:
            members = np.eye(classes, dtype=np.float32)[labels[is_labelled]]
            means = (members / (members.sum(axis=0) + 1e-5)).T @ features[is_labelled]
            pool = np.flatnonzero(~is_labelled)
            squared = np.square(features[pool, None] - means).sum(axis=2)
            rarest = counts.argmin()
            distance = squared[:, rarest] if counts[rarest] else 1
            pick = int(pool[(distance / squared[:, is_frequent].max(axis=1)).argmin()])
        is_labelled[pick] = True
        picks.append(pick)
    return picks, drawn


@pytest.mark.parametrize("rarest", [2, 0])
def test_with_the_choices_of_the_papers_code_all_picks_are_its(rarest):
    problem = Problem(size=900, width=16, classes=6)
    by_class = [np.flatnonzero(problem.labels == label) for label in range(6)]
    sizes = [14, 9, 8, 6, 4, rarest]
    problem.labelled = np.concatenate([rows[:size] for rows, size in zip(by_class, sizes, strict=True)])
    all_picks, all_expected, all_drawn = [], [], []
    for round_number in (1, 2, 3):
        settings = {"options": PAPERS, "round_number": round_number}
        shuffled = problem.query(balancing, 20, **settings).generator.permutation(problem.unlabelled)
        picks = problem.select(balancing, 20, **settings).index.tolist()
        expected, drawn = papers_query(problem.features, problem.labels, 6, problem.labelled, shuffled, 20)
        problem.labelled = np.append(problem.labelled, expected)
        all_picks, all_expected, all_drawn = all_picks + picks, all_expected + expected, all_drawn + drawn
    assert all_picks == all_expected
    assert len(all_picks) == 60 and {*all_drawn} == {False, True}


def test_what_is_read_follows_from_the_options():
    assert set(find_strategy("balancing").reads) == {"features", "head", "remaining_budget"}
    papers = find_strategy("balancing", PAPERS)
    assert papers.reads == ("features", "labels_of_picks")
    assert papers.reads_pool_labels and not papers.is_oracle
