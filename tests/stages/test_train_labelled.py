"""The training on all labels of a project: its files, against the library's own training."""

import json
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
from labelling.labelled_pools import CLASSES, TRAINED, pool_features, write_features, write_labels

import activepool
from activepool.compute.blocks import Compute
from activepool.data.label_file import read_class_names
from activepool.errors import InputError
from activepool.heads.linear import read_head
from activepool.labelling.models.named_head import read_facts, read_named_head
from activepool.stages.train_labelled import train_labelled

FEATURES, TRUTH = pool_features()


@pytest.fixture(autouse=True)
def pool(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_features(FEATURES)


def train(rows, names=None, classes=CLASSES, **options):
    rows = np.asarray(rows)
    write_labels(rows, [CLASSES[number] for number in TRUTH[rows]] if names is None else names, classes)
    train_labelled("features.h5", "labels.csv", "classes.csv", seed=3, **TRAINED, **options)


def test_the_head_is_that_of_the_library():
    rows = np.arange(5, 305, 3)
    train(rows)
    expected = activepool.train_head(FEATURES, TRUTH[rows], labelled=rows, classes=4, seed=3)
    head, facts = read_head("head.h5"), read_facts("training.json")
    assert head.weight.tobytes() == expected.weight.tobytes()
    assert head.bias.tobytes() == expected.bias.tobytes()
    assert read_class_names("head.h5") == CLASSES
    assert facts.labels == len(rows) and facts.classes_without_labels == []
    assert facts.weight_decay == expected.weight_decay and facts.fixed is None
    assert facts.temperature == expected.temperature != 1 and facts.uncalibrated is None
    assert facts.accuracy == expected.cross_validation.accuracy
    read_back = read_named_head("head.h5", facts, FEATURES.shape[1])
    assert read_back.classes.tolist() == CLASSES
    assert read_back.temperature == expected.temperature


def test_held_out_rows_have_calibrated_probabilities():
    rows = np.arange(5, 305, 3)
    train(rows)
    tested = activepool.train_head(FEATURES, TRUTH[rows], labelled=rows, classes=4, seed=3).cross_validation
    temperature = json.loads(Path("training.json").read_text())["temperature"]
    powers = np.exp(tested.logits / temperature)
    expected = powers / powers.sum(axis=1, keepdims=True)
    with h5py.File("held_out.h5") as file:
        assert np.allclose(file["probabilities"], expected, atol=1e-6)
        assert file["index"][:].tolist() == tested.rows.tolist() == rows.tolist()
        assert file["label"][:].tolist() == TRUTH[rows].tolist()
        assert file.attrs["class_names"].tolist() == CLASSES
    table = pd.read_csv("held_out.csv")
    assert list(table) == ["index", "label", "predicted", "probability"]
    assert table["index"].tolist() == rows.tolist()
    assert table["label"].tolist() == [CLASSES[number] for number in TRUTH[rows]]
    assert table["predicted"].tolist() == [CLASSES[number] for number in expected.argmax(axis=1)]
    assert np.allclose(table["probability"], expected.max(axis=1), atol=1e-6)


def test_the_numbers_of_the_rows_have_no_effect():
    """Rows are numbered again after results were deleted; a sample keeps its name."""
    rows, moved = np.arange(5, 305, 3), np.random.default_rng(1).permutation(len(FEATURES))
    heads = []
    for row_of in (np.arange(len(FEATURES)), moved):
        features = np.empty_like(FEATURES)
        features[row_of] = FEATURES
        write_features(features)
        write_labels(rows, [CLASSES[number] for number in TRUTH[rows]])
        table = pd.read_csv("labels.csv").assign(
            index=row_of[rows], sample=[f"{row * 7919:064x}" for row in rows]
        )
        table.sort_values("index").to_csv("labels.csv", index=False)
        train_labelled("features.h5", "labels.csv", "classes.csv", seed=3, **TRAINED)
        held_out = pd.read_csv("held_out.csv")
        assert held_out["index"].tolist() == sorted(row_of[rows].tolist())
        held_out["index"] = np.argsort(row_of)[held_out["index"]]
        held_out = held_out.sort_values("index").to_csv(index=False)
        heads.append((Path("head.h5").read_bytes(), Path("training.json").read_bytes(), held_out))
    assert heads[0] == heads[1]


def test_a_class_that_nobody_found_yet_is_left_out_of_the_head():
    rows = np.flatnonzero(TRUTH != 1)[:60]
    train(rows, classes=["emu", *CLASSES])
    with_two_more = read_head("head.h5")
    assert read_class_names("head.h5") == ["cat", "dog", "bee"]
    assert read_facts("training.json").classes_without_labels == ["emu", "ant"]
    train(rows, classes=["cat", "dog", "bee"])
    assert read_head("head.h5").weight.tobytes() == with_two_more.weight.tobytes()


@pytest.mark.parametrize("rows", [[0, 1], [0, 1, 2, 3, 4]])
def test_few_labels_take_the_fixed_rule(rows):
    names = ["dog", "ant", "cat", "dog", "dog"][: len(rows)]
    train(rows, names)
    facts = read_facts("training.json")
    assert facts.weight_decay == 1e-4
    assert facts.fixed == f"{len(rows)} labels; a choice by cross-validation needs 10"
    assert facts.temperature == 1 and "held-out labels; a temperature needs 10" in facts.uncalibrated
    held_out = pd.read_csv("held_out.csv")
    assert held_out["index"].tolist() == [row for row in rows if names.count(names[row]) > 1]
    assert (facts.accuracy is None) == (not len(held_out))


def test_the_number_of_workers_changes_no_bit():
    heads = []
    for workers in (1, 3):
        train(np.arange(200), compute=Compute(workers=workers))
        heads.append([Path(path).read_bytes() for path in TRAINED.values()])
    assert heads[0] == heads[1]


@pytest.mark.parametrize(
    ("rows", "names", "words"),
    [
        ([3, 5], ["ant", "ant"], "all labels are 'ant'; a model needs labels of at least two classes"),
        ([], [], "there are no labels; a model needs labels of at least two classes"),
        ([3, 5], ["ant", "Bee"], "has the label 'Bee', which is not a class in classes.csv"),
        ([3, 1031], ["ant", "bee"], "index 1031 is not a row of the features (0 to 1030)"),
    ],
)
def test_labels_that_cannot_train_a_head(rows, names, words):
    with pytest.raises(InputError, match=r"^labels\.csv: ") as caught:
        train(np.array(rows, dtype=np.int64), names)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("labels.csv", "index,label\n3,ant\n", "labels.csv: has no column 'source' (columns: index, label)"),
        ("classes.csv", "name\nant\n", "classes.csv: has no column 'class' (columns: name)"),
        ("classes.csv", "class\nant\nbee\nant\n", "classes.csv: has the class 'ant' twice"),
    ],
)
def test_files_of_another_form(path, text, words):
    write_labels([3, 5], ["ant", "bee"])
    Path(path).write_text(text)
    with pytest.raises(InputError) as caught:
        train_labelled("features.h5", "labels.csv", "classes.csv", seed=3, **TRAINED)
    assert str(caught.value) == words
