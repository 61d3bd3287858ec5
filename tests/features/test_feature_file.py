"""features.h5 is read by rows and blocks; a file that does not keep the contract is named."""

import json

import h5py
import numpy as np
import pytest

from activepool.errors import InputError
from activepool.features.store import FeatureFile


@pytest.fixture
def closed_file(tmp_path):
    with h5py.File(tmp_path / "features.h5", "w") as file:
        for part, labels in (("train", [0, -1, 1, -1, 0]), ("test", [0, 1])):
            file[f"{part}/features"] = np.arange(3 * len(labels), dtype=np.float16).reshape(-1, 3)
            file[f"{part}/labels"] = labels
        file["train/sources"] = [f"{letter}.jpg" for letter in "abcde"]
        file.attrs["class_names"] = ["cat", "dog"]
    return tmp_path / "features.h5"


@pytest.fixture
def feature_file(closed_file):
    with FeatureFile(closed_file) as file:
        yield file


def test_rows_and_blocks(feature_file):
    features = feature_file.train.features
    assert features.shape == (5, 3)
    assert features.block(slice(1, 3)).tolist() == [[3, 4, 5], [6, 7, 8]]
    assert features.take(np.array([4, 0, 4]), np.float64).tolist() == [
        [12, 13, 14],
        [0, 1, 2],
        [12, 13, 14],
    ]
    assert feature_file.train.sources_of(np.array([3, 1])).tolist() == ["d.jpg", "b.jpg"]


def test_chunked_and_compressed_files_are_read_alike(feature_file, tmp_path):
    rows = np.array([4, 0, 2, 0])
    with h5py.File(tmp_path / "chunked.h5", "w") as file:
        for part in ("train", "test"):
            split = getattr(feature_file, part)
            stored = split.features.block(slice(None)).astype(np.float16)
            file.create_dataset(f"{part}/features", data=stored, chunks=(2, 3), compression="gzip")
            file[f"{part}/labels"] = split.labels
    with FeatureFile(tmp_path / "chunked.h5") as chunked:
        assert np.array_equal(chunked.train.features.take(rows), feature_file.train.features.take(rows))
        assert chunked.class_names == ["0", "1"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda file: file.pop("test/features"), "dataset 'test/features' is missing"),
        (lambda file: file.__setitem__("train/labels", [0, 1]), r"train/labels is int64 of shape \(2,\)"),
        (
            lambda file: file.__setitem__("train/features", np.ones(5)),
            "train/features is float64 of shape",
        ),
        (
            lambda file: file.__setitem__("train/labels", [0, -2, 1, 1, 0]),
            "train/labels holds -2; labels must be -1",
        ),
    ],
)
def test_what_does_not_fit_is_named(feature_file, tmp_path, change, words):
    with h5py.File(tmp_path / "bad.h5", "w") as bad, h5py.File(feature_file.path) as good:
        for part in ("train", "test"):
            good.copy(part, bad)
        for name in ("train/labels", "train/features"):
            if words.startswith(name):
                del bad[name]
        change(bad)
    with pytest.raises(InputError, match=words):
        FeatureFile(tmp_path / "bad.h5")


def test_a_file_that_is_not_hdf5(tmp_path):
    (tmp_path / "f.h5").write_text(json.dumps({}))
    with pytest.raises(InputError, match=r"f\.h5: not a readable HDF5 file"):
        FeatureFile(tmp_path / "f.h5")


def with_views(path, views, chunks=None):
    with h5py.File(path, "a") as file:
        file.create_dataset("train/views", data=views, chunks=chunks)
    return FeatureFile(path)


def test_views_are_read_from_the_file(closed_file):
    values = np.random.default_rng(0).normal(size=(4, 5, 3)).astype(np.float16)
    with with_views(closed_file, values) as file:
        views = file.views()
    assert len(views) == 4
    for view, expected in zip(views, values, strict=True):
        assert np.array_equal(view.take(np.array([4, 0, 4])), expected[[4, 0, 4]].astype(np.float32))


def test_a_file_without_views_has_none(feature_file):
    assert feature_file.views() == []


@pytest.mark.parametrize(("shape", "chunks"), [((4, 6, 3), None), ((4, 5, 3), (1, 5, 3))])
def test_views_that_do_not_fit_are_reported(closed_file, shape, chunks):
    words = r"features\.h5: train/views has .* it must be \(views, 5, 3\) and contiguous"
    views = np.zeros(shape, dtype=np.float16)
    with with_views(closed_file, views, chunks) as file, pytest.raises(InputError, match=words):
        file.views()
