import numpy as np
import pytest
from queries import Problem
from scipy.special import softmax

from activepool.diversity import fisher
from activepool.errors import InputError
from activepool.strategies.bait import bait


def definition(problem, budget, regularisation):
    """The trace with each sample added or removed, from the inverse of its own matrix."""
    points = problem.features.astype(np.float64)
    p = softmax(points @ problem.head.weight.T.astype(float) + problem.head.bias, axis=1).max(axis=1)
    information = (p * (1 - p))[:, None, None] * points[:, :, None] * points[:, None, :]
    pool, labelled = problem.unlabelled, problem.labelled
    target = information[np.concatenate([pool, labelled])].mean(axis=0)
    size = len(labelled) + budget
    matrix = regularisation * np.eye(points.shape[1]) + information[labelled].sum(axis=0) / size

    def trace(changed):
        return np.round(np.trace(np.linalg.inv(changed) @ target, axis1=-2, axis2=-1), 9)

    picks: list[int] = []
    while len(picks) < min(2 * budget, len(pool)):
        left = np.setdiff1d(pool, picks)
        picks.append(int(left[trace(matrix + information[left] / size).argmin()]))
        matrix = matrix + information[picks[-1]] / size
    while len(picks) > budget:
        rows = np.sort(picks)[::-1]
        removed = int(rows[trace(matrix - information[rows] / size).argmin()])
        matrix = matrix - information[removed] / size
        picks.remove(removed)
    return picks


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("candidates", [1, 4, 32])
def test_picks_are_those_of_the_definition(monkeypatch, seed, candidates):
    monkeypatch.setattr(fisher, "CANDIDATES", candidates)
    problem = Problem(seed, size=90 + 31 * seed, width=2 + 2 * seed, classes=2 + seed, labelled=3 + 5 * seed)
    regularisation = (1.0, 0.01, 1.0, 10.0, 1.0)[seed]
    picks = problem.select(bait, 17, options={"regularisation": regularisation}).index
    assert picks.tolist() == definition(problem, 17, regularisation)


def test_ties_go_to_the_lower_row():
    problem = Problem(1, size=120, width=4)
    problem.features = problem.features[np.random.default_rng(0).integers(0, 30, 120)]
    problem.features[problem.labelled] = problem.features[0]
    picks = problem.select(bait, 30).index
    assert picks.tolist() == definition(problem, 30, 1.0)


@pytest.mark.parametrize("budget", [80, 100, 145])
def test_a_budget_of_more_than_half_of_the_pool(budget):
    problem = Problem(4)
    assert problem.select(bait, budget).index.tolist() == definition(problem, budget, 1.0)


def test_features_that_are_not_finite_are_named():
    problem = Problem()
    problem.features[problem.unlabelled[5], 2] = np.nan
    with pytest.raises(InputError, match=f"row {problem.unlabelled[5]} has values that are not finite"):
        problem.select(bait, 5)
