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
from planning.paper.experiments import EXPERIMENTS
from planning.paths import Paths
from planning.runs.sharing import (
    NOTE,
    conflicts,
    register_use,
    require_apart,
    shared_folders,
    with_known_name,
)

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
        for name in sections:
            section = section.setdefault(name, {})
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
def test_a_damaged_note_is_ignored(folder, text):
    ran(paths("a"))
    (folder / "results/a" / NOTE).write_text(text)
    assert not list(conflicts(paths("b", pretrain__epochs=30)))


def test_a_run_without_shared_folders_writes_no_note(folder):
    first_paths = paths("a")
    register_use(first_paths, ["results/logs/verify.log", f"{first_paths.root}/curves.csv"])
    assert not (folder / "results").exists()


def weights(path, value):
    torch.save({"weight": torch.full((2,), value)}, path)
    return str(path)


def test_checkpoints_count_by_their_content(folder):
    first, third = (weights(folder / name, value) for name, value in (("1.pt", 1.0), ("3.pt", 2.0)))
    same = shutil.copy(first, folder / "2.pt")
    without = changed("a", pretrain=None)
    ran(paths("a", without, backbone__checkpoint=first))
    assert not list(conflicts(paths("b", without, backbone__checkpoint=str(same))))
    line = next(conflicts(paths("b", without, backbone__checkpoint=third)))
    assert f"backbone.checkpoint {first}; here: backbone.checkpoint {third}; " in line
    # A file that was replaced is another one for both.
    weights(first, 5.0)
    assert not list(conflicts(paths("b", without, backbone__checkpoint=first)))


def test_pretrained_weights_and_a_checkpoint_differ(folder):
    ran(paths("a", backbone__name="net"))
    second_paths = paths(
        "b", pretrain=None, backbone__name="net", backbone__checkpoint=weights(folder / "w.pt", 1.0)
    )
    assert "results/a uses results/features/digits_exp0.1/net with" in next(conflicts(second_paths))


def images(folder, values):
    for part in ("train", "test"):
        for label in "ab":
            (folder / part / label).mkdir(parents=True)
            for number, value in enumerate(values):
                array = np.full((4, 4), value + (label == "b"), dtype=np.uint8)
                Image.fromarray(array).save(folder / part / label / f"{number}.png")
    return {"kind": "folder", "root": str(folder)}


def test_images_and_embeddings_count_by_their_content(folder):
    first, same, third = (
        images(folder / name, values) for name, values in (("1", [3, 9]), ("2", [3, 9]), ("3", [4, 9]))
    )
    ran(paths("a", dataset=first | {"name": "both"}))
    assert not list(conflicts(paths("b", dataset=same | {"name": "both"})))
    line = next(conflicts(paths("b", dataset=third | {"name": "both"})))
    assert "results/a uses results/datasets/both with" in line
    for name, value in (("1", 1), ("2", 1), ("3", 2)):
        np.save(folder / f"{name}.npy", np.full((4, 2), value, dtype=np.float32))
    raw = changed("c", backbone=None)
    del raw["pretrain"]

    def embeddings(experiment, name):
        path = str(folder / f"{name}.npy")
        return paths(experiment, raw, dataset={"kind": "embeddings", "path": path, "name": "both"})

    ran(embeddings("c", "1"))
    assert not list(conflicts(embeddings("d", "2")))
    line = next(conflicts(embeddings("d", "3")))
    assert line.startswith("dataset.name: results/c uses results/features/both/given with dataset.path")


def embedded(experiment, path, **options):
    raw = changed(experiment, backbone=None)
    del raw["pretrain"]
    return load(raw | {"dataset": {"kind": "embeddings", "path": path, **options}}, "trial.yaml")


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ({"kind": "embeddings", "path": "a.npy"}, {"kind": "embeddings", "path": "b.npy"}),
        ({"kind": "embeddings", "path": "x/v.npy"}, {"kind": "embeddings", "path": "../y/v.npy"}),
        (
            {"kind": "embeddings", "path": "v.npz", "array": "x"},
            {"kind": "embeddings", "path": "v.npz", "array": "y"},
        ),
        ({"kind": "folder", "root": "x/photos"}, {"kind": "folder", "root": "/data/y/photos/"}),
        ({"kind": "folder", "root": "photos.v1"}, {"kind": "folder", "root": "photos.v2"}),
        ({"kind": "webdataset", "path": "x.v1"}, {"kind": "webdataset", "path": "x.v2"}),
        ({"kind": "huggingface", "path": "x.v1"}, {"kind": "huggingface", "path": "x.v2"}),
        ({"kind": "manifest", "path": "x/images.csv"}, {"kind": "manifest", "path": "y/images.csv"}),
    ],
)
@pytest.mark.parametrize("small", [{}, {"scale": 0.5}])
def test_two_datasets_have_two_names(first, second, small):
    raw = changed("a") | small
    names = [load(raw | {"dataset": dataset}, "trial.yaml").dataset_name for dataset in (first, second)]
    assert names[0] != names[1]
    assert all(name.startswith(first["kind"] + "_") for name in names)


@pytest.mark.parametrize(
    ("dataset", "name"),
    [
        ({"kind": "folder", "root": "x/photos"}, "folder_x_photos"),
        ({"kind": "folder", "root": "/home/anna/my photos"}, "folder_anna_my_photos"),
        ({"kind": "folder", "root": "."}, "folder"),
        ({"kind": "folder", "root": "../照片"}, "folder"),
        ({"kind": "manifest", "path": "/images.csv"}, "manifest_images"),
        ({"kind": "webdataset", "path": "x/a-{00..10}.tar"}, "webdataset_x_a-_00..10_.tar"),
        (
            {"kind": "embeddings", "path": "vectors.npz", "array": "x", "fraction": 0.5},
            "embeddings_vectors_x_fraction0.5",
        ),
        ({"kind": "embeddings", "path": "v.npy", "name": "mine"}, "mine"),
        ({"kind": "imagenet", "root": "x/imagenet"}, "imagenet"),
        ({"kind": "embeddings", "path": f"{'x' * 250}.npy"}, f"embeddings_{'x' * 100}"),
    ],
)
def test_default_names(dataset, name):
    assert load(changed("a") | {"dataset": dataset}, "trial.yaml").dataset_name == name


def test_the_same_data_keep_their_name_wherever_they_are(folder):
    for name, value in (("a", 1), ("b", 2)):
        np.save(folder / f"{name}.npy", np.full((4, 2), value, dtype=np.float32))
    first = embedded("c", "a.npy")
    assert with_known_name(first).dataset_name == "embeddings_a"
    ran(Paths(with_known_name(first)))
    ran(Paths(with_known_name(embedded("d", "b.npy"))))
    shutil.copy(folder / "a.npy", folder / "moved.npy")
    shutil.copy(folder / "b.npy", folder / "other.npy")
    # Its own data at another path, another experiment's data, new data, and a name that is given.
    assert with_known_name(embedded("c", "moved.npy")).dataset_name == "embeddings_a"
    assert with_known_name(embedded("c", "other.npy")).dataset_name == "embeddings_b"
    assert with_known_name(embedded("e", "moved.npy")).dataset_name == "embeddings_a"
    np.save(folder / "moved.npy", np.zeros((4, 2), dtype=np.float32))
    assert with_known_name(embedded("c", "moved.npy")).dataset_name == "embeddings_moved"
    assert with_known_name(embedded("c", "a.npy", name="mine")).dataset_name == "mine"
    # Other settings of the same data make other files.
    assert with_known_name(embedded("c", "a.npy", fraction=0.5)).dataset_name == "embeddings_a_fraction0.5"


def test_no_data_are_read_without_an_earlier_run(monkeypatch):
    monkeypatch.setattr("planning.runs.sharing.source_content", None)
    assert with_known_name(embedded("c", "a.npy")).dataset_name == "embeddings_a"


@pytest.mark.parametrize("small", [{}, {"scale": 0.1}, {"stand_in": "digits"}])
def test_the_ready_experiments_do_not_conflict(small):
    for file in sorted(EXPERIMENTS.glob("*.yaml")):
        ready_paths = Paths(load(yaml.safe_load(file.read_text(encoding="utf-8")) | small, file.name))
        register_use(ready_paths, [f"{folder.path}/any" for folder in shared_folders(ready_paths)])


def test_the_second_of_two_simultaneous_starts_stops():
    first, second = paths("a"), paths("b", pretrain__epochs=30)
    assert not list(conflicts(first)) and not list(conflicts(second))
    ran(first)
    with pytest.raises(InputError, match="results/a uses"):
        ran(second)
