import numpy as np
import pytest
from queries import Problem

from activepool.strategies.balanced_random import balanced_random


def papers_counts(available, budget):
    """What the code of Emam et al. 2021 (balanced_random_sampler.py) takes of classes of different sizes."""
    for level in range(budget + 1):
        counts = np.minimum(available, level)
        remainder = budget - counts.sum()
        if 0 <= remainder <= np.count_nonzero(available > level):
            break
    counts[np.argsort(available)[len(available) - remainder :]] += 1
    return counts


@pytest.mark.parametrize("budget", range(1, 150, 7))
def test_the_largest_classes_get_the_remainder_as_in_the_papers_code(budget):
    problem = Problem()
    problem.labels = np.random.default_rng(1).permutation(np.repeat(range(5), [60, 45, 30, 15, 7]))
    available = np.bincount(problem.labels[problem.unlabelled], minlength=5)
    assert len({*available.tolist()}) == 5
    picks = problem.select(balanced_random, min(budget, available.sum()), options={"remainder": "largest"})
    counts = np.bincount(problem.labels[picks.index], minlength=5)
    assert counts.tolist() == papers_counts(available, min(budget, available.sum())).tolist()


def test_the_first_classes_get_it_by_default():
    problem = Problem()
    problem.labels = np.arange(157) % 5
    counts = np.bincount(problem.labels[problem.select(balanced_random, 12).index])
    assert counts.tolist() == [3, 3, 2, 2, 2]
