"""Annotations with only an index, whose sample has another index once the samples are read again."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from activepool.data import folder as folders
from activepool.data import imagenet
from activepool.data.dataset import prepare
from activepool.data.embeddings import write_features
from activepool.data.label_file import LabelFile
from activepool.data.samples import write_samples
from activepool.data.settings import DatasetSettings, Imbalance
from activepool.errors import InputError
from activepool.io.hdf5 import texts
from activepool.io.index_files import write_index
from planning.checks.annotations import annotation_problems, remember_indices, require_use_of_labels
from planning.configuration.experiment import Experiment
from planning.paths import Paths
from planning.stages.contents import source_setting
from planning.stages.late_labels import LateLabels

CLASSES = ["heron", "stork", "crane"]
IMBALANCE = {"kind": "exp", "factor": 0.4}

#: Settings that give rows new numbers.
THINNED = [{"fraction": 0.7}, {"imbalance": IMBALANCE}, {"fraction": 0.7, "imbalance": IMBALANCE}]
EMBEDDINGS = [{}, {"test_fraction": 0.25}, *({"test_fraction": 0.25, **thinned} for thinned in THINNED)]
FOLDERS = [{}, *THINNED]


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def experiment(**dataset):
    return Experiment.model_validate(
        {
            "experiment": "trial",
            "dataset": {"annotations": "bought.csv", **dataset},
            "initial": {"size": 4},
            "budget": 3,
            "rounds": 2,
            "seeds": 1,
            "strategies": ["random"],
            "backbone": None
            if dataset["kind"] == "embeddings"
            else {"architecture": "identity", "image_size": 8},
        }
    )


def save_vectors(removed=(), added=0):
    """Write v.npz; its later rows have no label, and further ones come first."""
    rows = np.setdiff1d(np.arange(60), removed)
    names = [*(f"new{number}.jpg" for number in range(added)), *(f"img{row}.jpg" for row in rows)]
    labels = np.concatenate([np.zeros(added, np.int64), np.where(rows < 36, rows % 3, -1)])
    vectors = np.random.default_rng(0).normal(size=(len(names), 4)).astype(np.float32)
    parts = {} if Path("test").exists() else {"test/features": vectors[:9], "test/labels": np.arange(9) % 3}
    np.savez("v.npz", features=vectors, labels=labels, sources=names, class_names=CLASSES, **parts)


def save_images(removed=(), added=0):
    """Write the folder photos; the unlabelled images come last."""
    for part in ("train", "test"):
        for name in CLASSES:
            Path("photos", part, name).mkdir(parents=True, exist_ok=True)
            for number in range(5):
                Image.new("L", (8, 8), 10 * number).save(f"photos/{part}/{name}/{number}.png")
    Path("photos/train/unlabelled").mkdir(exist_ok=True)
    for number in range(20):
        Image.new("L", (8, 8), number).save(f"photos/train/unlabelled/m{number:02d}.png")
    for number in removed:
        Path(f"photos/train/unlabelled/m{number:02d}.png").unlink()
    for number in range(added):
        Image.new("L", (8, 8), 100).save(f"photos/train/unlabelled/a{number}.png")


def read(trial, path):
    """Do the work of the job that reads the samples; return the sources of its train rows."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    setting = source_setting(trial.dataset)
    if trial.dataset.kind == "embeddings":
        if setting.get("imbalance"):
            setting["imbalance"] = Imbalance(**IMBALANCE)
        write_features(path, **setting)
    else:
        write_samples(path, prepare(DatasetSettings.parse(setting))[0])
    with LabelFile(path) as file:
        return texts(file.train.sources).tolist(), file.train.labels


def bought(*lines, columns="index,label"):
    Path("bought.csv").write_text("\n".join([columns, *lines]) + "\n", encoding="utf-8")


def problems(trial, reads_samples=True):
    """Return what a run says that writes all files, but not those of samples unless it ``reads_samples``."""
    samples = [Paths(trial).samples] if reads_samples else []
    try:
        require_use_of_labels(LateLabels(Paths(trial)), [*samples, *Paths(trial).in_runs("selected.csv")])
    except InputError as error:
        return list(error.args)
    return []


CHANGES = [{"removed": [41, 50]}, {"added": 2}, {"removed": [3], "added": 4}]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("settings", EMBEDDINGS)
def test_indices_of_embeddings_that_moved_are_refused(settings, change):
    if "test_fraction" in settings:
        Path("test").touch()
    trial = experiment(kind="embeddings", path="v.npz", **settings)
    require_refusal(trial, "v.npz", save_vectors, change)


@pytest.mark.parametrize("change", [{"removed": [4, 11]}, {"added": 2}])
@pytest.mark.parametrize("settings", FOLDERS)
@pytest.mark.parametrize("is_large", [False, True])
def test_indices_of_images_that_moved_are_refused(settings, change, is_large, monkeypatch):
    monkeypatch.setattr(imagenet, "is_large", lambda *_: is_large)
    if is_large:
        monkeypatch.setattr(folders, "MAX_PREVIEWED", 3)
    trial = experiment(kind="folder", root="photos", **settings)
    require_refusal(trial, "photos", save_images, change)


def require_refusal(trial, name, save, change):
    """Require a line for each unlabelled row that a change makes another sample, and none for the others."""
    save()
    earlier, labels = read(trial, Paths(trial).samples)
    save(**change)
    present, _ = read(trial, "now.h5")
    rows = [row for row in np.flatnonzero(labels < 0).tolist() if row < len(present)]
    moved = [row for row in rows if earlier[row] != present[row]]
    assert moved
    bought(*(f"{row},crane" for row in rows if row not in moved))
    assert problems(trial) == []
    bought(*(f"{row},crane" for row in moved))
    assert problems(trial) == [
        f"bought.csv:{line}: index {row} was {earlier[row]!r}, but is {present[row]!r} in {name} now; "
        "add the column 'source', which names the labelled sample"
        for line, row in enumerate(moved, start=2)
    ]
    kept = [row for row in moved if earlier[row] in present]
    bought(*(f"{earlier[row]},crane" for row in kept), columns="source,label")
    assert problems(trial) == []


@pytest.mark.parametrize("change", [{"removed": [4]}, {"added": 1}, {}])
@pytest.mark.parametrize("settings", FOLDERS)
def test_an_index_is_refused_where_unreadable_images_are_skipped(settings, change):
    trial = experiment(kind="folder", root="photos", on_unreadable="skip", **settings)
    save_images()
    Path("photos/train/unlabelled/m01.png").write_text("no image")
    earlier, _ = read(trial, Paths(trial).samples)
    row = earlier.index(next(source for source in earlier[8:] if "unlabelled" in source))
    save_images(**change)  # the image can be read now, which no list tells
    bought(f"{row},crane")
    assert problems(trial) == [
        f"bought.csv:2: index {row} was {earlier[row]!r}, and may be another image once the images "
        "are read again (on_unreadable: skip); give its source in the column 'source' instead"
    ]
    bought(f"{earlier[row]},crane", columns="source,label")
    assert problems(trial) == []


def test_a_label_that_a_round_has_used_is_not_moved_either():
    Path("test").touch()
    trial = experiment(kind="embeddings", path="v.npz", test_fraction=0.25)
    save_vectors()
    earlier, _ = read(trial, Paths(trial).samples)
    row = len(earlier) - 3
    bought(f"{row},crane")
    write_index("results/trial/random/seed0/round01/selected.csv", {"index": np.array([row])})
    assert "release_labels=1" in problems(trial)[0]
    save_vectors(removed=[50])
    assert problems(trial)[0].startswith(f"bought.csv:2: index {row} was {earlier[row]!r}, but is")


def test_a_label_that_the_sample_has_by_now_is_not_moved_to_another():
    Path("test").touch()
    trial = experiment(kind="embeddings", path="v.npz", test_fraction=0.25)
    save_vectors()
    earlier, labels = read(trial, Paths(trial).samples)
    row = int(np.flatnonzero(labels >= 0)[-1])
    bought(f"{row},{CLASSES[labels[row]]}")
    save_vectors(removed=[int(earlier[row].removeprefix("img").removesuffix(".jpg"))])
    assert problems(trial)[0].startswith(f"bought.csv:2: index {row} was {earlier[row]!r}, but is")


def test_without_earlier_samples_an_index_counts_as_now():
    Path("test").touch()
    trial = experiment(kind="embeddings", path="v.npz", test_fraction=0.25)
    save_vectors()
    bought("40,crane", "60,stork")
    size = len(read(trial, "now.h5")[0])
    assert list(annotation_problems(trial)) == [
        f"dataset.annotations: bought.csv:3: index '60' is not a row of train/features (0 to {size - 1})"
    ]
    bought("40,crane")
    assert list(annotation_problems(trial)) == problems(trial) == []


def test_damaged_samples_are_read_again():
    trial = experiment(kind="folder", root="photos")
    save_images()
    samples = Path(Paths(trial).samples)
    samples.parent.mkdir(parents=True)
    samples.write_text("cut off")
    bought("15,crane")
    assert problems(trial) == []


def accepted_index():
    """Return an experiment with an index that a run has accepted, that index, and its source."""
    save_images()
    trial = experiment(kind="folder", root="photos")
    earlier, _ = read(trial, Paths(trial).samples)
    bought("20,crane")
    assert problems(trial) == []
    remember_indices(trial)
    return trial, earlier[20]


def test_an_index_keeps_its_meaning_after_the_samples_have_gone():
    trial, source = accepted_index()
    Path(Paths(trial).samples).unlink()  # as Snakemake does before a job that fails
    assert problems(trial) == []
    save_images(removed=[1])
    (line,) = problems(trial)
    assert line.startswith(
        f"bought.csv:2: index 20 was {source!r}, but is 'train/unlabelled/m06.png' in photos"
    )
    bought(f"{source},crane", columns="source,label")
    assert problems(trial) == []


def test_an_index_keeps_its_meaning_after_another_experiment_has_read_the_samples():
    trial, source = accepted_index()
    save_images(removed=[1])
    read(trial, Paths(trial).samples)
    (line,) = problems(trial, reads_samples=False)
    assert line.startswith(
        f"bought.csv:2: index 20 was {source!r}, but is 'train/unlabelled/m06.png' in results"
    )
    bought("21,crane")  # of the samples as they are now
    assert problems(trial, reads_samples=False) == []
    remember_indices(trial)
    bought("20,crane", "21,crane")  # the first meaning is forgotten with its row
    assert problems(trial, reads_samples=False) == []
