"""Scores on any device are those of a CPU."""

import numpy as np
import pytest
from devices import TORCH_DEVICES
from queries import Problem

from activepool.compute.blocks import BLOCK_ROWS, Compute
from activepool.features.store import FeatureMatrix
from activepool.scores.nearest import NearestPerClass
from activepool.scores.pool_scorer import SCORES, PoolScorer

SIZE = 2 * BLOCK_ROWS + 100


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("device", TORCH_DEVICES)
def test_scores_are_those_of_the_cpu(device, dtype):
    problem = Problem(size=SIZE, width=32, classes=9, dtype=dtype)
    features = FeatureMatrix.from_array(problem.features)

    def scored(compute):
        nearest = NearestPerClass(problem.classes, 50)
        scores = PoolScorer(features, problem.head, compute).score(np.arange(SIZE), SCORES, nearest)
        return scores, nearest.lists()[0]

    (expected, expected_nearest), (result, nearest) = scored(Compute()), scored(Compute(device, 2))
    assert result["predicted"].tolist() == expected["predicted"].tolist()
    for name in SCORES:
        np.testing.assert_allclose(result[name], expected[name], rtol=1e-3, atol=1e-4)
    assert (np.sort(nearest) == np.sort(expected_nearest)).mean() > 0.99
