"""ProbCover against its definition, written out in float64; k-means has its own tests."""

import warnings

import numpy as np
import pytest
from queries import Problem

from activepool.compute.blocks import Compute
from activepool.diversity.k_means import k_means
from activepool.errors import InputError, SelectionWarning
from activepool.features.store import FeatureMatrix
from activepool.strategies import probcover as module
from activepool.strategies.probcover import largest_cover, probcover, pure_radius


def distances(problem):
    features = problem.features.astype(np.float64)
    features = (features / np.linalg.norm(features, axis=1, keepdims=True)).astype(np.float32)
    return np.linalg.norm(features[:, None].astype(np.float64) - features, axis=2), features


def definition(problem, radius, budget):
    """Repeatedly the unlabelled sample with the most uncovered samples in its ball; ties by the lower row."""
    near = distances(problem)[0] < radius
    covered = near[problem.labelled].any(axis=0)
    picks, added = [], []
    for _ in range(budget):
        count = {row: int((near[row] & ~covered).sum()) for row in problem.unlabelled.tolist()}
        _, negative = max((number, -row) for row, number in count.items() if row not in picks)
        picks.append(-negative)
        added.append(count[-negative])
        covered |= near[-negative]
    return picks, added


@pytest.mark.parametrize("labelled", [0, 12])
@pytest.mark.parametrize("radius", [0.05, 0.4, 1.0, 3.0])
@pytest.mark.parametrize("budget", [5, 80])
def test_picks_are_those_of_the_definition(labelled, radius, budget):
    problem = Problem(size=161, labelled=labelled)
    selection = problem.select(probcover, budget, options={"radius": radius})
    picks, added = definition(problem, radius, budget)
    assert selection.index.tolist() == picks
    assert selection.columns["covered"].tolist() == added


def test_ties_go_to_the_lower_row():
    problem = Problem(size=150, width=2)
    problem.features = np.random.default_rng(0).integers(1, 4, (150, 2)).astype(np.float32)
    picks = problem.select(probcover, 60, options={"radius": 0.2}).index
    assert picks.tolist() == definition(problem, 0.2, 60)[0]


@pytest.mark.parametrize("radius", [0.05, 0.4, 1.0, 3.0])
@pytest.mark.parametrize("budget", [1, 5, 24, 80])
def test_a_warning_counts_the_picks_that_cover_nothing_else(radius, budget):
    problem = Problem(size=161)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        problem.select(probcover, budget, options={"radius": radius})
    added = definition(problem, radius, budget)[1]
    lone = added.count(0) + added.count(1)
    direction = "below" if added.count(0) > added.count(1) else "above"
    assert len(caught) == (lone > budget / 2)
    for warning in caught:
        assert warning.category is SelectionWarning
        assert f"{lone} of {budget} picks cover nothing new but themselves" in str(warning.message)
        assert str(warning.message).endswith(f"radius {direction} {radius:.4g}")


@pytest.mark.parametrize("purity", [0.5, 0.95, 1.0])
@pytest.mark.parametrize("clusters", [None, 3])
def test_the_radius_is_the_largest_with_enough_pure_balls(purity, clusters):
    problem = Problem(size=161)
    near, features = distances(problem)
    cells = k_means(
        FeatureMatrix.from_array(features),
        np.arange(161),
        clusters or 5,
        problem.query(probcover, 9).generator,
        Compute(),
    )
    alike = cells.cell[:, None] == cells.cell

    def share(radius):
        return (alike | (near >= radius)).all(axis=1).mean()

    candidates = np.unique(near)
    largest = max(radius for radius in candidates if share(radius) >= purity)
    picks = problem.select(probcover, 9, options={"purity": purity, "clusters": clusters}).index
    assert picks.tolist() == definition(problem, largest, 9)[0]


def test_purity_is_estimated_from_some_balls_of_a_large_pool():
    features = np.arange(20, dtype=np.float32)[:, None]
    cell = (np.arange(20) >= 14).astype(int)
    matrix, rows = FeatureMatrix.from_array(features), np.arange(20)
    for balls, purity, expected in (([0, 13, 14, 5], 1.0, 1), ([0, 13, 14, 5], 0.5, 9), ([0, 5], 0.5, 14)):
        radius = pure_radius(matrix, rows, cell, np.array(balls), purity, Compute())
        assert radius == expected


def test_too_many_pairs_are_refused(monkeypatch):
    monkeypatch.setattr(module, "MAX_PAIRS", 5000)
    with pytest.raises(InputError, match=r"more than 5,000 pairs of samples are nearer than the radius 1.5"):
        Problem(size=161, labelled=0).select(probcover, 5, options={"radius": 1.5})


def test_sets_that_add_nothing_come_last_in_order():
    starts, places = np.array([0, 2, 2, 5, 6]), np.array([0, 1, 1, 2, 3, 0], dtype=np.int32)
    picks, added = largest_cover(starts, places, 4, 4)
    assert picks.tolist() == [2, 0, 1, 3]
    assert added.tolist() == [3, 1, 0, 0]
