"""The check of a file of annotations before any job reports all of its mistakes together."""

from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image
from rules_read import digests_of

from activepool.data.embeddings import write_features
from activepool.data.kinds import build
from activepool.data.samples import write_samples
from activepool.errors import InputError
from activepool.features.store import FeatureFile
from activepool.records.provenance import Record, file_state
from planning.checks.annotations import annotation_problems, require_fit_to_listing
from planning.configuration.experiment import Experiment
from planning.paths import Paths

BASE = {
    "experiment": "trial",
    "initial": {"size": 4},
    "budget": 3,
    "rounds": 2,
    "strategies": ["random"],
    "backbone": {"architecture": "identity", "image_size": 8},
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def experiment(**dataset):
    backbone = None if dataset["kind"] == "embeddings" else BASE["backbone"]
    dataset |= {"annotations": "bought.csv"}
    return Experiment.model_validate({**BASE, "backbone": backbone, "dataset": dataset})


def bought(*lines, columns="source,label"):
    Path("bought.csv").write_text("\n".join([columns, *lines]) + "\n", encoding="utf-8")


def problems(**dataset):
    return [line.removeprefix("dataset.annotations: ") for line in annotation_problems(experiment(**dataset))]


def write_manifest(*classes, unlabelled=4):
    Path("images").mkdir()
    rows = ["path,label,split"]
    for number in range(6 * len(classes) + unlabelled):
        name = f"images/{number:02d}.png"
        Image.new("L", (8, 8), number).save(name)
        label = classes[number % len(classes)] if number >= unlabelled else ""
        rows.append(f"{name},{label},{'test' if number >= 5 * len(classes) + unlabelled else 'train'}")
    Path("images.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")


MANIFEST = {"kind": "manifest", "path": "images.csv"}


def write_folder(*classes, unlabelled=("a.png", "b.png")):
    for part in ("train", "test"):
        for number, name in enumerate(classes):
            Path("photos", part, name).mkdir(parents=True)
            for picture in range(3):
                Image.new("L", (8, 8), number).save(f"photos/{part}/{name}/{picture}.png")
    Path("photos/train/unlabelled").mkdir()
    for name in unlabelled:
        Image.new("L", (8, 8)).save(f"photos/train/unlabelled/{name}")


FOLDER = {"kind": "folder", "root": "photos"}


def write_embeddings(sources):
    with h5py.File("given.h5", "w") as file:
        for part in ("train", "test"):
            file[f"{part}/features"] = np.ones((len(sources), 2), np.float32)
            file[f"{part}/labels"] = np.where(np.arange(len(sources)) < 4, np.arange(len(sources)) % 2, -1)
        file["train/sources"] = sources
        file.attrs["class_names"] = ["cat", "dog"]


EMBEDDINGS = {"kind": "embeddings", "path": "given.h5"}


def test_fitting_rows_cause_no_problem(capsys):
    write_manifest("ant", "bee")
    bought("images/00.png,ant", "images/01.png, 1", "images/02.png,", "images/05.png,bee")
    assert problems(**MANIFEST) == []
    assert capsys.readouterr().err == ""


def test_all_mistakes_are_reported_together():
    write_manifest("ant", "bee")
    rows = ["images/00.png,Ant", "images/77.png,ant", "images/05.png,ant", "images/01.png,bee,?"]
    bought(*rows, "images/02.png", "images/03.png,ant", "images/03.png,bee")
    assert problems(**MANIFEST) == [
        "bought.csv:2: label 'Ant' is not a class; did you mean 'ant'? There are ant, bee",
        "bought.csv:3: source 'images/77.png' is not in the training part of images.csv",
        "bought.csv:4: 'images/05.png' is given the label 'ant', but it is already 'bee'; a label is never "
        "overwritten",
        "bought.csv:5: has 3 fields, and the header has 2; put a text with a comma, or another "
        "separator, in double quotes",
        "bought.csv:6: has 1 field, and the header has 2",
        "bought.csv:8: 'images/03.png' is given the label 'bee', but line 7 says 'ant'; keep one of them",
    ]


def test_numbers_that_are_class_names():
    write_manifest("2", "3", "5", "7")
    bought("images/00.png,2", "images/01.png,3", "images/02.png,5", "images/03.png,1")
    assert problems(**MANIFEST) == ["bought.csv:5: label '1' is not a class; there are 2, 3, 5, 7"]


def test_numbers_that_a_spreadsheet_reformatted():
    write_folder("01", "02", "03")
    bought("train/unlabelled/a.png,1", "train/unlabelled/b.png,2.0")
    assert problems(**FOLDER) == [
        "bought.csv:2: label '1' is not a class; did you mean '01'? There are 01, 02, 03",
        "bought.csv:3: label '2.0' is not a class; did you mean '02'? There are 01, 02, 03",
    ]
    bought("train/unlabelled/a.png,01", "train/unlabelled/b.png,02")
    assert problems(**FOLDER) == []


def test_sources_of_several_rows(capsys):
    write_embeddings([f"{row // 2:03d}.jpg" for row in range(10)])
    bought("002.jpg,cat", "004.jpg,dog")
    assert problems(**EMBEDDINGS) == [
        "bought.csv:2: source '002.jpg' stands for rows 4 and 5; give index",
        "bought.csv:3: source '004.jpg' stands for rows 8 and 9; give index",
    ]
    bought("5,002.jpg,cat", columns="index,source,label")
    assert problems(**EMBEDDINGS) == []
    assert "5 sources name several rows ('000.jpg': rows 0 and 1); bought.csv must" in capsys.readouterr().err


@pytest.mark.parametrize("rows", [(), ("images/00.png,", "")])
def test_a_file_without_a_label_gets_a_notice(capsys, rows):
    write_manifest("ant", "bee")
    bought(*rows)
    assert problems(**MANIFEST) == []
    assert capsys.readouterr().err == "activepool: notice: bought.csv: has no label yet\n"


def test_samples_that_cannot_be_labelled_are_counted(capsys):
    write_manifest("ant", "bee")
    bought("images/00.png,?", "images/01.png,skip", "images/02.png,-1", "images/03.png,")
    assert problems(**MANIFEST) == []
    assert (
        "bought.csv: samples that cannot be labelled: 3; no round trains on them" in capsys.readouterr().err
    )


def read_by_a_run(**dataset):
    """Write dataset.h5 with the record of a run that has read the samples."""
    trial = experiment(**dataset)
    path = f"results/datasets/{trial.dataset_name}/dataset.h5"
    Path(path).parent.mkdir(parents=True)
    options = {key: value for key, value in dataset.items() if key in ("root", "path")}
    write_samples(path, build(dataset["kind"], **options))
    times = ("2026-01-01T00:00:00+00:00", 1.0, 100.0)
    depends_on = {"dataset": digests_of(trial).describe("dataset", {}, {})}
    Record("dataset", {}, depends_on, {}, {path: file_state(path)}, {}, *times).write()


def test_rows_may_fit_the_samples_read_or_listed_now():
    write_folder("ant", "bee")
    read_by_a_run(**FOLDER)
    bought("6,train/unlabelled/a.png,ant", columns="index,source,label")
    assert problems(**FOLDER) == []
    for name in ("0.png", "1.png"):  # further images, which come before those that are there
        Image.new("L", (8, 8)).save(f"photos/train/unlabelled/{name}")
    assert problems(**FOLDER) == []
    with pytest.raises(
        InputError, match=r"bought.csv:2: index 6 is 'train/unlabelled/0.png' in photos, but the so"
    ):
        require_fit_to_listing(experiment(**FOLDER))
    bought("train/unlabelled/0.png,bee", "train/unlabelled/b.png,ant")
    assert problems(**FOLDER) == []
    bought("train/unlabelled/2.png,bee")
    assert problems(**FOLDER) == [
        "bought.csv:2: source 'train/unlabelled/2.png' is not in the training part of "
        "results/datasets/folder_photos/dataset.h5"
    ]


def test_an_index_that_now_names_another_sample_is_refused():
    write_folder("ant", "bee")
    read_by_a_run(**FOLDER)
    bought("6,,ant", "7,train/unlabelled/b.png,bee", columns="index,source,label")
    require_fit_to_listing(experiment(**FOLDER))
    Image.new("L", (8, 8)).save("photos/train/unlabelled/0.png")
    bought("6,,ant", ",train/unlabelled/b.png,bee", columns="index,source,label")
    words = (
        r"^bought.csv:2: index 6 was 'train/unlabelled/a.png', but is 'train/unlabelled/0.png' in photos "
        r"now; add the column 'source', which names the labelled sample$"
    )
    with pytest.raises(InputError, match=words):
        require_fit_to_listing(experiment(**FOLDER))
    bought("train/unlabelled/a.png,ant", "train/unlabelled/b.png,bee")
    require_fit_to_listing(experiment(**FOLDER))


def test_a_row_of_embeddings_that_now_is_another_vector_is_refused():
    dataset = {"kind": "embeddings", "path": "v.npz", "test_fraction": 0.2}
    vectors, labels = np.random.default_rng(0).normal(size=(40, 4)), np.arange(40) % 2
    np.savez("v.npz", features=vectors, labels=labels)
    samples = Path(Paths(experiment(**dataset)).samples)
    samples.parent.mkdir(parents=True)
    write_features(samples, "v.npz", test_fraction=0.2)
    with FeatureFile(samples) as file:
        source, label = file.train.sources_of(np.array([20]))[0], file.train.labels[20]
    bought(f"{source},{label}")
    require_fit_to_listing(experiment(**dataset))
    np.savez("v.npz", features=np.concatenate([vectors[-2:] + 1, vectors]), labels=np.arange(42) % 2)
    with pytest.raises(InputError, match=f"^bought.csv:2: '{source}' was the vector that row"):
        require_fit_to_listing(experiment(**dataset))


def test_indices_are_checked_later_where_unreadable_images_are_skipped():
    write_manifest("ant", "bee")
    bought("90,images/00.png,ant", "91,,wasp", columns="index,source,label")
    assert problems(**MANIFEST, on_unreadable="skip") == [
        "bought.csv:3: label 'wasp' is not a class; there are ant, bee",
    ]


def test_indices_of_thinned_samples_are_those_that_stay():
    write_manifest("ant", "bee")
    bought("1,ant", "13,ant", columns="index,label")
    assert problems(**MANIFEST, fraction=0.5) == [
        "bought.csv:3: index '13' is not a row of train/features (0 to 5)"
    ]
