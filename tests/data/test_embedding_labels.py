"""Labels beside features: which numbers are classes, and their names."""

import h5py
import numpy as np
import pandas as pd
import pytest
from data.embedding_parts import arrays, write_hdf5, write_npy

from activepool.data.embeddings import preview, write_features
from activepool.errors import InputError
from activepool.features.store import FeatureFile

pytestmark = pytest.mark.usefixtures("small_blocks")


def gaps(dtype=np.int32):
    """Labels 1, 2, 3, 4 and 9, as of a file in which somebody counted from 1 and left some out."""
    parts = arrays()
    return {
        name: (features, np.array([1, 2, 3, 4, 9])[np.arange(len(labels)) % 5].astype(dtype))
        for name, (features, labels) in parts.items()
    }


@pytest.mark.parametrize("form", ["hdf5", "npy"])
def test_numbers_with_gaps_need_names(tmp_path, form):
    options = (
        {"path": write_hdf5(tmp_path / "g.h5", gaps())} if form == "hdf5" else write_npy(tmp_path, gaps())
    )
    words = (
        r"labels(\.npy)?: no row has 0, 5, 6, 7, 8; number the classes 0..C-1, or name them all in class_n"
    )
    for read_one in (preview, lambda **changes: write_features(tmp_path / "features.h5", **changes)):
        with pytest.raises(InputError, match=words):
            read_one(**options)
    names = list("abcdefghij")
    assert preview(**options, class_names=names).train_class_counts.tolist() == [
        0,
        18,
        18,
        18,
        18,
        0,
        0,
        0,
        0,
        18,
    ]
    (notice,) = write_features(tmp_path / "features.h5", **options, class_names=names)
    assert notice.endswith(": no sample has the classes 'a', 'f', 'g', 'h', 'i'")
    with FeatureFile(tmp_path / "features.h5") as file:
        assert file.class_names == names
    with pytest.raises(InputError, match=r"label 9 in row 4; it must be one of 0..8"):
        preview(**options, class_names=names[:9])
    with pytest.raises(
        InputError, match="class_names has 'a' as class 1; each class needs a name of its own"
    ):
        preview(**options, class_names=["a"] * 10)


@pytest.mark.parametrize(
    ("dtype", "words"),
    [
        (
            "uint8",
            "no row has 3, 4, 5, 6, 7, 8, 9, 10 and 244 more; .*; 255 is what -1 becomes in uint8: save the",
        ),
        (
            "uint16",
            "label 65535 in 400 rows looks like .*; 65535 is what -1 becomes in uint16: save the labels as",
        ),
    ],
)
def test_an_unknown_label_that_became_the_largest_number(tmp_path, dtype, words):
    labels = (np.arange(400) % 3).astype(np.int64)
    labels[::4] = -1
    features = np.random.default_rng(0).normal(size=(400, 5)).astype("float32")
    changed = {"train": (features, labels.astype(dtype)), "test": arrays()["test"]}
    path = write_hdf5(tmp_path / "given.h5", changed)
    with pytest.raises(InputError, match=words):
        preview(path)
    right = write_hdf5(tmp_path / "right.h5", changed, train_labels=labels)
    assert preview(right).num_train == 400


def test_a_number_that_often_stands_for_no_label(tmp_path):
    labels = np.where(np.arange(90) % 4, np.arange(90) % 3, 255)
    words = "90 rows looks like an identifier; .*; 255 often stands for no label: write -1 there$"
    with pytest.raises(InputError, match=words):
        preview(write_hdf5(tmp_path / "given.h5", arrays(), train_labels=labels))


def test_the_largest_number_of_a_type_beside_the_one_before_it_is_an_identifier(tmp_path):
    labels = np.where(np.arange(90) % 2, 254, 255).astype(np.uint8)
    with pytest.raises(InputError, match=r"looks like an identifier; .* with -1 where a label is not known$"):
        preview(write_hdf5(tmp_path / "given.h5", arrays(), train_labels=labels))


def test_a_label_that_a_small_type_has_wrapped(tmp_path):
    labels = np.arange(90) % 3
    labels[7] = 200  # as int8: -56
    path = write_hdf5(tmp_path / "given.h5", arrays(), train_labels=labels.astype(np.int8))
    with pytest.raises(
        InputError, match=r"label -56 in row 7; .*; -56 is what 200 becomes in int8: save them as"
    ):
        preview(path)


def test_names_of_the_file_and_of_the_option(tmp_path):
    path = write_hdf5(tmp_path / "given.h5", arrays())
    with h5py.File(path, "a") as file:
        file.attrs["class_names"] = ["ant", "bee", "cat"]
    assert preview(path, class_names=["ant", "bee", "cat"]).class_names == ["ant", "bee", "cat"]
    with pytest.raises(
        InputError, match=r"given.h5: has other class_names than the option; leave the option"
    ):
        preview(path, class_names=["ant", "cat", "bee"])


@pytest.mark.parametrize("known", [True, False])
def test_a_class_of_the_test_part_alone(tmp_path, known):
    labels = arrays()["train"][1] % 2
    labels[0] = 0 if known else -1
    path = write_hdf5(tmp_path / "given.h5", arrays(), train_labels=labels)
    with h5py.File(path, "a") as file:
        file.attrs["class_names"] = ["ant", "bee", "cat"]
    words = f"{path}: no train sample has the class 'cat', which the test part has; "
    if known:
        for read_one in (preview, lambda path: write_features(tmp_path / "features.h5", path)):
            with pytest.raises(InputError, match=words):
                read_one(path)
    else:
        expected = (f"{words}later labels may add it",)
        assert preview(path).notices == write_features(tmp_path / "features.h5", path) == expected


@pytest.mark.parametrize(
    ("column", "words"),
    [
        (np.arange(60) % 2 == 0, "label: is a column of bool; save numbers, text or lists of numbers"),
        (
            pd.Timestamp("2026-01-01"),
            r"label: is a column of timestamp\[.*\]; save numbers, text or lists of",
        ),
    ],
)
def test_labels_of_another_type_are_not_called_missing(tmp_path, column, words):
    table = pd.DataFrame(np.random.default_rng(0).normal(size=(60, 3)), columns=list("abc"))
    table.assign(label=column).to_parquet(tmp_path / "t.parquet")
    with pytest.raises(InputError, match=f"t.parquet: {words}"):
        preview(tmp_path / "t.parquet", test_fraction=0.5)


def test_a_class_that_was_named_may_have_any_name(tmp_path):
    names = np.array(["None", "ant", "-2"] * 20)
    np.savez(tmp_path / "v.npz", features=np.random.default_rng(0).normal(size=(60, 4)), labels=names)
    result = preview(tmp_path / "v.npz", test_fraction=0.5, class_names=["None", "ant", "-2"])
    assert result.class_names == ["None", "ant", "-2"]
    with pytest.raises(InputError, match="label 'None' reads like a missing value"):
        preview(tmp_path / "v.npz", test_fraction=0.5)


def enumerated(path, number_of, **attributes):
    """Write an HDF5 file whose labels, in turn, are all of the numbers of an enumeration."""
    with h5py.File(path, "w") as file:
        for name, (features, labels) in arrays().items():
            file[f"{name}/features"] = features
            values = np.resize(list(number_of.values()), len(labels)).astype(np.int32)
            file.create_dataset(f"{name}/labels", data=values, dtype=h5py.enum_dtype(number_of, "i4"))
        file.attrs.update(attributes)
    return path


def test_an_enumeration_names_the_classes(tmp_path):
    number_of = {"stork": 0, "ant": 1, "nothing": -1, "crane": 2}
    size = preview(enumerated(tmp_path / "v.h5", number_of))
    assert (size.class_names, size.num_train) == (["stork", "ant", "crane"], 90)
    assert size.train_class_counts.tolist() == [23, 23, 22]
    enumerated(tmp_path / "v.h5", number_of, class_names=["stork", "ant", "crane"])
    assert preview(tmp_path / "v.h5").class_names == ["stork", "ant", "crane"]
    enumerated(tmp_path / "v.h5", number_of, class_names=["ant", "stork", "crane"])
    with pytest.raises(InputError, match=r"train/labels: names other classes than class_names; remove one"):
        preview(tmp_path / "v.h5")


@pytest.mark.parametrize("number_of", [{"ant": 1, "bee": 2}, {"ant": 0, "bee": 5}, {"ant": -2, "bee": 0}])
def test_an_enumeration_must_number_the_classes_from_0(tmp_path, number_of):
    path = enumerated(tmp_path / "v.h5", number_of)
    words = r"v.h5: train/labels: is an enumeration with the numbers .*; number the classes 0..C-1, with -1"
    with pytest.raises(InputError, match=words):
        preview(path)
