import numpy as np
import pytest
from queries import Problem

from activepool.diversity import largest_cluster
from activepool.strategies.lcmd import lcmd


def definition(problem, budget):
    """All distances of all samples to all centers, again for each pick."""
    points, pool = problem.features.astype(np.float64), problem.unlabelled
    centers, picks = sorted(problem.labelled.tolist()), []
    while len(picks) < budget:
        remaining = np.setdiff1d(pool, picks)
        if not centers:
            pick = remaining[(points[remaining] ** 2).sum(axis=1).argmax()]
        else:
            squared = np.round(((points[remaining, None] - points[centers]) ** 2).sum(axis=2), 12)
            nearest, center_distance = squared.argmin(axis=1), squared.min(axis=1)
            sums = np.array([center_distance[nearest == number].sum() for number in range(len(centers))])
            sums[np.bincount(nearest, minlength=len(centers)) == 0] = -1
            members = nearest == np.round(sums, 8).argmax()
            pick = remaining[members][center_distance[members].argmax()]
        picks.append(pick)
        centers.append(pick)
    return picks


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("labelled", [0, 1, 23])
@pytest.mark.parametrize("candidates", [3, 192])
def test_picks_are_those_of_the_definition(monkeypatch, seed, labelled, candidates):
    monkeypatch.setattr(largest_cluster, "CANDIDATES", candidates)
    problem = Problem(seed, size=97 + 61 * seed, width=2 + seed, labelled=labelled)
    picks = problem.select(lcmd, 50).index
    assert picks.tolist() == definition(problem, 50)


@pytest.mark.parametrize("labelled", [0, 9])
def test_ties_go_to_the_lower_row_and_the_earlier_center(labelled):
    problem = Problem(2, size=160, labelled=labelled)
    problem.features = np.random.default_rng(1).integers(-2, 3, (160, 2)).astype(np.float32)
    picks = problem.select(lcmd, 120).index
    assert picks.tolist() == definition(problem, 120)


def test_recorded_distances_are_those_to_the_nearest_center():
    problem = Problem(1)
    selection = problem.select(lcmd, 9)
    centers = problem.labelled.tolist()
    for pick, distance in zip(selection.index, selection.columns["distance"], strict=True):
        expected = np.linalg.norm(problem.features[centers].astype(float) - problem.features[pick], axis=1)
        assert np.isclose(distance, expected.min())
        centers.append(pick)
