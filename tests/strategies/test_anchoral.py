import numpy as np
import pytest
from definitions import unit
from queries import Problem

from activepool.errors import InputError
from activepool.strategies.anchoral import anchoral, k_means_plus_plus
from activepool.strategies.registry import find_strategy


def subset(problem, rows, neighbours, size):
    """The unlabelled samples near to anchors, those of the largest mean similarity."""
    points, similarities = unit(problem.features), {}
    for row in rows:
        squared = np.round(((points[problem.unlabelled] - points[row]) ** 2).sum(axis=1), 14)
        for place in np.lexsort((problem.unlabelled, squared))[:neighbours]:
            similarities.setdefault(problem.unlabelled[place], []).append(1 - squared[place] / 2)
    ranked = sorted(similarities, key=lambda row: (-round(np.mean(similarities[row]), 10), row))
    return set(ranked[:size])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("size", [21, 1000])
def test_picks_are_those_of_the_strategy_near_the_anchors(seed, size):
    """With as many anchors as labelled samples, all of those are anchors."""
    problem = Problem(seed, size=260, labelled=14)
    problem.features = problem.features[np.random.default_rng(seed).permutation(260) // 2]
    options = {"of": "entropy", "anchors": 99, "neighbours": 12, "subset": size}
    order = find_strategy("entropy")
    picks = problem.select(anchoral, 9, options=options).index
    keys, anchors = set(), []
    for row in problem.labelled:  # equal samples of a class are one anchor
        key = problem.labels[row], problem.features[row].tobytes()
        anchors += [] if key in keys else [row]
        keys.add(key)
    near = subset(problem, anchors, 12, size)
    whole = problem.select(order, len(problem.unlabelled)).index
    assert picks.tolist() == [row for row in whole.tolist() if row in near][:9]


def test_anchors_are_drawn_in_proportion_to_the_squared_distance():
    points = np.array([[0.0, 0], [0, 0], [3, 0], [0, 4]])
    drawn = [k_means_plus_plus(points, 2, np.random.default_rng(seed)) for seed in range(4000)]
    second = np.array([pair[1] for pair in drawn if pair[0] == 0])
    share = np.mean(second == 3)
    assert abs(share - 16 / 25) < 4 * np.sqrt(16 / 25 * 9 / 25 / len(second))
    assert all(points[pair[0]].tolist() != points[pair[1]].tolist() for pair in drawn)


def test_equal_points_have_one_anchor():
    assert len(k_means_plus_plus(np.ones((5, 3)), 4, np.random.default_rng(0))) == 1


def test_a_subset_must_hold_the_budget():
    with pytest.raises(InputError, match="strategy 'anchoral': subset is 8; it must be at least 9"):
        Problem().select(anchoral, 9, options={"of": "margin", "subset": 8})
