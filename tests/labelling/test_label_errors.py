"""Likely label errors, against the definition of the paper, and against cleanlab where it is installed."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from labelling.labelled_pools import CLASSES, TRAINED, pool_features, source_of, write_features, write_labels

from activepool.errors import InputError
from activepool.labelling.models.held_out import HeldOut, read_held_out, write_held_out
from activepool.labelling.models.label_errors import off_diagonal, write_label_errors
from activepool.labelling.models.training_labels import TrainingLabels
from activepool.stages.label_errors import label_errors
from activepool.stages.train_labelled import train_labelled

FILES = ("held_out.h5", "labels.csv", "samples.csv", "label_errors.csv")

COLUMNS = ["source", "label", "label_probability", "suggested", "probability", "sample"]

#: The samples of the rows of a pool.
SAMPLES = [f"{row:064x}" for row in range(400)]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [f"{row},{sample},0,{row}.jpg\n" for row, sample in enumerate(SAMPLES)]
    Path("samples.csv").write_text("".join(["row,sample,part,source\n", *rows]), encoding="utf-8")


def problem(rows, classes, seed, step=0.0):
    """Labels, some of them wrong, and probabilities; on a grid of ``step`` they have many ties."""
    random = np.random.default_rng(seed)
    truth = random.integers(0, classes, rows)
    logits = random.normal(size=(rows, classes))
    logits[np.arange(rows), truth] += 1.5
    powers = np.exp(logits)
    chances = powers / powers.sum(axis=1, keepdims=True)
    if step:
        chances = np.round(chances / step) * step
    labels = np.where(random.random(rows) < 0.2, random.integers(0, classes, rows), truth)
    return labels, chances.astype(np.float32)


def by_definition(labels, chances):
    """The off-diagonal of the confident joint, as the paper's equations 1 and 2 write it."""
    classes = range(chances.shape[1])
    thresholds = {
        j: np.mean([float(p[j]) for p, label in zip(chances, labels, strict=True) if label == j])
        for j in classes
        if j in labels
    }
    errors = []
    for p, label in zip(chances, labels, strict=True):
        confident = [j for j in thresholds if p[j] >= thresholds[j] - 1e-6]
        errors.append(bool(confident) and max(confident, key=lambda j: (p[j], -j)) != label)
    return errors


@pytest.mark.parametrize("step", [0, 0.05])
@pytest.mark.parametrize(("rows", "classes"), [(1, 2), (31, 2), (83, 5), (211, 11)])
def test_errors_are_those_of_the_definition(rows, classes, step):
    labels, chances = problem(rows, classes, rows, step)
    is_error = off_diagonal(labels, chances)
    assert is_error.tolist() == by_definition(labels, chances)
    assert rows == 1 or 0 < is_error.sum() < rows


@pytest.mark.parametrize("step", [0, 0.05])
def test_the_list_is_that_of_the_definition_in_its_order(step):
    label, chances = problem(83, 5, 7, step)
    names, index = ["ant", "bee", "cat", "dog", "eel"], 3 * np.arange(83)
    labels = TrainingLabels(
        rows=index, sources=[f"{row}.jpg" for row in index], labels=[names[number] for number in label]
    )
    write_label_errors(
        "errors.csv", HeldOut(index, label, chances.argmax(axis=1), chances, names), labels, SAMPLES
    )
    rows_listed = [
        (chances[place, label[place]], 3 * place)
        for place, is_off in enumerate(by_definition(label, chances))
        if is_off and label[place] != chances[place].argmax()
    ]
    assert len(rows_listed) > 9
    listed = pd.read_csv("errors.csv")
    assert listed["source"].tolist() == [f"{row}.jpg" for _, row in sorted(rows_listed)]
    assert listed["sample"].tolist() == [SAMPLES[row] for _, row in sorted(rows_listed)]


def test_rows_with_one_probability_reach_its_mean():
    chances = np.tile(np.float32([0.1, 0.7, 0.2]), (11, 1))
    assert not off_diagonal(np.ones(11, dtype=np.int64), chances).any()
    labels = np.array([1] * 10 + [0])
    assert off_diagonal(labels, chances).tolist() == [False] * 10 + [True]


@pytest.mark.parametrize(("rows", "classes"), [(31, 2), (83, 5), (211, 11), (1000, 4)])
def test_cleanlab_finds_the_same(rows, classes):
    filters = pytest.importorskip("cleanlab.filter", reason="cleanlab is not installed")
    labels, chances = problem(rows, classes, rows)
    expected = filters.find_label_issues(labels, chances, filter_by="confident_learning", n_jobs=1)
    is_error = off_diagonal(labels, chances) & (chances.argmax(axis=1) != labels)
    assert is_error.tolist() == expected.tolist()


def test_no_held_out_row_has_no_error():
    write_labels([3, 5], ["ant", "bee"])
    none = np.empty(0, dtype=np.int64)
    write_held_out("held_out.csv", "held_out.h5", HeldOut(none, none, none, np.empty((0, 2)), ["ant", "bee"]))
    label_errors(*FILES)
    assert Path("label_errors.csv").read_text() == ",".join(COLUMNS) + "\n"


def test_wrong_labels_are_found_and_the_likeliest_comes_first():
    features, truth = pool_features()
    write_features(features)
    rows, wrong = np.arange(1, 301, 2), np.array([7, 31, 99, 151, 201])
    labels = np.where(np.isin(rows, wrong), (truth[rows] + 1) % 4, truth[rows])
    write_labels(rows, [CLASSES[number] for number in labels])
    train_labelled("features.h5", "labels.csv", "classes.csv", seed=3, **TRAINED)
    label_errors(*FILES)
    table, held_out = pd.read_csv("label_errors.csv"), read_held_out("held_out.h5")
    assert list(table) == COLUMNS
    index = np.array([SAMPLES.index(name) for name in table["sample"]])
    assert len(set(wrong) & set(index)) >= 4
    assert len(table) < 25
    place = np.searchsorted(held_out.index, index)
    chances = held_out.probabilities[place]
    assert table["source"].tolist() == [source_of(row) for row in index]
    assert table["label"].tolist() == [CLASSES[number] for number in held_out.label[place]]
    assert table["suggested"].tolist() == [CLASSES[number] for number in chances.argmax(axis=1)]
    assert np.array_equal(table["probability"].astype(np.float32), chances.max(axis=1))
    assert (table["label"] != table["suggested"]).all()
    label_chances = chances[np.arange(len(table)), held_out.label[place]]
    assert label_chances.tolist() == sorted(label_chances)
    assert np.array_equal(table["label_probability"].astype(np.float32), label_chances)


def test_ties_are_in_the_order_of_the_rows():
    write_labels([4, 6, 9, 11, 20, 30], ["ant", "bee", "ant", "bee", "ant", "ant"])
    chances = np.float32([[0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.9, 0.1]])
    index, label = np.array([4, 6, 9, 11, 20, 30]), np.array([0, 1, 0, 1, 0, 0])
    held_out = HeldOut(index, label, chances.argmax(axis=1), chances, ["ant", "bee"])
    write_held_out("held_out.csv", "held_out.h5", held_out)
    label_errors(*FILES)
    assert pd.read_csv("label_errors.csv")["source"].tolist() == [source_of(row) for row in (6, 11, 20)]


@pytest.mark.parametrize(("rows", "names", "row"), [([3, 5], ["ant", "ant"], 5), ([3, 6], ["ant", "bee"], 5)])
def test_labels_that_were_not_held_out(rows, names, row):
    write_labels(rows, names)
    index, label, chances = np.array([3, 5]), np.array([0, 1]), np.eye(2, dtype=np.float32)
    held_out = HeldOut(index, label, label, chances, ["ant", "bee"])
    write_held_out("held_out.csv", "held_out.h5", held_out)
    with pytest.raises(InputError, match=f"row {row} does not have the label 'bee' of held_out.h5"):
        label_errors(*FILES)
