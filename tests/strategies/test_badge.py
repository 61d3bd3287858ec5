import numpy as np
from queries import Problem

from activepool.heads.linear import LinearHead
from activepool.scores.uncertainty import Logits, log_softmax
from activepool.strategies.badge import badge


def test_the_first_pick_has_the_longest_gradient():
    problem = Problem()
    features = problem.features[problem.unlabelled].astype(np.float64)
    logits = features @ problem.head.weight.T + problem.head.bias
    residuals = np.exp(log_softmax(Logits(logits))) - np.eye(problem.classes)[logits.argmax(axis=1)]
    lengths = np.linalg.norm(residuals, axis=1) * np.linalg.norm(features, axis=1)
    for seed in range(3):
        picks = problem.select(badge, 12, seed=seed).index
        assert picks[0] == problem.unlabelled[lengths.argmax()]


def test_picks_are_more_diverse_than_the_longest_gradients():
    """Two tight groups: the one with the longer gradients must not take all picks."""
    problem = Problem(size=200, labelled=10)
    random = np.random.default_rng(0)
    group = np.arange(200) % 2
    centres = np.stack([np.full(7, 3.0), np.tile([1.0, -1.0], 4)[:7]])
    problem.features = (centres[group] + 0.01 * random.normal(size=(200, 7))).astype(np.float32)
    problem.head = LinearHead(0 * problem.head.weight, 0 * problem.head.bias)
    picks = problem.select(badge, 6).index
    assert set(group[picks[:2]]) == {0, 1}
