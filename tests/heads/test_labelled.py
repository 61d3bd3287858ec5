"""Rows with labels, the weights of classes, and the views in a features file."""

import h5py
import numpy as np
import pytest

from activepool.errors import InputError
from activepool.features.store import FeatureMatrix
from activepool.heads.labelled import LabelledRows, class_weights
from activepool.heads.views import read_views


def test_rows_whose_label_is_not_known_are_left_out():
    features = np.arange(10, dtype=np.float32).reshape(5, 2)
    known = LabelledRows.all_known(FeatureMatrix.from_array(features), np.array([-1, 2, 0, -1, 2]))
    assert len(known) == 3
    assert known.width == 2
    assert known.rows.tolist() == [1, 2, 4]
    assert known.class_counts(4).tolist() == [1, 0, 2, 0]
    assert known.read(slice(1, None)).tolist() == [[4, 5], [8, 9]]


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_features_that_are_not_numbers_are_told(value):
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


def write(path, views, chunks=None):
    with h5py.File(path, "w") as file:
        file["train/features"] = np.zeros((6, 3), dtype=np.float16)
        file.create_dataset("train/views", data=views, chunks=chunks)
    return path


def test_views_are_read_from_the_file(tmp_path):
    values = np.random.default_rng(0).normal(size=(4, 6, 3)).astype(np.float16)
    views = read_views(write(tmp_path / "features.h5", values))
    assert len(views) == 4
    for view, expected in zip(views, values, strict=True):
        assert np.array_equal(view.take(np.array([5, 0, 5])), expected[[5, 0, 5]].astype(np.float32))


def test_a_file_without_views_has_none(tmp_path):
    with h5py.File(tmp_path / "features.h5", "w") as file:
        file["train/features"] = np.zeros((6, 3), dtype=np.float16)
    assert read_views(tmp_path / "features.h5") == []


@pytest.mark.parametrize(("shape", "chunks"), [((4, 5, 3), None), ((4, 6, 3), (1, 6, 3))])
def test_views_that_do_not_fit_are_told(tmp_path, shape, chunks):
    path = write(tmp_path / "features.h5", np.zeros(shape, dtype=np.float16), chunks)
    with pytest.raises(
        InputError, match=r"features\.h5: train/views has .* it must be \(views, 6, 3\) and contiguous"
    ):
        read_views(path)
