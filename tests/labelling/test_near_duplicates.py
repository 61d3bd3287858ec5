import warnings

import numpy as np
import pytest

from activepool.features.store import FeatureMatrix
from activepool.labelling.batches.near_duplicates import THRESHOLD, near_duplicates


def by_hand(features, rows, threshold):
    """Compare each pair by itself."""
    near = {}
    for row in rows:
        for second in rows:
            left, right = features[row].astype(np.float64), features[second].astype(np.float64)
            if row != second and left @ right / np.sqrt((left @ left) * (right @ right)) >= threshold:
                near.setdefault(row, []).append(second)
    return {row: tuple(neighbours) for row, neighbours in near.items()}


@pytest.fixture
def features():
    """Return 60 rows in families of up to five, (60, 8) float32."""
    random = np.random.default_rng(0)
    families = random.normal(size=(20, 8))[random.integers(20, size=60)]
    return (families + 0.15 * random.normal(size=(60, 8))).astype(np.float32) * random.uniform(
        0.1, 10, (60, 1)
    )


@pytest.mark.parametrize("threshold", [0.5, THRESHOLD, 0.99])
def test_the_pairs_are_those_of_a_comparison_one_by_one(features, threshold):
    rows = np.random.default_rng(1).permutation(60)[:45].tolist()
    expected = by_hand(features, rows, threshold)
    assert 0 < len(expected) <= 45
    result = near_duplicates(FeatureMatrix.from_array(features), rows, threshold)
    assert result == expected
    assert list(result) == list(expected)


def test_copies_are_found_in_the_order_of_the_batch():
    features = np.eye(6, dtype=np.float16)[[0, 1, 2, 0, 1, 0]] * 7
    near = near_duplicates(FeatureMatrix.from_array(features), [5, 4, 0, 2, 3, 1])
    assert list(near.items()) == [(5, (0, 3)), (4, (1,)), (0, (5, 3)), (3, (5, 0)), (1, (4,))]


def test_rows_without_a_direction_look_like_no_other():
    features = np.ones((5, 3), dtype=np.float32)
    features[1], features[2, 0], features[3, 1] = 0, np.nan, np.inf
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert near_duplicates(FeatureMatrix.from_array(features), range(5)) == {0: (4,), 4: (0,)}


def test_an_empty_batch_has_no_near_duplicates():
    assert near_duplicates(FeatureMatrix.from_array(np.ones((3, 2), dtype=np.float32)), []) == {}
