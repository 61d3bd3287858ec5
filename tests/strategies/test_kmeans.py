import numpy as np
import pytest
from queries import Problem

from activepool.diversity.k_means import k_means
from activepool.features.store import FeatureMatrix
from activepool.strategies.kmeans import kmeans


def definition(problem, features, budget):
    """The sample nearest to the centre of each cell; the cells from the strategy's own random stream."""
    query, rows = problem.query(kmeans, budget), problem.unlabelled
    cells = k_means(FeatureMatrix.of_array(features), rows, budget, query.generator, query.compute).cell
    members = sorted((rows[cells == cell] for cell in range(budget)), key=len, reverse=True)
    return [
        part[np.linalg.norm(features[part] - features[part].mean(axis=0), axis=1).argmin()]
        for part in members
    ]


@pytest.mark.parametrize("normalise", [False, True])
@pytest.mark.parametrize("labelled", [0, 12])
def test_picks_are_those_of_the_definition(normalise, labelled):
    problem = Problem(size=191, labelled=labelled)
    features = problem.features.astype(np.float64)
    if normalise:
        features = (features / np.linalg.norm(features, axis=1, keepdims=True)).astype(np.float32)
    picks = problem.select(kmeans, 14, options={"normalise": normalise}).index
    assert picks.tolist() == definition(problem, features, 14)


def test_every_group_gets_a_pick():
    problem = Problem(size=300, classes=9)
    problem.features += 50 * np.eye(9, 7, dtype=np.float32)[problem.labels] * (1 + problem.labels[:, None])
    problem.features[problem.labels == 8, 0] -= 500
    picks = problem.select(kmeans, 9).index
    assert set(problem.labels[picks]) == set(range(9))
