"""DropQuery against its definition; dropout and k-means have their own tests."""

import numpy as np
import pytest
from definitions import cell_representatives, unit
from queries import Problem

from activepool.features.dropout import with_dropout
from activepool.features.store import FeatureMatrix
from activepool.strategies.dropquery import dropquery


def classes(problem, features):
    return (features.astype(np.float64) @ problem.head.weight.T + problem.head.bias).argmax(axis=1)


def changes(problem, budget, passes=3, rate=0.75):
    """How many of the passes predict another class, for each unlabelled sample."""
    keys = problem.query(dropquery, budget).generator.integers(2**63, size=passes)
    matrix, rows = FeatureMatrix.from_array(problem.features), problem.unlabelled
    return sum(
        classes(problem, with_dropout(matrix, rate, int(key)).take(rows))
        != classes(problem, problem.features[rows])
        for key in keys
    )


@pytest.mark.parametrize(
    ("options", "more_than"),
    [
        ({"candidates": 2}, 1),
        ({"candidates": 25}, 0),
        ({"passes": 7, "candidates": 1}, 3),
        ({"passes": 7, "candidates": 3, "rate": 0.3}, None),
    ],
    ids=str,
)
def test_picks_are_those_of_the_definition(options, more_than):
    problem = Problem(size=311)
    changed = changes(problem, 20, options.get("passes", 3), options.get("rate", 0.75))
    threshold = options.get("passes", 3) // 2
    while threshold > 0 and (changed > threshold).sum() < options["candidates"] * 20:
        threshold -= 1
    assert more_than in (threshold, None)
    candidates = problem.unlabelled[changed > threshold]
    query = problem.query(dropquery, 20, options=options)
    picks = problem.select(dropquery, 20, options=options).index
    assert picks.tolist() == cell_representatives(unit(problem.features), candidates, 20, query)


def test_with_fewer_candidates_than_picks_the_rest_is_random():
    problem = Problem(size=300)
    problem.head.bias[:] = (30, 0, 0, 0, 0)
    problem.head.weight[0] = 0
    changed = changes(problem, 40)
    candidates = problem.unlabelled[changed > 0]
    assert 0 < len(candidates) < 40
    random_picks = set()
    for seed in range(4):
        query = problem.query(dropquery, 40, seed=seed)
        changed_rows = query.unlabelled[
            dropquery.precomputed(query, {"passes": 3, "rate": 0.75})["changes"] > 0
        ]
        picks = problem.select(dropquery, 40, seed=seed).index
        assert set(picks[: len(changed_rows)]) == set(changed_rows)
        random_picks |= set(picks[len(changed_rows) :])
    assert len(random_picks) > 60
