"""The program, in one process and in two that share each batch."""

import json
import os
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
import pytest
import torch

from activepool.backbones.checkpoint import load_backbone, save_weights
from activepool.backbones.registry import build
from activepool.backbones.settings import BackboneSettings
from activepool.compute.blocks import Compute
from activepool.data.round_samples import Labelled
from activepool.data.samples import Part, Samples, write_samples
from activepool.errors import InputError
from activepool.features.images import PartImages
from activepool.finetuning.classifier import features_of
from activepool.heads.linear import read_head
from activepool.heads.predictions import predict
from activepool.stages.finetune import finetune

LIBRARY = Path(__file__).parents[2] / "workflow"
HEAD = {"solver": "finetune", "epochs": 4, "batch_size": 7, "learning_rate": 0.05, "augmentation": "crop"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A dataset of 45 images in three classes, index files, and pretrained weights."""
    path = tmp_path_factory.mktemp("finetune")
    random = np.random.default_rng(0)
    labels = np.arange(45) % 3
    images = random.integers(0, 60, (45, 9, 9, 3), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[..., label] += 120
    part = Part(labels, np.array([f"r/{row}" for row in range(45)], dtype=object), images)
    write_samples(path / "dataset.h5", Samples(part, part, ["a", "b", "c"]))
    pd.DataFrame({"index": np.arange(30)}).to_csv(path / "labelled.csv", index=False)
    pd.DataFrame({"index": np.arange(36, 45)}).to_csv(path / "validation.csv", index=False)
    torch.manual_seed(0)
    save_weights(path / "pretrained.safetensors", build("small", 9, 3), {})
    return path


def words(name, labelled="labelled.csv", **head):
    """Return the arguments of the program, whose files go to the folder ``name``."""
    options = ["--recipe", json.dumps(HEAD | head), "--backbone", '{"name": "small", "image_size": 9}']
    files = {
        "checkpoint": "pretrained.safetensors",
        "dataset": "dataset.h5",
        "validation": "validation.csv",
        "labelled": labelled,
        "network": f"{name}/network.safetensors",
        "head": f"{name}/head.h5",
        "metrics": f"{name}/metrics.json",
        "curve": f"{name}/finetune.csv",
        "log": f"{name}.log",
    }
    options += [part for key, file in files.items() for part in (f"--{key}", file)]
    return [*options, "--seed", "0", "--round", "1", "--device", "cpu"]


def finetuned(folder, name, processes=1, **head):
    """Run the program to its end; return the folder of its files."""
    command = [sys.executable, "-m", "activepool.parallel.launch", "--processes", str(processes)]
    command += ["activepool.stages.finetune", *words(name, **head)]
    environment = os.environ | {"PYTHONPATH": str(LIBRARY)}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return folder / name


def test_what_is_written_fits_together(folder):
    out = finetuned(folder, "one")
    assert {file.name for file in out.iterdir()} == {
        "network.safetensors",
        "head.h5",
        "metrics.json",
        "finetune.csv",
    }
    metrics = json.loads((out / "metrics.json").read_text())
    assert (metrics["labels"], metrics["unlabelled"], metrics["round"]) == (30, 6, 1)
    assert metrics["class_counts"] == [10, 10, 10]
    backbone, _ = load_backbone(BackboneSettings(name="small", image_size=9), 3, out / "network.safetensors")
    head = read_head(out / "head.h5", backbone.width)
    with h5py.File(folder / "dataset.h5") as file:
        test = Labelled.known(file["test/labels"][:])
    images = PartImages(folder / "dataset.h5", "test", backbone.preprocessing)
    again = predict(head, features_of(backbone, images, test, "cpu", 0), Compute())
    assert metrics["top1"] == again.accuracy
    curve = pd.read_csv(out / "finetune.csv")
    assert curve["epoch"].tolist() == [1, 2, 3, 4]
    assert metrics["validation_accuracy"] == curve["validation_accuracy"].max()


@pytest.mark.long
@pytest.mark.parametrize(("freeze", "class_weights"), [(True, True), (False, False)])
def test_two_processes_train_as_one(folder, freeze, class_weights):
    settings = {"freeze_batch_norm": freeze, "class_weights": class_weights}
    one, two = (finetuned(folder, f"{freeze}{class_weights}{count}", count, **settings) for count in (1, 2))
    curves = [pd.read_csv(out / "finetune.csv") for out in (one, two)]
    np.testing.assert_allclose(curves[1]["loss"], curves[0]["loss"], rtol=1e-4)
    np.testing.assert_allclose(curves[1]["validation_accuracy"], curves[0]["validation_accuracy"])
    heads = [read_head(out / "head.h5") for out in (one, two)]
    np.testing.assert_allclose(heads[1].weight, heads[0].weight, atol=1e-4)


def test_each_seed_and_round_starts_from_its_own_weights(folder, monkeypatch):
    monkeypatch.chdir(folder)
    head = HEAD | {"from_scratch": True, "freeze_batch_norm": False, "epochs": 1, "learning_rate": 1e-30}
    files = {name: f"scratch_{name}" for name in ("network", "head", "metrics", "curve")}
    arguments = {
        "validation": "validation.csv",
        "labelled": "labelled.csv",
        "backbone": {"name": "small", "image_size": 9},
    }

    def weights(seed, number, **changes):
        changed = {"recipe": head, "seed": seed, "round": number, "device": "cpu"} | changes
        finetune("dataset.h5", **arguments, **files, **changed)
        backbone, _ = load_backbone(BackboneSettings(name="small", image_size=9), 3, files["network"])
        return backbone.network.state_dict()["blocks.0.0.weight"]

    first = weights(0, 1)
    assert torch.equal(weights(0, 1), first)
    assert not torch.equal(weights(1, 1), first)
    assert not torch.equal(weights(0, 2), first)
    with pytest.raises(InputError, match="freeze_backbone leaves the network as it is; leave out --network"):
        weights(0, 1, recipe=HEAD | {"freeze_backbone": True})
    with pytest.raises(InputError, match="from_scratch starts from random weights; leave out the checkpoint"):
        weights(0, 1, checkpoint="pretrained.safetensors")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "wrong.csv: has no rows; a head needs at least one labelled and one validation sample"),
        ([45], "names row 45, but train/features has 45 rows"),
    ],
)
def test_impossible_rows_are_reported_in_one_line(folder, monkeypatch, capsys, rows, message):
    pd.DataFrame({"index": rows}).to_csv(folder / "wrong.csv", index=False)
    monkeypatch.chdir(folder)
    with pytest.raises(SystemExit) as stopped:
        finetune.run(words("never", labelled="wrong.csv"))
    assert stopped.value.code == 2
    printed = capsys.readouterr().err
    assert message in printed and "Traceback" not in printed
    assert not (folder / "never").exists()
