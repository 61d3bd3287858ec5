import h5py
import numpy as np
import pytest

from activepool.features.store import FeatureMatrix
from activepool.features.unit_rows import unit_rows


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("stored", ["array", "contiguous", "chunked"])
def test_rows_have_length_1_however_they_are_stored_and_read(tmp_path, dtype, stored):
    features = np.random.default_rng(0).normal(size=(120, 5)).astype(dtype)
    features[7] = 0
    norms = np.linalg.norm(features.astype(np.float64), axis=1, keepdims=True)
    expected = (features / np.where(norms > 0, norms, 1)).astype(np.float32)
    with h5py.File(tmp_path / "features.h5", "w") as file:
        file.create_dataset("features", data=features, chunks=(13, 5) if stored == "chunked" else None)
    with h5py.File(tmp_path / "features.h5") as file:
        if stored == "array":
            matrix = FeatureMatrix.from_array(features)
        else:
            matrix = FeatureMatrix.from_dataset(file["features"])
        unit = unit_rows(matrix)
        for rows in ([3], [90, 7, 7, 0], range(20, 70), range(0, 120, 2), []):
            rows = np.array(rows, dtype=np.int64)
            result = unit.take(rows)
            assert result.dtype == np.float32
            assert np.array_equal(result, expected[rows])
            assert np.array_equal(unit.take(rows, np.float64), expected[rows].astype(np.float64))
        assert np.array_equal(unit.block(slice(50, 61)), expected[50:61])


def test_what_is_not_finite_does_not_become_finite():
    features = np.array([[np.inf, 1], [np.nan, 1], [3, 4]], dtype=np.float32)
    result = unit_rows(FeatureMatrix.from_array(features)).take(np.arange(3))
    assert np.isnan(result[:2].sum(axis=1)).all()
    np.testing.assert_allclose(result[2], [0.6, 0.8])
