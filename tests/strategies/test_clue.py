import numpy as np
import pytest
from queries import Problem
from scipy.special import softmax

from activepool.diversity.k_means import k_means
from activepool.features.store import FeatureMatrix
from activepool.strategies.clue import clue


def entropies(problem, temperature):
    features, weight = problem.features[problem.unlabelled].astype(float), problem.head.weight.astype(float)
    values = softmax((features @ weight.T + problem.head.bias) / temperature, axis=1)
    return -(values * np.log(values)).sum(axis=1)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("temperature", [1.0, 0.5])
def test_picks_are_the_nearest_to_the_weighted_means_of_the_cells(seed, temperature):
    problem = Problem(seed, size=240)
    query, rows = problem.query(clue, 15), problem.unlabelled
    weights = np.round(entropies(problem, temperature) * 2.0**36) / 2.0**36
    matrix, arguments = FeatureMatrix.from_array(problem.features), (query.generator, query.compute)
    cell = k_means(matrix, rows, 15, *arguments, weights).cell
    members = [np.flatnonzero(cell == number) for number in range(cell.max() + 1)]
    expected = []
    for part in sorted(members, key=lambda part: -weights[part].sum()):
        points = problem.features[rows[part]].astype(float)
        centre = (points * weights[part, None]).sum(axis=0) / weights[part].sum()
        expected.append(rows[part][np.linalg.norm(points - centre, axis=1).argmin()])
    picks = problem.select(clue, 15, options={"temperature": temperature}).index
    assert picks[: len(expected)].tolist() == expected


def test_picks_are_where_the_head_is_not_sure():
    """Two groups of equal size, and one of them certain: all picks but few are of the other."""
    problem = Problem(size=400, width=4, classes=2)
    random = np.random.default_rng(0)
    group = np.arange(400) % 2
    problem.features = random.normal(size=(400, 4)).astype(np.float32)
    problem.features[:, 0] = np.where(group, 30, 0)
    problem.head.weight[:], problem.head.bias[:] = np.eye(2, 4), 0
    picks = problem.select(clue, 40).index
    assert group[picks].mean() < 0.1


def test_a_head_without_doubt_leaves_plain_cells():
    problem = Problem(size=200)
    problem.head.weight[:], problem.head.bias[:] = 0, (900, 0, 0, 0, 0)
    assert len(set(problem.select(clue, 30).index.tolist())) == 30
