"""The stage from files to files, as the workflow runs it."""

import json

import h5py
import numpy as np
import pandas as pd
import pytest

from activepool.heads.linear import read_head
from activepool.records.provenance import Record
from activepool.stages.train import train as stage

CLASSES = ["ant", "bee", "cat"]


@pytest.fixture
def folder(tmp_path):
    """A features file of 60 train rows, 10 of them without a label, and its index files."""
    random = np.random.default_rng(0)
    with h5py.File(tmp_path / "features.h5", "w") as file:
        for part, rows in (("train", 60), ("test", 33)):
            labels = np.arange(rows) % 3
            features = 2 * np.eye(3, 5)[labels] + random.normal(size=(rows, 5))
            file[f"{part}/features"] = features.astype(np.float16)
            labels[50:] = -1
            labels[:3] = -1 if part == "test" else labels[:3]
            file[f"{part}/labels"] = labels
            file[f"{part}/sources"] = [f"{part}/{row}" for row in range(rows)]
        file.attrs["class_names"] = CLASSES
    write_index(tmp_path / "validation.csv", range(30, 45))
    write_index(tmp_path / "labelled.csv", [4, 2, 0, 9, 11, 8])
    return tmp_path


def write_index(path, rows):
    pd.DataFrame({"index": list(rows)}).to_csv(path, index=False)


@pytest.fixture
def train(folder):
    """A function that runs the stage with a recipe and further options."""

    def run_stage(recipe, *options):
        files = {
            "features": "features.h5",
            "validation": "validation.csv",
            "labelled": "labelled.csv",
            "head": "head.h5",
            "metrics": "metrics.json",
        }
        arguments = [text for name, file in files.items() for text in (f"--{name}", str(folder / file))]
        arguments += ["--recipe", json.dumps(recipe), "--seed", "1", "--round", "1", "--device", "cpu"]
        stage.run([*arguments, *options])

    return run_stage


@pytest.fixture
def error_of(train, capsys):
    """A function that runs the stage, which must fail, and returns the one line that it says."""

    def run_stage(recipe, *options):
        with pytest.raises(SystemExit) as stopped:
            train(recipe, *options)
        assert stopped.value.code == 2
        lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("activepool: ")]
        assert len(lines) == 1
        return lines[0]

    return run_stage


def read_metrics(folder):
    return json.loads((folder / "metrics.json").read_text(), parse_constant=pytest.fail)


LBFGS = {"solver": "lbfgs"}


@pytest.mark.parametrize("recipe", [LBFGS, {"solver": "sgd", "learning_rate": 0.1, "epochs": 4}])
def test_head_and_metrics_are_written(folder, train, recipe):
    train(recipe)
    metrics = read_metrics(folder)
    with h5py.File(folder / "features.h5") as file:
        features, labels = file["test/features"][3:], file["test/labels"][3:]
    right = read_head(folder / "head.h5", 5).logits64(features).argmax(axis=1) == labels
    assert metrics["top1"] == pytest.approx(right.mean())
    assert metrics["top5"] == 1
    assert metrics["per_class_accuracy"] == pytest.approx(
        [right[labels == label].mean() for label in range(3)]
    )
    assert metrics["class_counts"] == [2, 1, 3]
    assert metrics["class_names"] == CLASSES
    assert metrics["imbalance_ratio"] == 3
    assert [metrics[name] for name in ("labels", "seed", "round", "unlabelled")] == [6, 1, 1, 39]
    attribute = {"lbfgs": "weight_decay", "sgd": "epoch"}[recipe["solver"]]
    with h5py.File(folder / "head.h5") as file:
        for name in (attribute, "validation_accuracy", "iterations"):
            assert file.attrs[name] == metrics[name]


def test_the_curve_has_a_row_for_each_epoch(folder, train, error_of):
    curve = str(folder / "sgd.csv")
    train({"solver": "sgd", "learning_rate": 0.1, "epochs": 4}, "--curve", curve)
    table, metrics = pd.read_csv(curve), read_metrics(folder)
    names = ["epoch", "loss", "validation_accuracy", "validation_top5", "learning_rate"]
    assert table.columns.tolist() == names
    assert table["epoch"].tolist() == [1, 2, 3, 4]
    assert table["validation_accuracy"][metrics["epoch"] - 1] == metrics["validation_accuracy"]
    assert "solver 'lbfgs' has no epochs; leave out --curve" in error_of(LBFGS, "--curve", curve)


def test_files_are_the_same_bytes_for_any_number_of_workers(folder, train):
    contents = []
    for workers in ("1", "2"):
        train(LBFGS, "--workers", workers)
        contents.append([(folder / name).read_bytes() for name in ("head.h5", "metrics.json")])
    assert contents[0] == contents[1]


def test_labels_that_came_later_are_used(folder, train, error_of):
    write_index(folder / "labelled.csv", [4, 2, 0, 50, 11, 7])
    assert "1 picked samples have no label yet (train/50); add them" in error_of(LBFGS)
    annotations = folder / "annotations.csv"
    annotations.write_text("source,label\ntrain/50,cat\n")
    train(LBFGS, "--annotations", str(annotations))
    assert read_metrics(folder)["class_counts"] == [1, 2, 3]
    annotations.write_text("source,label\ntrain/50,?\n")
    train(LBFGS, "--annotations", str(annotations))
    metrics = read_metrics(folder)
    assert metrics["class_counts"] == [1, 2, 2]
    assert (metrics["labels"], metrics["unlabelled"]) == (5, 39)


def test_a_labelled_set_without_usable_labels_is_reported(folder, train, error_of):
    write_index(folder / "labelled.csv", [50, 51])
    (folder / "annotations.csv").write_text("index,label\n50,?\n51,skip\n")
    message = error_of(LBFGS, "--annotations", str(folder / "annotations.csv"))
    assert "labelled.csv: has no row that can be labelled; a head needs at least one labelled" in message


def test_every_mistake_in_labels_that_came_later_has_its_line(folder, train, capsys):
    write_index(folder / "labelled.csv", [4, 2, 0, 50, 11, 7])
    (folder / "annotations.csv").write_text("index,label\n50,owl\n51,ant,x\n52,9\n")
    with pytest.raises(SystemExit):
        train(LBFGS, "--annotations", str(folder / "annotations.csv"))
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("activepool: ")]
    assert [line.partition("annotations.csv:")[2].partition(":")[0] for line in lines] == ["2", "3", "4"]


def test_the_record_has_the_labels_that_came_later(folder, train):
    write_index(folder / "labelled.csv", [4, 2, 0, 50, 51, 7])
    (folder / "annotations.csv").write_text("index,label\n51,?\n50,cat\n52,bee\n")
    made_by = json.dumps({"train": "settings 1, code 2"})
    train(LBFGS, "--annotations", str(folder / "annotations.csv"), "--provenance", made_by)
    record = Record.read(folder / "provenance/head.h5.json")
    assert record.used_labels.labels == {"50": "cat", "51": "?"}
    assert str(folder / "annotations.csv") not in record.inputs


@pytest.mark.parametrize(
    ("file", "rows", "words"),
    [
        ("labelled.csv", [60, 9], "the labelled set names row 60, but train/features has 60 rows"),
        ("labelled.csv", [31, 9], "names row 31, which is in the validation split as well"),
        ("labelled.csv", [9, 11, 9], "index 9 was picked before"),
        (
            "validation.csv",
            [],
            "validation.csv: has no rows; a head needs at least one labelled and one validation",
        ),
    ],
)
def test_impossible_rows_are_reported(folder, error_of, file, rows, words):
    write_index(folder / file, rows)
    assert words in error_of(LBFGS)
    assert not (folder / "metrics.json").exists()


def test_an_unknown_setting_is_reported(error_of):
    assert error_of({"solver": "lbfgs", "epochs": 3}).startswith("activepool: head: epochs: ")
