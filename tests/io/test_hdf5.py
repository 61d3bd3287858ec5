"""Datasets of HDF5 files that anybody may have made."""

import h5py
import numpy as np
import pytest

from activepool.errors import InputError
from activepool.io.hdf5 import find_dataset, opened, texts, values


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
        assert values(find_dataset(file, name)).tolist() == [0, 1, 2, 3]
        assert values(find_dataset(file, name), slice(1, 3)).tolist() == [1, 2]
        assert texts(find_dataset(file, "part/names")).tolist() == ["a", "ö"]


@pytest.mark.parametrize(
    "name", ["part", "nothing", "part/nothing", "part/none", "part/circle", "part/values/x"]
)
def test_other_objects_are_not_datasets(path, name):
    with opened(path) as file:
        assert find_dataset(file, name) is None


@pytest.mark.parametrize("name", ["out", "out/secret", "way_out"])
def test_what_lies_in_another_file_is_refused(path, name):
    with (
        opened(path) as file,
        pytest.raises(InputError, match=f"given.h5: {name} lies in another file; copy"),
    ):
        find_dataset(file, name)


def test_a_link_to_another_file_is_not_followed(path, monkeypatch):
    """A file behind a link is not even opened: HDF5 would raise for a file of another kind."""
    (path.parent / "other.h5").write_text("no HDF5 file")
    with opened(path) as file, pytest.raises(InputError, match="lies in another file"):
        find_dataset(file, "out/secret")


def test_text_in_another_encoding_is_damaged(tmp_path):
    with h5py.File(tmp_path / "given.h5", "w") as file:
        file.create_dataset("names", data=[b"\xe9"], dtype=h5py.string_dtype("utf-8"))
    with (
        opened(tmp_path / "given.h5") as file,
        pytest.raises(InputError, match=r"given.h5: names is damaged \("),
    ):
        texts(file["names"])


def declared(path, **options):
    """Write a file whose dataset has rows that nobody wrote."""
    with h5py.File(path, "w") as file:
        file.create_dataset("values", (10**12,), "i8", **options)
    return path


@pytest.mark.parametrize(
    ("options", "written", "words"),
    [
        ({"chunks": (10**6,)}, 0, r"in 1,000,000 chunks, but only 0 of these were written; write"),
        ({"chunks": (10**6,)}, 3, r"in 1,000,000 chunks, but only 3 of these were written; write"),
        ({}, 0, "but nothing was written to it; write the file again"),
    ],
)
def test_rows_that_are_declared_alone_are_not_read(tmp_path, options, written, words):
    path = declared(tmp_path / "given.h5", **options)
    with h5py.File(path, "a") as file:
        for chunk in range(written):
            file["values"][chunk * 10**6] = 1
    with opened(path) as file, pytest.raises(InputError) as caught:
        find_dataset(file, "values")
    assert str(caught.value).startswith(f"{path}: values has 1,000,000,000,000 rows")
    assert words in str(caught.value)


def test_an_array_too_large_for_memory_is_reported(tmp_path):
    path = declared(tmp_path / "given.h5", chunks=(10**6,))
    with (
        opened(path) as file,
        pytest.raises(InputError, match="does not fit into memory"),
    ):
        values(file["values"])


def test_no_rows_at_all_are_read(tmp_path):
    with h5py.File(tmp_path / "given.h5", "w") as file:
        file.create_dataset("values", (0, 5), "f4", maxshape=(None, 5))
        file["one"] = 1
    with opened(tmp_path / "given.h5") as file:
        assert values(find_dataset(file, "values")).shape == (0, 5)
        assert values(find_dataset(file, "one")) == 1


@pytest.mark.parametrize("left_out", [False, True])
def test_a_filter_that_is_not_installed_is_named(tmp_path, left_out):
    """Blosc, by the number that it is registered with; a chunk says by a bit that a filter was left out."""
    creation = h5py.h5p.create(h5py.h5p.DATASET_CREATE)
    creation.set_chunk((4,))
    creation.set_filter(32001, h5py.h5z.FLAG_OPTIONAL, (2, 2, 8, 32))
    with h5py.File(tmp_path / "given.h5", "w") as file:
        space = h5py.h5s.create_simple((4,))
        dataset = h5py.h5d.create(file.id, b"values", h5py.h5t.NATIVE_INT64, space, creation)
        dataset.write_direct_chunk((0,), np.arange(4).tobytes(), filter_mask=int(left_out))
    with opened(tmp_path / "given.h5") as file:
        if left_out:
            assert values(find_dataset(file, "values")).tolist() == [0, 1, 2, 3]
        else:
            with pytest.raises(InputError, match="compressed by the HDF5 filter 32001"):
                find_dataset(file, "values")


def test_a_path_that_is_not_a_file_is_reported(tmp_path):
    (tmp_path / "text.h5").write_text("text")
    with pytest.raises(InputError, match=r"text.h5: not a readable HDF5 file"):
        opened(tmp_path / "text.h5")
    for name in ("nothing.h5", "."):
        with pytest.raises(InputError, match="no such file; it must be an HDF5 file"):
            opened(tmp_path / name)
