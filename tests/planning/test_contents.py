import hashlib
import os
import shutil

import pytest
from rules_read import digests_of

from activepool.records import provenance
from planning.configuration.experiment import Experiment
from planning.stages import contents

CONFIGURATION = {
    "experiment": "trial",
    "initial": {"size": 30},
    "budget": 10,
    "rounds": 3,
    "strategies": ["margin"],
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def read(monkeypatch):
    """The files whose content is read."""
    found = []
    digest = provenance.file_digest
    monkeypatch.setattr(provenance, "file_digest", lambda path: found.append(str(path)) or digest(path))
    return found


def counted(dataset):
    experiment = Experiment.model_validate({**CONFIGURATION, "dataset": dataset})
    stage = "embeddings" if dataset["kind"] == "embeddings" else "dataset"
    digests = digests_of(experiment)
    return digests.counted(stage, {}, {}), digests.describe(stage, {}, {})


def test_embeddings_count_by_the_content_of_their_files(folder):
    for name in ("features", "labels", "test_features", "test_labels"):
        (folder / f"{name}.npy").write_text(name)
    paths = {"path": "features.npy", "labels": "labels.npy"}
    paths |= {"test_features": "test_features.npy", "test_labels": "test_labels.npy"}
    first = counted({"kind": "embeddings", **paths})
    (folder / "elsewhere").mkdir()
    for name in paths.values():
        (folder / name).rename(folder / "elsewhere" / name)
    moved = {key: str(folder / "elsewhere" / name) for key, name in paths.items()}
    assert counted({"kind": "embeddings", **moved}) == first
    assert counted({"kind": "embeddings", **moved, "test_fraction": 0.1}) != first
    for path in moved.values():
        before = contents.Path(path).read_bytes()
        contents.Path(path).write_bytes(before + b"!")
        assert counted({"kind": "embeddings", **moved}) != first
        contents.Path(path).write_bytes(before)
    assert counted({"kind": "embeddings", **moved}) == first


def test_what_a_stage_is_given_has_the_paths(folder):
    (folder / "given.h5").write_text("features")
    dataset = Experiment.model_validate(
        {**CONFIGURATION, "dataset": {"kind": "embeddings", "path": "given.h5"}}
    ).dataset
    assert contents.stage_input(dataset) == {"path": "given.h5"}
    assert contents.preview_input(dataset)["options"] == {"path": "given.h5"}


def test_a_file_is_read_anew_only_after_a_change(folder, read):
    (folder / "given.h5").write_text("features")
    expected = hashlib.sha256(b"features").hexdigest()
    assert [contents.content("given.h5") for _ in range(3)] == [expected] * 3
    assert read == ["given.h5"]
    os.utime("given.h5", (1, 1))
    assert contents.content("given.h5") == expected
    assert len(read) == 2
    (folder / "given.h5").write_text("others")
    assert contents.content("given.h5") == hashlib.sha256(b"others").hexdigest()
    assert len(read) == 3


@pytest.mark.parametrize("spoilt", ["", "[]", "{}", "{"])
def test_a_memory_that_is_none_is_made_anew(folder, read, spoilt):
    (folder / "given.h5").write_text("features")
    contents.content("given.h5")
    [memory] = contents.DIGESTS.iterdir()
    memory.write_text(spoilt)
    for _ in range(2):
        assert contents.content("given.h5") == hashlib.sha256(b"features").hexdigest()
    assert len(read) == 2


def test_a_file_that_is_not_there_counts_by_its_path(folder):
    assert contents.content("given.h5") == "given.h5"


def test_images_count_by_their_list_and_by_what_they_show(folder):
    write_images(folder)
    (folder / "images").mkdir()
    (folder / "train").rename(folder / "images/train")
    dataset = {"kind": "folder", "root": "images", "test_fraction": 0.5}
    first = counted(dataset)
    shutil.copytree(folder / "images", folder / "copy")
    assert counted(dataset | {"root": str(folder / "copy")}) == first
    assert counted(dataset | {"test_fraction": 0.25}) != first
    assert counted(dataset | {"on_unreadable": "skip"}) != first
    for change in (
        lambda root: (root / "train/b/0.png").write_bytes(b"other"),
        lambda root: (root / "train/b/0.png").rename(root / "train/b/9.png"),
        lambda root: (root / "train/b").rename(root / "train/c"),
        lambda root: (root / "train/b/0.png").unlink(),
    ):
        changed = folder / f"changed{len(list(folder.iterdir()))}"
        shutil.copytree(folder / "images", changed)
        change(changed)
        assert counted(dataset | {"root": str(changed)}) != first


def test_images_are_listed_once(folder, monkeypatch):
    write_images(folder)
    dataset = {"kind": "folder", "root": ".", "test_fraction": 0.5}
    first = counted(dataset)
    monkeypatch.setattr(contents, "build", None)
    assert counted(dataset) == first
    with pytest.raises(TypeError):
        counted(dataset | {"test_fraction": 0.25})


def test_what_is_not_taken_is_said_when_images_are_listed(folder, capsys):
    write_images(folder)
    (folder / "train/a/notes.txt").write_text("")
    dataset = {"kind": "folder", "root": ".", "test_fraction": 0.5}
    first = counted(dataset)
    assert "activepool: notice: .: not taken: of endings that name no image format: 1 (.txt 1)\n" in (
        capsys.readouterr().err
    )
    assert counted(dataset | {"exif": "apply"}) != first
    assert capsys.readouterr().err == ""


def test_a_list_of_images_counts_by_what_it_says(folder):
    write_images(folder)
    names = [f"train/{name}/{number}.png" for name in "ab" for number in range(4)]
    lines = [f"{name},{name[6]},{'test' if '0' in name else 'train'}" for name in names]
    (folder / "images.csv").write_text("\n".join(["path,label,split", *lines]) + "\n")
    first = counted({"kind": "manifest", "path": "images.csv"})
    (folder / "lists").mkdir()
    (folder / "images.csv").rename(folder / "lists/moved.csv")
    moved = {"kind": "manifest", "path": "lists/moved.csv", "root": "."}
    assert counted(moved) == first
    text = (folder / "lists/moved.csv").read_text()
    (folder / "lists/moved.csv").write_text(text.replace("1.png,a", "1.png,b"))
    assert counted(moved) != first


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        ({"kind": "folder", "root": "photos"}, "photos"),
        ({"kind": "manifest", "path": "lists/images.csv"}, "lists"),
        ({"kind": "manifest", "path": "lists/images.csv", "root": "photos"}, "photos"),
        ({"kind": "digits"}, None),
        ({"kind": "cifar10", "root": "data"}, None),
        ({"kind": "embeddings", "path": "given.h5"}, None),
    ],
)
def test_where_images_lie(dataset, expected):
    experiment = Experiment.model_validate({**CONFIGURATION, "dataset": dataset})
    assert contents.images_folder(experiment.dataset) == expected


def write_images(folder):
    """Write what passes for images where nothing looks into them."""
    for name in "ab":
        (folder / "train" / name).mkdir(parents=True)
        for number in range(4):
            (folder / f"train/{name}/{number}.png").write_text(f"{name}{number}")


def test_cifar_counts_by_its_name_and_what_is_not_there_by_its_path(folder):
    first = counted({"kind": "cifar10", "root": "data"})
    assert counted({"kind": "cifar10", "root": "/elsewhere", "download": True}) == first
    assert counted({"kind": "cifar100", "root": "data"}) != first
    assert counted({"kind": "cifar10", "root": "data", "fraction": 0.5}) != first
    assert counted({"kind": "folder", "root": "a"}) != counted({"kind": "folder", "root": "b"})
