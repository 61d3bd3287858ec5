import numpy as np
import pytest
from sklearn.metrics import cohen_kappa_score

from activepool.evaluation.progress import cohens_kappa, is_settled


@pytest.mark.parametrize("seed", range(12))
def test_kappa_by_its_definition(seed):
    random = np.random.default_rng(seed)
    first = random.integers(0, 2 + seed % 4, 5 + 13 * seed)
    second = np.where(random.random(len(first)) < 0.7, first, random.integers(0, 6, len(first)))
    observed = np.mean(first == second)
    by_chance = sum(np.mean(first == label) * np.mean(second == label) for label in range(6))
    kappa = cohens_kappa(first, second)
    assert kappa == pytest.approx((observed - by_chance) / (1 - by_chance), rel=1e-12)
    assert kappa == pytest.approx(cohen_kappa_score(first, second), rel=1e-12)
    assert kappa == cohens_kappa(second, first)


def test_kappa_at_its_ends():
    labels = np.array([0, 1, 2, 2, 1])
    assert cohens_kappa(labels, labels) == 1.0
    assert cohens_kappa(np.array([0, 1]), np.array([1, 0])) == -1.0
    assert cohens_kappa(np.array([3, 3, 3]), np.array([0, 0, 0])) == 0.0
    assert cohens_kappa(np.array([3, 3]), np.array([3, 3])) is None
    assert cohens_kappa(labels[:0], labels[:0]) is None


@pytest.mark.parametrize(
    ("agreements", "settled"),
    [
        ([], False),
        ([1.0, 1.0], False),
        ([0.99, 0.99, 0.99], True),
        ([0.2, 1.0, 0.995, 0.99], True),
        ([1.0, 1.0, 1.0, 0.98], False),
        ([1.0, None, 1.0], False),
        ([None, 1.0, 1.0, 1.0], True),
        ([1.0, 1.0, 0.9899999], False),
    ],
)
def test_stop_rule(agreements, settled):
    assert is_settled(agreements) is settled
