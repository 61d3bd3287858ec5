import numpy as np
import pytest

from activepool.features.dropout import STREAM_ROWS, with_dropout
from activepool.features.store import FeatureMatrix

FEATURES = np.random.default_rng(0).uniform(1, 2, size=(203, 40)).astype(np.float32)


@pytest.fixture(scope="module")
def whole():
    return with_dropout(FeatureMatrix.from_array(FEATURES), 0.75, 5).take(np.arange(203))


def test_a_feature_is_0_or_divided_by_the_share_that_stays(whole):
    is_kept = whole != 0
    np.testing.assert_allclose(whole[is_kept], 4 * FEATURES[is_kept], rtol=1e-6)
    expected, deviation = 203 * 40 / 4, np.sqrt(203 * 40 * 3 / 16)
    assert abs(np.count_nonzero(is_kept) - expected) < 4 * deviation


@pytest.mark.parametrize("stored", [np.float16, np.float32])
@pytest.mark.parametrize("rows", [[7], [202, 3, 3, 150], range(5, 99), range(0, 203, 7), []], ids=str)
def test_what_is_dropped_depends_on_the_row_and_the_key_alone(stored, rows):
    matrix = with_dropout(FeatureMatrix.from_array(FEATURES.astype(stored)), 0.75, 5)
    rows = np.array(rows, dtype=np.int64)
    whole = matrix.block(slice(0, 203))
    assert np.array_equal(matrix.take(rows), whole[rows])
    assert np.array_equal(matrix.take(rows, np.float64), whole[rows].astype(np.float64))


def test_each_row_and_key_has_its_own_draw(whole):
    patterns = {tuple(row) for row in whole != 0}
    assert len(patterns) == 203 > STREAM_ROWS
    other_key = with_dropout(FeatureMatrix.from_array(FEATURES), 0.75, 6).take(np.arange(203))
    assert not {tuple(row) for row in other_key != 0} & patterns
