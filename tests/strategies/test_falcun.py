import numpy as np
import pytest
from queries import Problem

from activepool.diversity import l1_distances as module
from activepool.strategies.falcun import falcun


def definition(problem, budget, gamma, generator):
    """Algorithm 1, with the distances of all samples to each pick."""
    points = (np.round(problem.probabilities() * 2**24) / 2**24)[problem.unlabelled]
    top = np.sort(points, axis=1)
    uncertainty = 1 - (top[:, -1] - top[:, -2])
    distance, remaining, picks = uncertainty.copy(), np.ones(len(points), bool), []
    while len(picks) < budget:
        least, largest = distance[remaining].min(), distance[remaining].max()
        scaled = (distance - least) / (largest - least) if largest > least else 0
        weights = np.where(remaining, (scaled + uncertainty) / 2, 0) ** gamma
        if largest == 0:
            weights = remaining.astype(float)
        total = np.cumsum(weights)
        pick = int(np.searchsorted(total, generator.random() * total[-1], side="right"))
        picks.append(pick)
        remaining[pick] = False
        distance = np.minimum(distance, np.abs(points - points[pick]).sum(axis=1))
    return problem.unlabelled[picks]


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("gamma", [10.0, 1.0])
def test_picks_are_those_of_the_definition(seed, gamma):
    problem = Problem(seed, size=220 + 53 * seed, classes=2 + 3 * seed)
    problem.head.weight[:] *= (0.2, 1.0, 0.05)[seed % 3]
    problem.features = problem.features[np.random.default_rng(seed).integers(0, 120, len(problem.features))]
    picks = problem.select(falcun, 110, options={"gamma": gamma}).index
    expected = definition(problem, 110, gamma, problem.query(falcun, 110).generator)
    assert picks.tolist() == expected.tolist()


def test_once_all_samples_equal_a_pick_the_rest_is_random():
    problem = Problem(size=90)
    problem.features = problem.features[np.arange(90) % 4]
    picks = problem.select(falcun, 60).index
    assert picks.tolist() == definition(problem, 60, 10.0, problem.query(falcun, 60).generator).tolist()


@pytest.mark.parametrize("kept", [0, 5 * 40, 5 * 145])
def test_picks_are_the_same_however_many_probabilities_are_kept(monkeypatch, kept):
    monkeypatch.setattr(module, "KEPT_ENTRIES", kept)
    monkeypatch.setattr(module, "SHARED_ENTRIES", 2 * kept)
    problem = Problem()
    picks = problem.select(falcun, 60).index
    assert picks.tolist() == definition(problem, 60, 10.0, problem.query(falcun, 60).generator).tolist()
