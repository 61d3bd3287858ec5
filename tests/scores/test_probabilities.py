import numpy as np
import pytest
from queries import Problem

from activepool.features.store import FeatureMatrix
from activepool.scores.probabilities import GRID, probabilities


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_rows_are_the_softmax_of_the_logits(dtype):
    problem = Problem(1, size=2500, dtype=dtype)
    points = probabilities(FeatureMatrix.from_array(problem.features), problem.head)
    assert points.shape == (2500, 5)
    expected = np.round(problem.probabilities() * GRID) / GRID
    rows = np.random.default_rng(0).permutation(2500)
    assert np.array_equal(points.take(rows), expected[rows].astype(np.float32))
    assert np.array_equal(points.take(rows[:7], np.float64), expected[rows[:7]])
    assert np.array_equal(points.block(slice(3, 2400)), expected[3:2400].astype(np.float32))


def test_what_is_not_finite_stays_so():
    problem = Problem()
    problem.features[3, 1] = np.inf
    assert np.isnan(
        probabilities(FeatureMatrix.from_array(problem.features), problem.head).take(np.array([3]))
    ).all()
