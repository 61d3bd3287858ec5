"""Every strategy picks on any device what it picks with NumPy on a CPU."""

import numpy as np
import pytest
from devices import TORCH_DEVICES
from queries import REQUIRED_OPTIONS, Problem

from activepool.strategies.registry import builtin_strategies

STRATEGIES = [strategy for strategy in builtin_strategies().values() if not strategy.image_model]


@pytest.mark.parametrize("strategy", STRATEGIES, ids=lambda strategy: strategy.name)
@pytest.mark.parametrize("device", TORCH_DEVICES)
def test_picks_are_those_of_the_cpu(strategy, device):
    problem = Problem(seed=4, size=2000, width=16, labelled=60, dtype=np.float16)
    options = REQUIRED_OPTIONS.get(strategy.name)
    expected = problem.select(strategy, 40, options=options).index
    picks = problem.select(strategy, 40, options=options, device=device, workers=2).index
    assert picks.tolist() == expected.tolist()
