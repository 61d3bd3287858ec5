"""Files of features that cannot be used, and options that do not go together."""

import h5py
import numpy as np
import pytest
from data.embedding_parts import arrays, write_hdf5, write_npy

from activepool.data.embeddings import preview, write_features
from activepool.errors import InputError

pytestmark = pytest.mark.usefixtures("small_blocks")


def bad_value(row, column, value, dtype="float32"):
    features = arrays(dtype)["train"][0]
    features[row, column] = value
    return features


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (
            {"train_features": bad_value(40, 3, np.nan)},
            "train/features: row 40, column 3 is nan; every feature",
        ),
        ({"train_features": bad_value(89, 0, -np.inf)}, "train/features: row 89, column 0 is -inf"),
        (
            {"train_features": bad_value(7, 4, np.inf, "float16")},
            "row 7, column 4 is inf; float16 ends at 65504: save these features as float32",
        ),
        (
            {"train_features": bad_value(8, 1, 1e300, "float64")},
            r"row 8, column 1 is 1e\+300; it is too large for float32",
        ),
        ({"test_features": np.zeros((30, 4), "f4")}, "test/features: has width 4, the train features have 5"),
        (
            {"train_features": np.zeros((90, 5), "i4")},
            r"train/features: is int32 of shape \(90, 5\); it must .*; save them as float32",
        ),
        ({"train_features": np.zeros(90, "i4")}, r"int32 of shape \(90,\); .*; these look like labels"),
        (
            {"train_features": np.zeros((90, 5, 1), "f4")},
            r"is float32 of shape \(90, 5, 1\); it must be float16",
        ),
        ({"train_features": np.zeros((90, 0), "f4")}, r"is float32 of shape \(90, 0\)"),
        (
            {"train_labels": np.full(90, 0.5)},
            "train/labels: label 0.5 in row 0 is not a whole number; number the classes 0..C-1",
        ),
        ({"test_labels": np.zeros(29, int)}, "test/labels: 29 labels for 30 rows; there must be one"),
        ({"train_labels": np.full(90, -2)}, r"train/labels: label -2 in row 0; it must be one of"),
        (
            {"train_labels": np.full(90, 2049, "float16")},
            "train/labels: label 2048 in row 0, where float16 does not tell whole numbers apart; save",
        ),
        ({"train_labels": np.full(90, 90)}, "train/labels: label 90 in 90 rows looks like an identifier"),
        ({"test_labels": np.arange(30) // 9}, "test/labels: label 3 in row 27; it must be one of 0..2"),
        ({"test_labels": np.full(30, -1)}, "the test part has no labelled sample"),
        (
            {"train_labels": np.full(90, -1)},
            "test/labels: label 0 in row 0; .* which has none: name all classes in class_names",
        ),
        (
            {"train_labels": None},
            "given.h5: holds .*, but no `labels`; set the option labels to a file of them",
        ),
        (
            {"train_features": None},
            r"given.h5: holds .*, but no `features`; save floats of shape .* under that name",
        ),
        (
            {"test_features": None},
            "given.h5: holds .*, but no `test/features`; add them, or leave the test part out",
        ),
        (
            {"test_features": None, "test_labels": None},
            "has no test part .* add test/features and test/labels",
        ),
        (
            {"train_sources": ["a", "b"]},
            r"train/sources: is text of shape \(2,\); it must be names of shape \(90,\), or absent",
        ),
    ],
)
def test_files_that_cannot_be_used(tmp_path, changes, words):
    path = write_hdf5(tmp_path / "given.h5", arrays(), **changes)
    with pytest.raises(InputError, match=words):
        write_features(tmp_path / "features.h5", path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["given.h5"]


def test_all_rows_with_values_that_are_not_finite_are_named(tmp_path):
    features = arrays()["train"][0]
    features[3, 1], features[51] = np.inf, np.nan
    path = write_hdf5(tmp_path / "given.h5", arrays(), train_features=features)
    words = (
        r"row 3, column 1 is inf; every feature must be a finite number \(2 rows have such values: 3, 51\)$"
    )
    with pytest.raises(InputError, match=words):
        write_features(tmp_path / "features.h5", path)


@pytest.mark.parametrize(
    ("scale", "offset", "words"),
    [
        (1e20, 0, r"train/features: row \d+, column \d is -?\S+; its square does not fit float32: scale"),
        (1e-23, 0, r"train/features: the values lie too close together: column \d, .* underflows in float32"),
        (
            1e-4,
            1e4,
            r"train/features: the values lie too close together: column \d, .* tells apart|all rows are",
        ),
    ],
)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_features_that_float32_cannot_compute_with(tmp_path, scale, offset, words, dtype):
    parts = arrays("float64")
    parts = {name: ((offset + scale * x).astype(dtype), y) for name, (x, y) in parts.items()}
    path = write_hdf5(tmp_path / "given.h5", parts)
    with pytest.raises(InputError, match=words):
        write_features(tmp_path / "features.h5", path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["given.h5"]


@pytest.mark.parametrize("value", [-1e9, 1e15])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_row_beside_which_float32_does_not_see_the_others(tmp_path, value, dtype):
    parts = arrays(dtype)
    parts["train"][0][51] *= value
    path = write_hdf5(tmp_path / "given.h5", parts)
    with pytest.raises(InputError, match=r"train/features: row 51 is an outlier \(\de\+\d+ times the "):
        write_features(tmp_path / "features.h5", path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["given.h5"]


def test_both_a_test_part_and_a_fraction(tmp_path):
    path = write_hdf5(tmp_path / "given.h5", arrays())
    with pytest.raises(
        InputError, match=r"has a test part of its own .*remove it, or the option test_fraction"
    ):
        preview(path, test_fraction=0.2)


def external_link(file, original):
    file["train/features"] = h5py.ExternalLink(original, "train/features")


def external_group(file, original):
    del file["train"]
    file["train"] = h5py.ExternalLink(original, "train")


def virtual_dataset(file, original):
    layout = h5py.VirtualLayout((90, 5), "float32")
    layout[:] = h5py.VirtualSource(original, "train/features", (90, 5))
    file.create_virtual_dataset("train/features", layout)


def external_storage(file, original):
    raw = original.with_suffix(".raw")
    raw.write_bytes(bytes(90 * 5 * 4))
    file.create_dataset("train/features", (90, 5), "float32", external=[(str(raw), 0, 90 * 5 * 4)])


@pytest.mark.parametrize("place", [external_link, external_group, virtual_dataset, external_storage])
def test_features_in_another_file_are_refused(tmp_path, place):
    original = write_hdf5(tmp_path / "original.h5", arrays())
    path = write_hdf5(tmp_path / "given.h5", arrays(), train_features=None)
    with h5py.File(path, "a") as file:
        place(file, original)
    with pytest.raises(InputError, match=r"given.h5: train/features lies in another file; copy its values"):
        preview(path)


def test_options_that_do_not_go_together(tmp_path):
    options = write_npy(tmp_path, arrays())
    with pytest.raises(
        InputError, match=r"holds one array \(90, 5\), but no `labels`; set the option labels to"
    ):
        preview(options["path"])
    with pytest.raises(InputError, match="test_labels goes with test_features; set both, or neither"):
        preview(options["path"], options["labels"], test_labels=options["test_labels"])
    path = write_hdf5(tmp_path / "given.h5", arrays())
    with pytest.raises(InputError, match=r"given.h5: has labels of its own; leave out the option labels"):
        preview(path, options["labels"])
    with pytest.raises(InputError, match=r"given.h5: has a test part; leave out the options test_features"):
        preview(path, test_features=options["test_features"])


def test_files_of_other_kinds(tmp_path):
    for name in ("text.h5", "text.npy"):
        (tmp_path / name).write_text("text")
    np.save(tmp_path / "objects.npy", np.array([{}, {}], dtype=object))
    with pytest.raises(InputError, match=r"text.h5: is not one of .npy, .npz, .*; it begins with b'text'"):
        preview(tmp_path / "text.h5")
    with pytest.raises(InputError, match=r"text.npy: is not one of .npy"):
        preview(tmp_path / "text.npy", tmp_path / "text.npy")
    with pytest.raises(InputError, match=r"objects.npy: holds Python objects; save numbers as numbers, and"):
        preview(tmp_path / "objects.npy", tmp_path / "objects.npy")
    with pytest.raises(InputError, match=r"nowhere.h5: no such file; it must be .npy, .npz, .pt, .* or HDF5"):
        preview(tmp_path / "nowhere.h5")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=r"folder: is a folder; it must be .npy, .npz, .pt, .* or HDF5"):
        preview(tmp_path / "folder")


@pytest.mark.parametrize(
    ("arrays_of_text", "words"),
    [
        ({"sources": ["a", "b\0c"] * 4}, r"x.npz: sources: row 1: the name 'b\\x00c' is not text; rename it"),
        ({"labels": ["ant", "b\0e"] * 4}, r"x.npz: labels: row 1: label 'b\\x00e' is not text; rename it"),
        ({"labels": ["ant", "b\ne"] * 4}, r"x.npz: labels: row 1: label 'b\\ne' has a line break; rename it"),
        (
            {"labels": [0, 1] * 4, "class_names": ["ant", "-1"]},
            "labels: class_names has '-1' as class 1, but the label '-1' stands for one that is not known",
        ),
        (
            {"labels": ["ant", "-1"] * 4, "class_names": ["ant", "-1"]},
            "labels: class_names has '-1' as class 1, but",
        ),
        ({"class_names": ["ant", "b\0e"]}, r"x.npz: class_names has 'b\\x00e' as class 1, which is not text"),
    ],
)
def test_texts_that_no_file_can_hold(tmp_path, arrays_of_text, words):
    texts = {name: np.array(values) for name, values in arrays_of_text.items()}
    np.savez(tmp_path / "x.npz", **{"features": np.eye(8), "labels": np.arange(8) % 2} | texts)
    with pytest.raises(InputError, match=words):
        write_features(tmp_path / "features.h5", tmp_path / "x.npz", test_fraction=0.5)
