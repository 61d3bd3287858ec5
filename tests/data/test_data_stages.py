import json
import time

import h5py
import numpy as np
import pandas as pd
import pytest
from data.stored_samples import read_samples

from activepool.features.store import FeatureFile
from activepool.io.index_files import read_index
from activepool.stages.dataset import dataset
from activepool.stages.embeddings import embeddings
from activepool.stages.full_pool import full_pool
from activepool.stages.initial_labelled import initial_labelled
from activepool.stages.validation import validation


@pytest.fixture
def call(monkeypatch, tmp_path):
    """Return call(stage, **options): runs a stage as from the command line, in tmp_path."""
    monkeypatch.chdir(tmp_path)

    def run_stage(stage, **options):
        stage.run([word for name, value in options.items() for word in (f"--{name}", str(value))])

    return run_stage


def write_given(path, sources=True):
    draws = np.random.default_rng(0)
    with h5py.File(path, "w") as file:
        for part, rows in (("train", 80), ("test", 20)):
            file[f"{part}/features"] = draws.normal(size=(rows, 3)).astype("float32")
            file[f"{part}/labels"] = np.arange(rows) % 4
            if sources:
                file[f"{part}/sources"] = [f"{row}.jpg" for row in range(rows)]


def test_dataset_of_images_in_memory(call, tmp_path):
    settings = {"kind": "digits", "imbalance": {"kind": "step", "factor": 0.1}}
    call(dataset, source=json.dumps(settings), dataset="dataset.h5", unreadable="unreadable.csv")
    counts = np.bincount(read_samples("dataset.h5").train.labels)
    assert counts.max() > 130
    assert counts[5:].tolist() == [13] * 5
    assert (tmp_path / "unreadable.csv").read_text() == "path,reason\n"


def test_dataset_of_files_without_the_unreadable(call, draw, tmp_path):
    draw("images/train/a/1.jpg", "images/train/a/2.jpg", "images/train/b/1.jpg", "images/test/a/1.jpg")
    (tmp_path / "images/train/a/2.jpg").write_bytes(b"")
    settings = {"kind": "folder", "options": {"root": "images"}, "on_unreadable": "skip"}
    paths = {"dataset": "dataset.h5", "unreadable": "unreadable.csv"}
    call(dataset, source=json.dumps(settings), workers=2, **paths)
    samples = read_samples("dataset.h5")
    assert samples.root == "images"
    assert samples.train.sources.tolist() == ["train/a/1.jpg", "train/b/1.jpg"]
    table = pd.read_csv("unreadable.csv")
    assert table.to_dict("records") == [{"path": "images/train/a/2.jpg", "reason": "empty file"}]


def test_files_left_out_are_in_the_log(call, draw, tmp_path, capsys):
    draw(
        "images/train/a/1.jpg",
        "images/train/a/.2.jpg",
        "images/train/b/1.jpg",
        "images/test/a/1.jpg",
        "images/test/b/1.jpg",
    )
    settings = {"kind": "folder", "options": {"root": "images"}, "exif": "apply"}
    paths = {"dataset": "dataset.h5", "unreadable": "unreadable.csv", "log": "log"}
    call(dataset, source=json.dumps(settings), **paths)
    assert read_samples("dataset.h5").upright
    line = "activepool: notice: images: not taken: hidden: 1 (train/a/.2.jpg)\n"
    assert line in capsys.readouterr().err
    assert (tmp_path / "log").read_text() == line


def test_a_class_of_which_no_train_image_is_readable(call, draw, tmp_path, capsys):
    draw("images/train/a/1.jpg", "images/train/b/1.jpg", "images/test/a/1.jpg", "images/test/b/1.jpg")
    (tmp_path / "images/train/b/1.jpg").write_bytes(b"")
    settings = {"kind": "folder", "options": {"root": "images"}, "on_unreadable": "skip"}
    with pytest.raises(SystemExit):
        call(dataset, source=json.dumps(settings), dataset="dataset.h5", unreadable="unreadable.csv")
    assert "images: no train sample has the class 'b', which the test part has" in capsys.readouterr().err


def test_a_mistake_is_one_line_and_status_2(call, capsys):
    with pytest.raises(SystemExit) as stopped:
        call(dataset, source='{"kind": "film"}', dataset="dataset.h5", unreadable="unreadable.csv")
    assert stopped.value.code == 2
    assert capsys.readouterr().err.startswith("activepool: dataset: kind 'film' is not known")


def test_embeddings_to_initial_pool(call):
    write_given("given.h5")
    call(embeddings, source='{"path": "given.h5"}', features="features.h5")
    call(validation, samples="features.h5", fraction=0.1, seed=3, validation="validation.csv")
    with FeatureFile("features.h5") as file:
        labels = file.train.labels
    held_out = pd.read_csv("validation.csv")
    assert held_out.columns.tolist() == ["index"]
    assert np.bincount(labels[held_out["index"]]).tolist() == [2, 2, 2, 2]

    choice = {"samples": "features.h5", "validation": "validation.csv", "seed": 3}
    choice |= {"selected": "selected.csv", "labelled": "labelled.csv"}
    call(initial_labelled, **choice, kind="balanced", size=10)
    picks = pd.read_csv("selected.csv")
    assert picks.columns.tolist() == ["index", "source"]
    assert picks["source"].tolist() == [f"{row}.jpg" for row in picks["index"]]
    assert np.bincount(labels[picks["index"]]).tolist() == [3, 3, 2, 2]
    assert not set(picks["index"]) & set(held_out["index"])
    assert read_index("labelled.csv").tolist() == picks["index"].tolist()


def test_the_same_input_makes_the_same_bytes_at_another_time(call, tmp_path):
    write_given("given.h5")
    for name in ("first", "second"):
        # HDF5 would note the time in seconds.
        time.sleep(1.1 if name == "second" else 0)
        call(dataset, source='{"kind": "digits"}', dataset=f"{name}_dataset.h5", unreadable="unreadable.csv")
        call(embeddings, source='{"path": "given.h5"}', features=f"{name}_features.h5")
    for kind in ("dataset", "features"):
        first, second = (tmp_path / f"{name}_{kind}.h5" for name in ("first", "second"))
        assert first.read_bytes() == second.read_bytes()


def test_embeddings_with_imbalance(call):
    write_given("given.h5")
    settings = {"path": "given.h5", "imbalance": {"kind": "step", "factor": 0.5}}
    call(embeddings, source=json.dumps(settings), features="features.h5")
    with FeatureFile("features.h5") as file:
        assert np.bincount(file.train.labels).tolist() == [20, 20, 10, 10]


def test_embeddings_with_a_wrong_option(call, capsys):
    with pytest.raises(SystemExit):
        call(embeddings, source='{"pat": "given.h5", "imbalance": {"kind": "odd"}}', features="features.h5")
    message = capsys.readouterr().err
    assert "path: missing required argument" in message
    assert "imbalance.kind: input should be 'exp' or 'step'" in message
    assert message.endswith(
        "its options are: path, labels, test_features, test_labels, test_fraction, class_names, array, "
        "label_array, source_array, imbalance, fraction\n"
    )


def test_the_full_pool_is_all_of_known_label_outside_the_validation_split(call):
    write_given("features.h5")
    with h5py.File("features.h5", "r+") as file:
        file["train/labels"][[3, 50]] = -1
    call(validation, samples="features.h5", fraction=0.1, seed=0, validation="validation.csv")
    call(full_pool, samples="features.h5", validation="validation.csv", labelled="labelled.csv")
    held_out = set(pd.read_csv("validation.csv")["index"])
    assert pd.read_csv("labelled.csv")["index"].tolist() == sorted(set(range(80)) - held_out - {3, 50})


def test_initial_pool_of_features_without_sources(call):
    write_given("features.h5", sources=False)
    call(validation, samples="features.h5", fraction=0.1, seed=0, validation="validation.csv")
    choice = {"samples": "features.h5", "validation": "validation.csv", "seed": 0}
    choice |= {"selected": "selected.csv", "labelled": "labelled.csv"}
    call(initial_labelled, **choice, kind="random", size=5)
    assert pd.read_csv("selected.csv").columns.tolist() == ["index"]
