"""Experiments on embeddings in the files that people have: labels, names of rows and of classes with them."""

import json

import h5py
import numpy as np
import pandas as pd
import pytest
import torch
from array_forms import FORMS, save
from safetensors.torch import save_file

from activepool.data.embedding_files import opened
from activepool.data.embeddings import preview, write_features
from activepool.errors import InputError
from activepool.features.store import FeatureFile

ROWS = 60
CLASSES = ["ant", "bee", "cat"]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch):
    monkeypatch.setattr("activepool.data.embeddings.BLOCK_ROWS", 7)


def values(rows=ROWS, width=4, seed=0):
    return np.random.default_rng(seed).normal(size=(rows, width)).astype("float32")


def written(folder, **options):
    """Return class names, and by part features, labels and sources, of what the stage writes."""
    write_features(folder / "features.h5", **options)
    with FeatureFile(folder / "features.h5") as file:
        parts = {"train": file.train, "test": file.test}
        return file.class_names, {
            name: (
                part.features.block(slice(0, None)),
                part.labels.tolist(),
                part.sources_of(np.arange(len(part.labels))).tolist(),
            )
            for name, part in parts.items()
        }


@pytest.mark.parametrize("form", FORMS)
def test_one_file_of_each_form_may_hold_everything(tmp_path, form):
    labels = np.arange(ROWS) % 3
    labels[::7] = -1
    path = save(tmp_path / form, values(), labels, [f"{row}.jpg" for row in range(ROWS)], CLASSES)
    names, parts = written(tmp_path, path=path, test_fraction=0.2)
    assert names == (["0", "1", "2"] if path.suffix == ".parquet" else CLASSES)
    assert len(parts["test"][1]) > 5
    for features, expected_labels, sources in parts.values():
        rows = [int(source.removesuffix(".jpg")) for source in sources]
        np.testing.assert_array_equal(features, values()[rows])
        assert expected_labels == labels[rows].tolist()
    facts = preview(path, test_fraction=0.2)
    assert (facts.num_train, facts.num_test) == tuple(len(parts[name][1]) for name in ("train", "test"))


@pytest.mark.parametrize("form", FORMS)
def test_arrays_of_other_names(tmp_path, form):
    arrays = {} if form == "columns.parquet" else {"array": "x"}
    path = save(tmp_path / form, values(), np.arange(ROWS) % 3, ["a"] * ROWS, names=("x", "y", "z"))
    result = written(tmp_path, path=path, test_fraction=0.2, label_array="y", source_array="z", **arrays)[1]
    assert result["train"][2] == ["a"] * len(result["train"][1])
    for key, words in (
        ("label_array", "has no `q` .label_array.; it holds "),
        ("array", "has no `q` .array."),
    ):
        options = {"label_array": "y", **arrays, key: "q"}
        with pytest.raises(InputError, match=f"{form}: {words}"):
            preview(path, test_fraction=0.2, **options)


def test_a_file_whose_arrays_have_other_names_says_what_it_holds(tmp_path):
    np.savez(tmp_path / "v.npz", x=values(), y=np.arange(ROWS) % 3)
    words = r"v.npz: holds `x` \(60, 4\) and `y` \(60,\), but no `features`; name .*, such as array: x$"
    with pytest.raises(InputError, match=words):
        preview(tmp_path / "v.npz", test_fraction=0.2)
    with pytest.raises(
        InputError, match=r"but no `labels`; name .* such as label_array: y, or set the option"
    ):
        preview(tmp_path / "v.npz", test_fraction=0.2, array="x")
    np.savez(tmp_path / "two.npz", features=values(), embeddings=values(), labels=np.arange(ROWS) % 3)
    with pytest.raises(
        InputError, match=r"has `features` and `embeddings`; name the one that counts, such as"
    ):
        preview(tmp_path / "two.npz", test_fraction=0.2)


def test_a_test_part_in_the_file_or_in_another(tmp_path):
    parts = {"train": (values(), np.arange(ROWS) % 3), "test": (values(9, seed=1), np.arange(9) % 3)}
    flat = {
        f"{part}_{name}": array
        for part, pair in parts.items()
        for name, array in zip(("features", "labels"), pair, strict=True)
    }
    np.savez(tmp_path / "flat.npz", **flat)
    nested = {
        part: {"features": torch.tensor(x), "labels": torch.tensor(y)} for part, (x, y) in parts.items()
    }
    torch.save(nested, tmp_path / "nested.pt")
    for part, (x, y) in parts.items():
        save(tmp_path / f"{part}.npz", x, y, [f"{part} {row}" for row in range(len(x))])
    np.save(tmp_path / "x.npy", parts["test"][0])
    np.save(tmp_path / "y.npy", parts["test"][1])
    for options in (
        {"path": tmp_path / "flat.npz"},
        {"path": tmp_path / "nested.pt"},
        {"path": tmp_path / "train.npz", "test_features": tmp_path / "test.npz"},
        {
            "path": tmp_path / "train.npz",
            "test_features": tmp_path / "x.npy",
            "test_labels": tmp_path / "y.npy",
        },
    ):
        result = written(tmp_path, **options)[1]
        for part, (x, y) in parts.items():
            np.testing.assert_array_equal(result[part][0], x)
            assert result[part][1] == y.tolist()
    with pytest.raises(
        InputError, match=r"x.npy: holds one array \(9, 4\), but no `labels`; set the option test_l"
    ):
        preview(tmp_path / "train.npz", test_features=tmp_path / "x.npy")


@pytest.mark.parametrize("form", ["v.npz", "v.pt", "list.parquet", "v.npy"])
def test_labels_that_are_names(tmp_path, form):
    unknown = " " if form == "v.npz" else ""
    named = [["cat", "ant", unknown, "bee"][row % 4] for row in range(ROWS)]
    if form == "v.npy":
        np.save(tmp_path / form, values())
        np.save(tmp_path / "labels.npy", np.array(named))
        options = {"path": tmp_path / form, "labels": tmp_path / "labels.npy"}
    elif form == "v.pt":
        names = [name or None for name in named]
        torch.save({"features": torch.from_numpy(values()), "labels": names}, tmp_path / form)
        options = {"path": tmp_path / form}
    else:
        column = [name or None for name in named] if form == "list.parquet" else np.array(named)
        options = {"path": save(tmp_path / form, values(), column)}
    with opened(**options) as file:
        assert file.class_names == CLASSES
        assert file.train.labels.tolist() == [[2, 0, -1, 1][row % 4] for row in range(ROWS)]
    with opened(**options, class_names=["bee", "dog", "cat", "ant"]) as file:
        assert file.train.labels.tolist() == [[2, 3, -1, 0][row % 4] for row in range(ROWS)]
    with pytest.raises(InputError, match=r"row 3: the train part has no class 'bee' \(its class"):
        preview(**options, class_names=["cat", "ant"], test_fraction=0.2)


def test_a_class_whose_labels_may_come_later_is_to_be_declared(tmp_path):
    names = np.array(["ant", "", "ant"] * 20)
    test = {"test/features": values()[:2], "test/labels": np.array(["ant", "bee"])}
    np.savez(tmp_path / "v.npz", features=values(), labels=names, **test)
    with pytest.raises(
        InputError, match=r"'bee' .*; if its labels come later, name all classes in class_names$"
    ):
        preview(tmp_path / "v.npz")
    assert preview(tmp_path / "v.npz", class_names=["ant", "bee"]).num_test == 2


def test_each_name_that_is_not_a_class_is_reported(tmp_path):
    names = np.array(["ant", "n/a", "bee", "-2"] * 15)
    np.savez(tmp_path / "v.npz", features=values(), labels=names)
    with pytest.raises(InputError) as raised:
        preview(tmp_path / "v.npz", test_fraction=0.2)
    rows = [line.partition("row ")[2].partition(";")[0].partition(",")[0] for line in raised.value.args]
    assert rows == ["1: label 'n/a' reads like a missing value", "3: label '-2' is below 0"]


def test_labels_beside_missing_ones_in_pandas(tmp_path):
    labels = [None, *[row % 3 for row in range(1, ROWS)]]
    path = save(tmp_path / "columns.parquet", values(), labels)
    assert pd.read_parquet(path)["labels"].dtype == float
    with opened(path) as file:
        assert file.train.width == 4
        assert file.train.labels.tolist() == [-1, *labels[1:]]


def test_numbers_beside_none_in_a_list_of_torch(tmp_path):
    labels = [None, *[row % 3 for row in range(1, ROWS)]]
    torch.save({"features": torch.from_numpy(values()), "labels": labels}, tmp_path / "v.pt")
    with opened(tmp_path / "v.pt") as file:
        assert file.train.labels.tolist() == [-1, *labels[1:]]


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (
            np.array(["ant", "nan", "bee"] * 20),
            "row 1: label 'nan' reads like a missing value; leave it empty",
        ),
        (
            np.array(["ant", "-3", "bee"] * 20),
            "row 1: label '-3' is below 0, where -1 stands for a label that is not known; leave it empty",
        ),
        (
            np.r_[np.zeros(9), np.full(ROWS - 9, 1.5)],
            r"labels: label 1.5 in row 9 is not a whole number; number",
        ),
        (np.zeros(59, int), "labels: 59 labels for 60 rows; there must be one for each row"),
        (np.zeros((60, 3), int), r"labels: is int64 of shape \(60, 3\)"),
        (np.zeros(60, bool), r"labels: is bool of shape"),
        (np.array([b"\xff"] * 60), "labels: is not text in UTF-8 .*; save it as str"),
    ],
)
def test_labels_that_cannot_be_used(tmp_path, labels, words):
    np.savez(tmp_path / "v.npz", features=values(), labels=labels)
    with pytest.raises(InputError, match=f"v.npz: .*{words}") as raised:
        preview(tmp_path / "v.npz", test_fraction=0.2)
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize(
    ("features", "words"),
    [
        (
            np.zeros(60),
            r"is float64 of shape \(60,\); it must be float16, float32 or float64 of shape \(rows, w",
        ),
        (np.zeros((60, 4, 1)), r"is float64 of shape \(60, 4, 1\); it must be"),
        (np.zeros((60, 4), complex), r"is complex128 of shape \(60, 4\); it must be float16"),
        (np.zeros((60, 4), int), r"is int64 of shape \(60, 4\); it must be float16"),
        (np.zeros((0, 4)), "the train part is empty|is int64 of shape|labels: is"),
        (np.array([["a"]] * 60), r"is text of shape \(60, 1\)"),
    ],
)
@pytest.mark.parametrize("form", ["npy", "npz"])
def test_features_that_cannot_be_used(tmp_path, form, features, words):
    labels, options = np.arange(len(features)) % 3, {"test_fraction": 0.2}
    if form == "npz":
        np.savez(tmp_path / "v.npz", features=features, labels=labels)
    else:
        np.save(tmp_path / "v.npy", features)
        np.save(tmp_path / "y.npy", labels)
        options["labels"] = tmp_path / "y.npy"
    with pytest.raises(InputError, match=words) as raised:
        preview(tmp_path / f"v.{form}", **options)
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize("form", FORMS)
def test_a_number_that_is_not_finite_is_named(tmp_path, form):
    features = values()
    features[40, 2] = np.nan
    path = save(tmp_path / form, features, np.arange(ROWS) % 3)
    column = "'f2'" if form == "columns.parquet" else "2"
    with pytest.raises(
        InputError, match=rf"{form}: .*: row 40, column {column} is nan; every feature must be a finite"
    ):
        write_features(tmp_path / "features.h5", path, test_fraction=0.2)
    assert not (tmp_path / "features.h5").exists()


@pytest.mark.parametrize(
    ("sources", "words"),
    [
        (["a"] * 59, r"sources: is text of shape \(59,\); it must be names of shape \(60,\), or absent"),
        (["a"] * 30 + [""] + ["a"] * 29, "sources: row 30 has no name; each row needs a name on one line"),
        (["a"] * 30 + ["a\nb"] + ["a"] * 29, "sources: row 30 has a line break in"),
        (np.zeros(60), r"sources: is float64 of shape \(60,\); it must be names"),
    ],
)
def test_names_of_rows_that_cannot_be_used(tmp_path, sources, words):
    np.savez(tmp_path / "v.npz", features=values(), labels=np.arange(ROWS) % 3, sources=sources)
    with pytest.raises(InputError, match=words):
        write_features(tmp_path / "features.h5", tmp_path / "v.npz", test_fraction=0.2)


def test_numbers_are_names_of_rows(tmp_path):
    np.savez(
        tmp_path / "v.npz", features=values(), labels=np.arange(ROWS) % 3, sources=np.arange(ROWS) + 1000
    )
    sources = written(tmp_path, path=tmp_path / "v.npz", test_fraction=0.2)[1]["train"][2]
    assert set(sources) <= {str(number) for number in range(1000, 1000 + ROWS)}


@pytest.mark.parametrize("names", [{"0": "a", "1": "b"}, "a,b"])
def test_class_names_must_be_a_list(tmp_path, names):
    arrays = {"features": torch.from_numpy(values()), "labels": torch.arange(ROWS) % 2}
    torch.save(arrays | {"class_names": names}, tmp_path / "v.pt")
    metadata = {"format": "pt", "class_names": json.dumps(names), "labels of": "us"}
    save_file(arrays, tmp_path / "v.safetensors", metadata)
    for path in (tmp_path / "v.pt", tmp_path / "v.safetensors"):
        with pytest.raises(InputError) as caught:
            preview(path=path, test_fraction=0.2)
        expected = f'{path}: class_names: is not a list; save a list of names, as ["ant", "bee"]'
        assert str(caught.value) == expected


def test_class_names_that_cannot_be_used(tmp_path):
    np.savez(tmp_path / "v.npz", features=values(), labels=np.arange(ROWS) % 3, class_names=["a", "b", "a"])
    with pytest.raises(
        InputError, match="class_names has 'a' as class 2; each class needs a name of its own"
    ):
        preview(tmp_path / "v.npz", test_fraction=0.2)
    np.savez(tmp_path / "n.npz", features=values(), labels=np.arange(ROWS) % 3, class_names=[1, 2, 3])
    with pytest.raises(
        InputError, match=r"class_names: is int64 of shape \(3,\); it must be a list of names"
    ):
        preview(tmp_path / "n.npz", test_fraction=0.2)


def test_names_in_one_part_and_numbers_in_the_other(tmp_path):
    save(tmp_path / "a.npz", values(), np.array(CLASSES * 20))
    save(tmp_path / "b.npz", values(), np.arange(ROWS) % 3)
    with pytest.raises(InputError, match="some are names and the others numbers; write both alike"):
        preview(tmp_path / "a.npz", test_features=tmp_path / "b.npz")


def test_labels_of_hdf5_in_a_file_of_their_own(tmp_path):
    with h5py.File(tmp_path / "v.h5", "w") as file:
        file["features"] = values()
    np.savez(tmp_path / "y.npz", label=np.arange(ROWS) % 3, other=np.zeros(3))
    with opened(tmp_path / "v.h5", tmp_path / "y.npz") as opened_file:
        assert opened_file.train.labels.tolist() == [row % 3 for row in range(ROWS)]
