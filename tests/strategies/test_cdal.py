import numpy as np
import pytest
from queries import Problem

from activepool.strategies.cdal import cdal


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("labelled", [1, 17])
def test_picks_are_the_farthest_in_probabilities(seed, labelled):
    problem = Problem(seed, size=150 + 61 * seed, classes=2 + 2 * seed, labelled=labelled)
    problem.features = problem.features[np.random.default_rng(seed).integers(0, 80, len(problem.features))]
    points = np.round(problem.probabilities() * 2**24) / 2**24
    picks = problem.select(cdal, 40)
    centres = problem.labelled.tolist()
    for pick, distance in zip(picks.index, picks.columns["distance"], strict=True):
        squared = ((points[problem.unlabelled, None] - points[centres]) ** 2).sum(axis=2).min(axis=1)
        squared[np.isin(problem.unlabelled, centres)] = -1
        assert pick == problem.unlabelled[squared.argmax()]
        assert np.isclose(distance**2, squared.max())
        centres.append(pick)
