import numpy as np
import pytest

from activepool.data.allocation import balanced_counts, draw_per_class, rank_within_class
from activepool.errors import InputError


def one_at_a_time(available, budget, remainder="first"):
    """The definition: each sample goes to the class that has fewest so far, among those with more to give."""
    counts = np.zeros(len(available), dtype=int)
    for _ in range(budget):
        giving = np.flatnonzero(counts < available)
        size = -available if remainder == "largest" else np.zeros(len(available))
        counts[min(giving, key=lambda c: (counts[c], size[c], c))] += 1
    return counts


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("remainder", ["first", "largest"])
def test_balanced_counts_equal_giving_one_at_a_time(seed, remainder):
    draws = np.random.default_rng(seed)
    available = draws.integers(0, 12, size=draws.integers(1, 9))
    for budget in range(available.sum() + 1):
        expected = one_at_a_time(available, budget, remainder)
        np.testing.assert_array_equal(balanced_counts(available, budget, remainder), expected)


def test_balanced_counts_of_a_long_tail():
    assert balanced_counts(np.array([1000, 2, 50, 0, 7]), 40).tolist() == [16, 2, 15, 0, 7]


@pytest.mark.parametrize("budget", [-1, 6])
def test_balanced_counts_beyond_the_supply(budget):
    with pytest.raises(InputError, match=f"cannot take {budget} samples: there are 5 to take from"):
        balanced_counts(np.array([2, 3]), budget)


def test_rank_within_class_counts_the_equal_ones_before():
    labels = np.random.default_rng(0).integers(0, 5, size=97)
    expected = [int((labels[:row] == label).sum()) for row, label in enumerate(labels)]
    assert rank_within_class(labels).tolist() == expected


def test_draw_per_class_takes_the_counts_from_the_candidates():
    draws = np.random.default_rng(1)
    labels = draws.integers(0, 4, size=200)
    candidates = np.flatnonzero(draws.random(200) < 0.5)
    counts = np.array([3, 0, 10, 1000])
    rows = draw_per_class(candidates, labels[candidates], counts, np.random.default_rng(2))
    assert len(set(rows.tolist())) == len(rows)
    assert np.isin(rows, candidates).all()
    available = np.bincount(labels[candidates], minlength=4)
    assert np.bincount(labels[rows], minlength=4).tolist() == np.minimum(counts, available).tolist()


def test_draw_per_class_contains_the_draw_of_smaller_counts():
    labels = np.arange(60) % 3
    small, large = (
        draw_per_class(np.arange(60), labels, np.array(counts), np.random.default_rng(3))
        for counts in ([2, 5, 0], [4, 5, 9])
    )
    assert set(small.tolist()) < set(large.tolist())


def test_draw_per_class_is_uniform_within_a_class():
    labels = np.array([0, 1, 0, 0, 1, 0])
    draws = np.random.default_rng(4)
    drawn = np.zeros(6)
    for _ in range(4000):
        drawn[draw_per_class(np.arange(6), labels, np.array([1, 1]), draws)] += 1
    expected = np.where(labels == 0, 1000, 2000)
    assert ((drawn - expected) ** 2 / expected).sum() < 25  # chi-square, 4 degrees of freedom: p < 1e-4
