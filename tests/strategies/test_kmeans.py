import numpy as np
import pytest
from definitions import cell_representatives, unit
from queries import Problem

from activepool.strategies.kmeans import kmeans


@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize("labelled", [0, 12])
def test_picks_are_those_of_the_definition(normalise, labelled):
    problem = Problem(size=191, labelled=labelled)
    features = unit(problem.features) if normalise else problem.features.astype(np.float64)
    picks = problem.select(kmeans, 14, options={"normalise": normalise}).index
    query = problem.query(kmeans, 14)
    assert picks.tolist() == cell_representatives(features, problem.unlabelled, 14, query)


def test_every_group_gets_a_pick():
    problem = Problem(size=300, classes=9)
    problem.features += 50 * np.eye(9, 7, dtype=np.float32)[problem.labels] * (1 + problem.labels[:, None])
    problem.features[problem.labels == 8, 0] -= 500
    picks = problem.select(kmeans, 9).index
    assert set(problem.labels[picks]) == set(range(9))
