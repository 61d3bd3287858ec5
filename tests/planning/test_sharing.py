"""Experiments that share folders of samples, weights and features: none overwrites another's."""

import copy
import shutil

import numpy as np
import pytest
import torch
import yaml
from PIL import Image

from activepool.errors import InputError
from planning.configuration.loading import load
from planning.experiment_files import EXPERIMENTS
from planning.paths import Paths
from planning.runs.sharing import NOTE, conflicts, register_use, require_apart, shared_folders

CONFIGURATION = """
experiment: a
dataset: {kind: digits, imbalance: {kind: exp, factor: 0.1, seed: 0}}
backbone: {architecture: small, image_size: 8}
pretrain: {epochs: 20, augmentation: digits}
features: {dtype: float32}
validation: {fraction: 0.1}
initial: {size: 20}
budget: 20
rounds: 3
seeds: 1
strategies: [random]
head: {solver: lbfgs}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def changed(experiment, given=None, **values):
    """Return a configuration with the values of ``section__key``; None takes a key out."""
    raw = copy.deepcopy(given or yaml.safe_load(CONFIGURATION)) | {"experiment": experiment}
    for path, value in values.items():
        *sections, key = path.split("__")
        section = raw
        for one in sections:
            section = section.setdefault(one, {})
        section[key] = value
        if value is None:
            del section[key]
    return raw


def paths(*arguments, **values):
    return Paths(load(changed(*arguments, **values), "trial.yaml"))


def ran(experiment):
    register_use(experiment, [experiment.features])


CHANGES = [
    (
        {"dataset__imbalance__seed": 1},
        "dataset.name",
        "results/datasets/digits_exp0.1",
        "imbalance.seed 0",
        "1",
    ),
    (
        {"pretrain__epochs": 30},
        "backbone.name",
        "results/pretrained/digits_exp0.1/small_simclr",
        "epochs 20",
        "30",
    ),
    (
        {"backbone__image_size": 9},
        "backbone.name",
        "results/pretrained/digits_exp0.1/small_simclr",
        "size 8",
        "9",
    ),
    (
        {"backbone__normalisation": "imagenet"},
        "backbone.name",
        "results/pretrained/digits_exp0.1/small_simclr",
        "normalisation not set",
        "imagenet",
    ),
    (
        {"features__dtype": "float16"},
        "backbone.name",
        "results/features/digits_exp0.1/small_simclr",
        "float32",
        "float16",
    ),
    (
        {"features__shards": 2},
        "backbone.name",
        "results/features/digits_exp0.1/small_simclr",
        "shards 1",
        "2",
    ),
]


@pytest.mark.parametrize(("change", "key", "path", "theirs", "ours"), CHANGES)
def test_an_experiment_with_other_settings_stops(change, key, path, theirs, ours):
    ran(paths("a"))
    lines = list(conflicts(paths("b", **change)))
    assert len(lines) == 1
    assert lines[0].startswith(f"{key}: results/a uses {path} with ")
    assert theirs in lines[0] and lines[0].endswith(
        f"give this experiment another {key}, or delete results/a"
    )
    with pytest.raises(InputError, match="trial.yaml: " + key):
        require_apart(paths("b", **change), "trial.yaml", ["snakemake", "--cores", "1"])
    require_apart(paths("b", **change), "trial.yaml", ["snakemake", "--cores", "1", "verify"])


@pytest.mark.parametrize(("change", "key", "path", "theirs", "ours"), CHANGES)
def test_another_name_resolves_the_conflict(change, key, path, theirs, ours):
    ran(paths("a"))
    assert not list(conflicts(paths("b", **change, **{key.replace(".", "__"): "other"})))


@pytest.mark.parametrize("change", [change for change, *_ in CHANGES])
def test_an_experiment_may_change_its_own_settings(change):
    ran(paths("a"))
    assert not list(conflicts(paths("a", **change)))
    ran(paths("a", **change))
    # What it used before is free; what it uses now is not.
    assert not list(conflicts(paths("b", **change)))
    assert list(conflicts(paths("b")))


def test_a_shared_folder_keeps_its_settings():
    ran(paths("a"))
    ran(paths("b", budget=10, strategies=["margin"], rounds=4))
    assert "results/b uses results/pretrained/digits_exp0.1/small_simclr with" in next(
        conflicts(paths("a", pretrain__epochs=30))
    )


def test_a_deleted_experiment_keeps_no_folder(folder):
    ran(paths("a"))
    (folder / "results/a" / NOTE).unlink()
    assert not list(conflicts(paths("b", pretrain__epochs=30)))


@pytest.mark.parametrize("text", ["{", "[]", '{"results/datasets/digits_exp0.1": {}}'])
def test_a_damaged_note_counts_as_none(folder, text):
    ran(paths("a"))
    (folder / "results/a" / NOTE).write_text(text)
    assert not list(conflicts(paths("b", pretrain__epochs=30)))


def test_a_run_without_shared_folders_writes_no_note(folder):
    one = paths("a")
    register_use(one, ["results/logs/verify.log", f"{one.root}/curves.csv"])
    assert not (folder / "results").exists()


def weights(path, value):
    torch.save({"weight": torch.full((2,), value)}, path)
    return str(path)


def test_checkpoints_count_by_their_content(folder):
    first, other = (weights(folder / name, value) for name, value in (("1.pt", 1.0), ("3.pt", 2.0)))
    same = shutil.copy(first, folder / "2.pt")
    without = changed("a", pretrain=None)
    ran(paths("a", without, backbone__checkpoint=first))
    assert not list(conflicts(paths("b", without, backbone__checkpoint=str(same))))
    line = next(conflicts(paths("b", without, backbone__checkpoint=other)))
    assert f"backbone.checkpoint {first}; here: backbone.checkpoint {other}; " in line
    # A file that was replaced is another one for both.
    weights(first, 5.0)
    assert not list(conflicts(paths("b", without, backbone__checkpoint=first)))


def test_pretrained_weights_and_a_checkpoint_differ(folder):
    ran(paths("a", backbone__name="net"))
    given = paths(
        "b", pretrain=None, backbone__name="net", backbone__checkpoint=weights(folder / "w.pt", 1.0)
    )
    assert "results/a uses results/features/digits_exp0.1/net with" in next(conflicts(given))


def images(folder, values):
    for part in ("train", "test"):
        for label in "ab":
            (folder / part / label).mkdir(parents=True)
            for number, value in enumerate(values):
                array = np.full((4, 4), value + (label == "b"), dtype=np.uint8)
                Image.fromarray(array).save(folder / part / label / f"{number}.png")
    return {"kind": "folder", "root": str(folder)}


def test_images_and_embeddings_count_by_their_content(folder):
    first, same, other = (
        images(folder / name, values) for name, values in (("1", [3, 9]), ("2", [3, 9]), ("3", [4, 9]))
    )
    ran(paths("a", dataset=first))
    assert not list(conflicts(paths("b", dataset=same)))
    assert "results/a uses results/datasets/folder with" in next(conflicts(paths("b", dataset=other)))
    for name, value in (("1", 1), ("2", 1), ("3", 2)):
        np.save(folder / f"{name}.npy", np.full((4, 2), value, dtype=np.float32))
    given = changed("c", backbone=None)
    del given["pretrain"]

    def embeddings(experiment, name):
        return paths(experiment, given, dataset={"kind": "embeddings", "path": str(folder / f"{name}.npy")})

    ran(embeddings("c", "1"))
    assert not list(conflicts(embeddings("d", "2")))
    line = next(conflicts(embeddings("d", "3")))
    assert line.startswith("dataset.name: results/c uses results/features/embeddings/given with dataset.path")


@pytest.mark.parametrize("small", [{}, {"scale": 0.1}, {"stand_in": "digits"}])
def test_the_ready_experiments_do_not_conflict(small):
    for file in sorted(EXPERIMENTS.glob("*.yaml")):
        one = Paths(load(yaml.safe_load(file.read_text(encoding="utf-8")) | small, file.name))
        register_use(one, [f"{folder.path}/any" for folder in shared_folders(one)])


def test_the_second_of_two_simultaneous_starts_stops():
    first, second = paths("a"), paths("b", pretrain__epochs=30)
    assert not list(conflicts(first)) and not list(conflicts(second))
    ran(first)
    with pytest.raises(InputError, match="results/a uses"):
        ran(second)
