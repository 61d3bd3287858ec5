import numpy as np
import pytest

from activepool.data.previews import Preview
from activepool.data.settings import DatasetSettings, Imbalance
from activepool.data.subset import long_tail_counts, long_tail_rows
from activepool.errors import InputError


def published_counts(num_classes, largest, kind, factor):
    """get_img_num_per_cls of the code of Cao et al. 2019, for classes of one size and an even number."""
    if kind == "exp":
        return [int(largest * factor ** (c / (num_classes - 1.0))) for c in range(num_classes)]
    half = num_classes // 2
    return [int(largest)] * half + [int(largest * factor)] * half


@pytest.mark.parametrize("kind", ["exp", "step"])
@pytest.mark.parametrize("factor", [0.01, 0.1, 0.37, 1.0])
@pytest.mark.parametrize(("num_classes", "largest"), [(10, 5000), (100, 500), (2, 777)])
def test_equal_classes_become_as_published(kind, factor, num_classes, largest):
    counts = long_tail_counts(np.full(num_classes, largest), Imbalance(kind=kind, factor=factor))
    assert counts.tolist() == published_counts(num_classes, largest, kind, factor)


def test_cifar10_of_factor_100():
    counts = long_tail_counts(np.full(10, 5000), Imbalance(kind="exp", factor=0.01))
    assert counts.tolist() == [5000, 2997, 1796, 1077, 645, 387, 232, 139, 83, 50]


def test_a_class_keeps_at_most_what_it_has():
    assert long_tail_counts(np.array([5, 100, 80, 0, 70]), Imbalance(kind="exp", factor=0.5)).tolist() == [
        5,
        84,
        70,
        0,
        50,
    ]


def test_the_middle_class_is_of_the_larger_half():
    assert long_tail_counts(np.full(5, 10), Imbalance(kind="step", factor=0.2)).tolist() == [10, 10, 10, 2, 2]


def test_one_class_keeps_all():
    assert long_tail_counts(np.array([9]), Imbalance(kind="exp", factor=0.1)).tolist() == [9]


def test_rows_follow_the_counts_and_unknown_ones_stay():
    labels = np.random.default_rng(0).permutation(np.repeat([0, 1, 2, -1], [50, 40, 60, 30]))
    rows = long_tail_rows(labels, "abc", Imbalance(kind="exp", factor=0.25))
    assert (np.diff(rows) > 0).all()
    row_labels = labels[rows]
    assert (
        np.bincount(row_labels[row_labels >= 0]).tolist()
        == long_tail_counts(np.array([50, 40, 60]), Imbalance(kind="exp", factor=0.25)).tolist()
    )
    assert (row_labels == -1).sum() == 30


def test_rows_depend_on_the_seed_and_are_nested_over_factors():
    labels = np.repeat([0, 1], 100)
    small, again, large, other_seed = (
        set(long_tail_rows(labels, "ab", Imbalance(kind="step", factor=factor, seed=seed)).tolist())
        for factor, seed in ((0.1, 0), (0.1, 0), (0.3, 0), (0.1, 1))
    )
    assert small == again
    assert small < large
    assert small != other_seed


@pytest.mark.parametrize(
    ("kind", "factor", "words"),
    [
        ("linear", 0.5, "dataset: imbalance.kind: input should be 'exp' or 'step'"),
        ("exp", 0.0, "dataset: imbalance.factor: input should be greater than 0"),
        ("step", 1.5, "dataset: imbalance.factor: input should be less than or equal to 1"),
    ],
)
def test_invalid_imbalance_is_refused(kind, factor, words):
    with pytest.raises(InputError, match=words):
        DatasetSettings.parse({"kind": "digits", "imbalance": {"kind": kind, "factor": factor}})


def test_no_class_loses_all_its_samples():
    words = "factor 0.05 leaves no sample of class 'bee' .* raise the factor to at least 0.1"
    imbalance = Imbalance(kind="step", factor=0.05)
    with pytest.raises(InputError, match=words):
        long_tail_rows(np.repeat([0, 1], 10), ["ant", "bee"], imbalance)
    counts = np.array([10, 10])
    with pytest.raises(InputError, match=words):
        Preview(counts, 20, 5, ["ant", "bee"]).reduced(imbalance, None)
    with pytest.raises(InputError, match="no sample of class number 1"):
        long_tail_counts(counts, imbalance)
