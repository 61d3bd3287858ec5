"""Rows with labels, and the weights of classes."""

import numpy as np
import pytest

from activepool.errors import InputError
from activepool.features.store import FeatureMatrix
from activepool.heads.labelled import LabelledRows, class_weights


def test_rows_are_read_when_they_are_needed():
    features = np.arange(10, dtype=np.float32).reshape(5, 2)
    labelled = LabelledRows(FeatureMatrix.from_array(features), np.array([1, 2, 4]), np.array([2, 0, 2]))
    assert len(labelled) == 3
    assert labelled.width == 2
    assert labelled.rows.tolist() == [1, 2, 4]
    assert labelled.class_counts(4).tolist() == [1, 0, 2, 0]
    assert labelled.read(slice(1, None)).tolist() == [[4, 5], [8, 9]]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_features_that_are_not_numbers_are_reported(value):
    features = np.zeros((5, 2), dtype=np.float32)
    features[3, 1] = value
    rows = LabelledRows(FeatureMatrix.from_array(features), np.array([0, 3, 4]), np.array([0, 1, 0]))
    assert rows.read(slice(2, 3)).tolist() == [[0, 0]]
    with pytest.raises(InputError, match="row 3 has values that are not finite"):
        rows.read()


@pytest.mark.parametrize("balanced", [False, True])
def test_weights_of_all_samples_sum_to_one(balanced):
    counts = np.array([4, 0, 1, 3])
    weights = class_weights(counts, balanced)
    assert weights @ counts == pytest.approx(1)
    assert np.ptp((weights * counts if balanced else weights)[counts > 0]) == pytest.approx(0)
    assert weights[1] == 0
