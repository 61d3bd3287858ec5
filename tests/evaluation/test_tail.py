import math

import numpy as np
import pytest

from activepool.evaluation.tail import tail_accuracy, tail_classes


@pytest.mark.parametrize("seed", range(12))
def test_the_tail_is_the_rarest_third_with_its_ties(seed):
    generator = np.random.default_rng(seed)
    counts = generator.integers(0, 6, generator.integers(1, 14))
    rarest = sorted(counts)[: math.ceil(len(counts) / 3)]
    expected = [number for number, count in enumerate(counts) if count in rarest]
    assert tail_classes(counts).tolist() == (expected if len(expected) < len(counts) else [])


def test_half_the_classes_may_be_the_tail():
    assert tail_classes(np.array([500, 5, 500, 5])).tolist() == [1, 3]


@pytest.mark.parametrize("counts", [[7], [3, 3, 3], [5, 5, 4, 5, 5, 5]])
def test_nearly_equal_classes_have_no_tail(counts):
    assert tail_classes(np.array(counts)).tolist() == []


def test_accuracy_is_the_mean_over_the_classes_that_were_tested():
    accuracies = np.array([0.5, np.nan, 0.25, 0.9, np.nan])
    assert tail_accuracy(accuracies, np.array([0, 1, 2])) == 0.375
    assert tail_accuracy(accuracies, np.array([1, 4])) is None
    assert tail_accuracy(accuracies, np.array([], dtype=int)) is None
