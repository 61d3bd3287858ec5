import numpy as np
import pytest

from activepool.data.splits import (
    held_out_rows,
    initial_pool,
    unlabelled_pool,
    validation_counts,
    validation_rows,
)
from activepool.errors import InputError


def test_the_pool_is_what_is_left():
    assert unlabelled_pool(8, np.array([7, 0]), np.array([3])).tolist() == [1, 2, 4, 5, 6]


@pytest.mark.parametrize(
    ("validation", "labelled", "words"),
    [
        ([8], [], "the validation split names row 8, but train/features has 8 rows"),
        ([], [-1], "the labelled set names row -1"),
        ([2], [2], "the labelled set names row 2, which is in the validation split as well"),
    ],
)
def test_rows_that_do_not_fit(validation, labelled, words):
    with pytest.raises(InputError, match=words):
        unlabelled_pool(8, np.array(validation, dtype=int), np.array(labelled, dtype=int))


def long_tail(seed=0, unknown=20):
    """Shuffled labels of classes of 60, 31, 8, 3 samples, and some unknown."""
    labels = np.repeat([0, 1, 2, 3, -1], [60, 31, 8, 3, unknown])
    return np.random.default_rng(seed).permutation(labels)


NAMES = ["ant", "bee", "cat", "dog"]


def test_held_out_rows_are_a_fraction_of_each_class():
    labels = long_tail()
    rows = held_out_rows(labels, 0.2)
    assert (np.diff(rows) > 0).all()
    assert np.bincount(labels[rows]).tolist() == [12, 6, 2, 1]
    np.testing.assert_array_equal(rows, held_out_rows(labels, 0.2))


def test_held_out_rows_leave_one_of_each_class():
    labels = np.array([0, 1, 1, 2, 2, 2])
    assert np.bincount(labels[held_out_rows(labels, 0.99)], minlength=3).tolist() == [0, 1, 2]


@pytest.mark.parametrize("fraction", [0, 1, 1.5, -0.1])
def test_fractions_lie_between_0_and_1(fraction):
    with pytest.raises(InputError, match=f"test_fraction: {fraction} must lie between 0 and 1"):
        held_out_rows(long_tail(), fraction)
    with pytest.raises(InputError, match=f"validation fraction: {fraction} must lie between 0 and 1"):
        validation_rows(long_tail(), fraction, 0, NAMES)


def test_validation_is_as_balanced_as_the_classes_allow():
    labels = long_tail()
    rows = validation_rows(labels, 0.3, 0, NAMES)
    # 31 of 102 labelled samples; the two small classes give all but the one that they keep for the pool.
    assert np.bincount(labels[rows]).tolist() == [11, 11, 7, 2]
    assert (np.diff(rows) > 0).all()
    assert (labels[rows] >= 0).all()


def test_validation_depends_on_the_seed_alone():
    labels = long_tail()
    first, again, other_seed = (validation_rows(labels, 0.2, seed, NAMES) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other_seed)


def test_validation_of_equal_classes_is_equal():
    labels = np.random.default_rng(0).permutation(np.repeat(np.arange(7), 50))
    rows = validation_rows(labels, 0.1, 3, [str(c) for c in range(7)])
    assert np.bincount(labels[rows]).tolist() == [5] * 7


def test_validation_leaves_out_classes_without_samples():
    assert validation_counts(np.array([10, 0, 10, 0]), 0.2, NAMES).tolist() == [2, 0, 2, 0]


def test_validation_is_a_multiple_of_the_classes_where_asked():
    """ImageNet's training part in the code of Emam et al.: a hundredth is 12,812, and 12,000 are taken."""
    counts = np.repeat([1281, 1282], [833, 167])
    names = [str(c) for c in range(1000)]
    assert validation_counts(counts, 0.01, names, "classes").tolist() == [12] * 1000
    assert validation_counts(counts, 0.01, names).sum() == 12_812
    labels = long_tail()
    assert len(validation_rows(labels, 0.3, 0, NAMES, "classes")) == 28
    with pytest.raises(InputError, match=r"is 0, fewer than one for each of 2 .* at least 0\.0834$"):
        validation_counts(np.array([20, 0, 28, 0]), 0.08, NAMES, "classes")


@pytest.mark.parametrize(
    ("counts", "fraction", "words"),
    [
        ([10, 1, 10, 1], 0.5, r"class 'bee' has 1 labelled train sample \(2 such classes\); .*add samples"),
        ([10, 10, 10, 10], 0.05, r"0.05 of 40 .* is 2, fewer than one for each of 4 .* at least 0.1$"),
        ([10, 10, 10, 10], 0.95, "is 38, which leaves some of 4 classes without a sample in the pool; lower"),
        ([0, 0, 0, 0], 0.5, "the train part has no labelled sample"),
    ],
)
def test_validation_that_cannot_be_made(counts, fraction, words):
    with pytest.raises(InputError, match=words):
        validation_counts(np.array(counts), fraction, NAMES)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (
            ["bird", "ant", "Bird"],
            "class 'Bird' (there is also 'bird', with 9) has 1 labelled train sample; the",
        ),
        (["bird", "ant", "bee"], "class 'bee' has 1 labelled train sample; the"),
        (
            ["wasp", "Wasp", "eel"],
            "class 'Wasp' (there is also 'wasp', with 9) has 1 labelled train sample (2 such",
        ),
    ],
)
def test_a_class_of_one_sample_may_be_a_typo(names, words):
    counts = [9, 1 + 4 * ("ant" in names), 1]
    with pytest.raises(InputError) as raised:
        validation_counts(np.array(counts), 0.5, names)
    assert str(raised.value).startswith(words)


@pytest.mark.parametrize("fraction", [4 / 102, 0.1, 0.5, 98 / 102])
def test_validation_and_pool_both_have_each_class(fraction):
    counts = np.array([60, 31, 8, 3])
    chosen = validation_counts(counts, fraction, NAMES)
    assert chosen.sum() == round(fraction * 102)
    assert (chosen >= 1).all()
    assert (counts - chosen >= 1).all()


@pytest.mark.parametrize("kind", ["random", "balanced"])
def test_initial_pool_is_labelled_and_outside_validation(kind):
    labels = long_tail()
    validation = validation_rows(labels, 0.2, 0, NAMES)
    rows = initial_pool(labels, validation, kind, 30, 0)
    assert len(set(rows.tolist())) == 30
    assert (labels[rows] >= 0).all()
    assert not np.isin(rows, validation).any()
    np.testing.assert_array_equal(rows, initial_pool(labels, validation, kind, 30, 0))
    assert set(rows.tolist()) != set(initial_pool(labels, validation, kind, 30, 1).tolist())


def test_balanced_initial_pool_of_unequal_classes():
    labels = long_tail()
    rows = initial_pool(labels, np.flatnonzero(labels == 3)[:1], "balanced", 25, 0)
    assert np.bincount(labels[rows]).tolist() == [8, 8, 7, 2]


def test_random_initial_pool_is_uniform():
    labels = np.array([0, 0, 0, 1, -1, 0])
    chosen = np.concatenate([initial_pool(labels, np.array([1]), "random", 2, seed) for seed in range(1500)])
    counts = np.bincount(chosen, minlength=6)
    assert counts[[1, 4]].tolist() == [0, 0]
    assert (((counts[[0, 2, 3, 5]] - 750) ** 2) / 750).sum() < 25  # chi-square, p < 1e-4


def test_larger_random_pool_starts_with_the_smaller():
    labels = long_tail()
    none = np.empty(0, dtype=np.int64)
    large = initial_pool(labels, none, "random", 50, 5)
    np.testing.assert_array_equal(initial_pool(labels, none, "random", 20, 5), large[:20])


@pytest.mark.parametrize("kind", ["random", "balanced"])
@pytest.mark.parametrize("size", [0, 5])
def test_initial_pool_of_a_size_that_is_not_there(kind, size):
    labels = np.array([0, 1, -1, 0, 1, 0])
    with pytest.raises(InputError, match=f"initial pool of {size} samples: it must be from 1 to 4"):
        initial_pool(labels, np.array([0]), kind, size, 0)


def test_initial_pool_of_an_unknown_kind():
    with pytest.raises(InputError, match="kind 'clever' is not known; it must be random or balanced"):
        initial_pool(np.array([0, 1]), np.array([0]), "clever", 1, 0)
