"""Kept rows are those of the features, and are read once."""

import numpy as np
import pytest

from activepool.compute.blocks import Compute
from activepool.features import row_cache as module
from activepool.features.row_cache import cached
from activepool.features.store import FeatureMatrix


class _Counted:
    """Rows of an array, and how often each was read."""

    def __init__(self, array):
        self.shape, self._array = array.shape, array
        self.reads = np.zeros(len(array), dtype=np.int64)

    def __getitem__(self, rows):
        np.add.at(self.reads, rows, 1)
        return self._array[rows]


@pytest.fixture
def counting_features():
    return _Counted(np.random.default_rng(0).random((50, 4), dtype=np.float32))


def test_rows_are_those_of_the_features(counting_features):
    features = cached(FeatureMatrix.from_function(counting_features.shape, counting_features.__getitem__))
    rows = np.array([7, 3, 7, 49, 0])
    for dtype in (np.float32, np.float64):
        for _ in range(2):
            assert np.array_equal(features.take(rows, dtype), counting_features._array[rows].astype(dtype))
    assert np.array_equal(features.block(slice(2, 9)), counting_features._array[2:9])


def test_a_row_is_read_once(counting_features):
    features = cached(FeatureMatrix.from_function(counting_features.shape, counting_features.__getitem__))
    for _ in range(3):
        features.block(slice(0, 50))
        features.take(np.array([30, 1, 30]))
    assert counting_features.reads.tolist() == [1] * 50


def test_rows_beyond_the_limit_are_read_again(counting_features, monkeypatch):
    monkeypatch.setattr(module, "CACHED_ENTRIES", 10 * 4)
    features = cached(FeatureMatrix.from_function(counting_features.shape, counting_features.__getitem__))
    for _ in range(2):
        assert np.array_equal(features.block(slice(0, 50)), counting_features._array)
    assert np.bincount(counting_features.reads).tolist() == [0, 10, 40]


def test_threads_get_the_same_rows(counting_features):
    features = cached(FeatureMatrix.from_function(counting_features.shape, counting_features.__getitem__))
    random = np.random.default_rng(1)
    drawn = [random.integers(0, 50, 8) for _ in range(200)]
    for rows, values in zip(drawn, Compute(workers=4).map(features.take, drawn), strict=True):
        assert np.array_equal(values, counting_features._array[rows])
