"""A user's own vectors in place of photographs."""

import hashlib

import h5py
import numpy as np
import pytest

from activepool.errors import InputError
from activepool.features.ranges import require_range
from activepool.features.store import FeatureFile, FeatureMatrix
from activepool.labelling.pool.features import copy_vectors
from activepool.labelling.pool.vectors import VectorFile, vector_samples


def vectors(rows=5, width=3, dtype=np.float32, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, width)).astype(dtype)


def save(path, values, key="features"):
    if path.suffix == ".npy":
        np.save(path, values)
    else:
        with h5py.File(path, "w") as file:
            file[key] = values
    return path


FILES = [("v.npy", "features"), ("v.h5", "features"), ("v.hdf5", "train/features")]
files = pytest.mark.parametrize(("name", "key"), FILES)
dtypes = pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.dtype(">f8")])


@files
@dtypes
def test_a_sample_is_the_digest_of_its_values_as_float32(tmp_path, name, key, dtype):
    values = vectors(dtype=dtype)
    samples = list(vector_samples(VectorFile(save(tmp_path / name, values, key)).vectors()))
    assert samples == [hashlib.sha256(row.astype("<f4").tobytes()).hexdigest() for row in values]


@files
@dtypes
def test_the_features_are_the_vectors_as_float32(tmp_path, name, key, dtype):
    values = vectors(dtype=dtype)
    path = save(tmp_path / name, values, key)
    samples = list(vector_samples(VectorFile(path).vectors()))
    copy_vectors(VectorFile(path), samples, [str(row) for row in range(5)], tmp_path / "features.h5")
    with FeatureFile(tmp_path / "features.h5") as file:
        assert file.train.features.take(np.arange(5)).tobytes() == values.astype(np.float32).tobytes()
        assert file.train.sources_of(np.arange(5)).tolist() == ["0", "1", "2", "3", "4"]
        assert file.train.labels.tolist() == [-1] * 5
        assert file.test.features.shape[0] == 0


@pytest.mark.parametrize(
    ("values", "problem"),
    [
        (
            np.zeros(3, np.float32),
            r"float32 of shape \(3,\); it must be float16, float32 or float64 of shape",
        ),
        (np.zeros((2, 3, 1), np.float32), r"shape \(2, 3, 1\)"),
        (np.zeros((0, 3), np.float32), r"shape \(0, 3\)"),
        (np.zeros((3, 0), np.float32), r"shape \(3, 0\)"),
        (np.zeros((2, 3), np.int64), "int64 of shape"),
        (np.zeros((2, 3), bool), "bool of shape"),
    ],
)
@pytest.mark.parametrize("name", ["v.npy", "v.h5"])
def test_an_array_that_is_not_a_float_table_is_a_mistake(tmp_path, values, problem, name):
    with pytest.raises(InputError, match=problem):
        VectorFile(save(tmp_path / name, values)).vectors()


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("v.npy", b"", "is empty"),
        ("v.csv", b"1,2\n3,4\n", "v.csv: is not one of .npy, .npz, .pt, .* or HDF5; it begins with"),
        ("v.npy", b"\x93NUMPY\x01\x00", "is damaged"),
    ],
)
def test_other_files_are_a_mistake(tmp_path, name, content, problem):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError, match=problem):
        VectorFile(tmp_path / name).vectors()


def test_a_cut_file_is_a_mistake(tmp_path):
    path = save(tmp_path / "v.npy", vectors(100))
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(InputError, match="is damaged"):
        VectorFile(path).vectors()


def test_a_file_without_the_datasets_is_a_mistake(tmp_path):
    path = save(tmp_path / "v.h5", vectors(), "x")
    with h5py.File(path, "a") as file:
        file["y"] = [0] * 5
    words = r"holds `x` \(5, 3\) and `y` \(5,\), but no `features`; name the one .*, such as array: x$"
    with pytest.raises(InputError, match=words):
        VectorFile(path).vectors()
    assert VectorFile(path, array="x").vectors().shape == (5, 3)


def test_a_missing_file_is_a_mistake(tmp_path):
    with pytest.raises(InputError, match=r"v\.npy"):
        VectorFile(tmp_path / "v.npy").vectors()


@pytest.mark.filterwarnings("ignore:overflow encountered")
@pytest.mark.parametrize(("value", "dtype"), [(np.nan, "f4"), (np.inf, "f2"), (-1e39, "f8"), (1e30, "f4")])
def test_a_value_that_is_not_finite_or_too_large_is_named_by_its_row(tmp_path, value, dtype):
    values = vectors(70_000, 2, dtype)
    values[66_666, 1] = value
    path = save(tmp_path / "v.npy", values)
    vectors_read = VectorFile(path).vectors()
    with pytest.raises(InputError, match="66666"):
        require_range(str(path), vectors_read, np.arange(70_000))
    samples = list(vector_samples(vectors_read))
    with pytest.raises(InputError, match="66666"):
        copy_vectors(VectorFile(path), samples, [""] * 70_000, tmp_path / "features.h5")
    assert not (tmp_path / "features.h5").exists()


def test_vectors_that_lie_too_close_together_are_a_mistake():
    values = 1e9 + vectors(9, dtype=np.float64)
    with pytest.raises(InputError, match=r"^v: the values lie too close together: column"):
        require_range("v", FeatureMatrix.from_array(values), np.arange(9))
