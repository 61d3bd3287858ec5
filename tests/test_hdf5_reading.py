"""Datasets of HDF5 files that anybody may have made."""

import h5py
import numpy as np
import pytest

from activepool.errors import InputError
from activepool.hdf5_reading import found_dataset, opened, texts, values


@pytest.fixture
def path(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["secret"] = np.arange(3)
    with h5py.File(tmp_path / "given.h5", "w") as file:
        file["part/values"] = np.arange(4)
        file["part/names"] = ["a", "ö"]
        file["part/again"] = h5py.SoftLink("/part/values")
        file["part/none"] = h5py.Empty("f4")
        file["part/circle"] = h5py.SoftLink("/part/circle")
        file["out"] = h5py.ExternalLink("other.h5", "/")
        file["way_out"] = h5py.SoftLink("/out/secret")
    return tmp_path / "given.h5"


@pytest.mark.parametrize("name", ["part/values", "/part/values", "part/again"])
def test_datasets_of_the_file_are_found(path, name):
    with opened(path) as file:
        assert values(found_dataset(file, name)).tolist() == [0, 1, 2, 3]
        assert values(found_dataset(file, name), slice(1, 3)).tolist() == [1, 2]
        assert texts(found_dataset(file, "part/names")).tolist() == ["a", "ö"]


@pytest.mark.parametrize(
    "name", ["part", "nothing", "part/nothing", "part/none", "part/circle", "part/values/x"]
)
def test_what_is_no_dataset_is_none(path, name):
    with opened(path) as file:
        assert found_dataset(file, name) is None


@pytest.mark.parametrize("name", ["out", "out/secret", "way_out"])
def test_what_lies_in_another_file_is_refused(path, name):
    with (
        opened(path) as file,
        pytest.raises(InputError, match=f"given.h5: {name} lies in another file; copy"),
    ):
        found_dataset(file, name)


def test_a_link_to_another_file_is_not_followed(path, monkeypatch):
    """A file behind a link is not even opened: HDF5 would raise for one that is none."""
    (path.parent / "other.h5").write_text("no HDF5 file")
    with opened(path) as file, pytest.raises(InputError, match="lies in another file"):
        found_dataset(file, "out/secret")


def test_text_in_another_encoding_is_damaged(tmp_path):
    with h5py.File(tmp_path / "given.h5", "w") as file:
        file.create_dataset("names", data=[b"\xe9"], dtype=h5py.string_dtype("utf-8"))
    with (
        opened(tmp_path / "given.h5") as file,
        pytest.raises(InputError, match=r"given.h5: names is damaged \("),
    ):
        texts(file["names"])


def test_what_is_no_file_is_told(tmp_path):
    (tmp_path / "text.h5").write_text("text")
    with pytest.raises(InputError, match=r"text.h5: not a readable HDF5 file"):
        opened(tmp_path / "text.h5")
    for name in ("nothing.h5", "."):
        with pytest.raises(InputError, match="no such file; it must be an HDF5 file"):
            opened(tmp_path / name)
