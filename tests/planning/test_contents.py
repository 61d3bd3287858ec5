import hashlib
import os
import shutil
import time
from contextlib import contextmanager

import pytest
from data.shard_files import write_tar
from rules_read import digests_of

from activepool.data.urls import fetched_image
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
    calls = []
    digest = contents.file_digest
    monkeypatch.setattr(contents, "file_digest", lambda path: calls.append(str(path)) or digest(path))
    return calls


@contextmanager
def time_set_back(path):
    """Set the time of a file back after a change that keeps its size, as ``touch -r`` does."""
    before = path.stat()
    time.sleep(0.02)  # the clock of a file system ticks every few milliseconds
    yield
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    after = path.stat()
    assert (after.st_size, after.st_mtime_ns) == (before.st_size, before.st_mtime_ns)


def settings_and_digests(dataset):
    experiment = Experiment.model_validate({**CONFIGURATION, "dataset": dataset})
    stage = "embeddings" if dataset["kind"] == "embeddings" else "dataset"
    digests = digests_of(experiment)
    return digests.relevant_settings(stage, {}, {}), digests.describe(stage, {}, {})


def test_embeddings_count_by_the_content_of_their_files(folder):
    for name in ("features", "labels", "test_features", "test_labels"):
        (folder / f"{name}.npy").write_text(name)
    paths = {"path": "features.npy", "labels": "labels.npy"}
    paths |= {"test_features": "test_features.npy", "test_labels": "test_labels.npy"}
    first = settings_and_digests({"kind": "embeddings", **paths})
    (folder / "elsewhere").mkdir()
    for name in paths.values():
        (folder / name).rename(folder / "elsewhere" / name)
    moved = {key: str(folder / "elsewhere" / name) for key, name in paths.items()}
    assert settings_and_digests({"kind": "embeddings", **moved}) == first
    assert settings_and_digests({"kind": "embeddings", **moved, "test_fraction": 0.1}) != first
    for path in moved.values():
        before = contents.Path(path).read_bytes()
        contents.Path(path).write_bytes(before + b"!")
        assert settings_and_digests({"kind": "embeddings", **moved}) != first
        contents.Path(path).write_bytes(before)
    assert settings_and_digests({"kind": "embeddings", **moved}) == first


def test_the_settings_of_a_stage_hold_the_paths(folder):
    (folder / "given.h5").write_text("features")
    dataset = Experiment.model_validate(
        {**CONFIGURATION, "dataset": {"kind": "embeddings", "path": "given.h5"}}
    ).dataset
    assert contents.source_setting(dataset) == {"path": "given.h5"}
    assert contents.preview_source(dataset)["options"] == {"path": "given.h5"}


def test_only_a_changed_file_is_read_again(folder, read):
    (folder / "given.h5").write_text("features")
    expected = hashlib.sha256(b"features").hexdigest()
    assert [contents.content_digest("given.h5") for _ in range(3)] == [expected] * 3
    assert read == ["given.h5"]
    os.utime("given.h5", (1, 1))
    assert contents.content_digest("given.h5") == expected
    assert len(read) == 2
    (folder / "given.h5").write_text("others")
    assert contents.content_digest("given.h5") == hashlib.sha256(b"others").hexdigest()
    assert len(read) == 3


def test_a_change_shows_where_size_and_time_are_set_back(folder):
    (folder / "given.csv").write_text("im/0.png,a")
    contents.content_digest("given.csv")
    with time_set_back(folder / "given.csv"):
        (folder / "given.csv").write_text("im/0.png,b")
    assert contents.content_digest("given.csv") == hashlib.sha256(b"im/0.png,b").hexdigest()


@pytest.mark.parametrize("spoilt", ["", "[]", "{}", "{"])
def test_a_damaged_cache_is_replaced(folder, read, spoilt):
    (folder / "given.h5").write_text("features")
    contents.content_digest("given.h5")
    [cached] = contents.DIGESTS.iterdir()
    cached.write_text(spoilt)
    for _ in range(2):
        assert contents.content_digest("given.h5") == hashlib.sha256(b"features").hexdigest()
    assert len(read) == 2


def test_a_missing_file_counts_by_its_path(folder):
    assert contents.content_digest("given.h5") == "given.h5"


def test_images_count_by_their_list_and_their_content(folder):
    write_images(folder)
    (folder / "images").mkdir()
    (folder / "train").rename(folder / "images/train")
    dataset = {"kind": "folder", "root": "images", "test_fraction": 0.5}
    first = settings_and_digests(dataset)
    shutil.copytree(folder / "images", folder / "copy")
    assert settings_and_digests(dataset | {"root": str(folder / "copy")}) == first
    assert settings_and_digests(dataset | {"test_fraction": 0.25}) != first
    assert settings_and_digests(dataset | {"on_unreadable": "skip"}) != first
    for change in (
        lambda root: (root / "train/b/0.png").write_bytes(b"other"),
        lambda root: (root / "train/b/0.png").rename(root / "train/b/9.png"),
        lambda root: (root / "train/b").rename(root / "train/c"),
        lambda root: (root / "train/b/0.png").unlink(),
    ):
        changed = folder / f"changed{len(list(folder.iterdir()))}"
        shutil.copytree(folder / "images", changed)
        change(changed)
        assert settings_and_digests(dataset | {"root": str(changed)}) != first


def test_shards_count_by_their_samples_and_are_listed_again_if_they_change(folder, monkeypatch):
    def write(path, last=b"x"):
        images = [(f"{number}.jpg", b"image" if number else last) for number in range(8)]
        write_tar(
            folder / path, *images, *((f"{number}.cls", b"ab"[number % 2 :][:1]) for number in range(8))
        )

    write("shards/train-0.tar")
    dataset = {"kind": "webdataset", "path": "shards/train-{0..0}.tar", "test_fraction": 0.5}
    first = settings_and_digests(dataset)
    shutil.copytree(folder / "shards", folder / "copy")
    assert settings_and_digests(dataset | {"path": str(folder / "copy/*.tar")}) == first
    assert settings_and_digests(dataset | {"test_fraction": 0.25}) != first
    os.utime(folder / "shards/train-0.tar", (1, 1))
    assert settings_and_digests(dataset) == first
    write("shards/train-0.tar", last=b"other")
    assert (changed := settings_and_digests(dataset)) != first
    with monkeypatch.context() as patched:
        patched.setattr(contents, "build", None)
        assert settings_and_digests(dataset) == changed
    with time_set_back(folder / "shards/train-0.tar"):
        write("shards/train-0.tar", last=b"order")
    assert settings_and_digests(dataset) not in (first, changed)
    (folder / "shards/train-0.tar").unlink()
    assert settings_and_digests(dataset) != changed


def test_images_are_listed_once(folder, monkeypatch):
    write_images(folder)
    dataset = {"kind": "folder", "root": ".", "test_fraction": 0.5}
    first = settings_and_digests(dataset)
    monkeypatch.setattr(contents, "build", None)
    assert settings_and_digests(dataset) == first
    with pytest.raises(TypeError):
        settings_and_digests(dataset | {"test_fraction": 0.25})


def test_no_images_are_listed_where_their_folder_is_missing(folder, capsys):
    settings_and_digests({"kind": "folder", "root": "nowhere", "test_fraction": 0.5})
    assert capsys.readouterr().err == ""


def test_listing_images_prints_what_is_left_out(folder, capsys):
    write_images(folder)
    (folder / "train/a/notes.txt").write_text("")
    dataset = {"kind": "folder", "root": ".", "test_fraction": 0.5}
    first = settings_and_digests(dataset)
    assert "activepool: notice: .: not taken: of endings that name no image format: 1 (.txt 1)\n" in (
        capsys.readouterr().err
    )
    assert settings_and_digests(dataset | {"exif": "apply"}) != first
    assert capsys.readouterr().err == ""


def test_a_list_of_images_counts_by_its_content(folder):
    write_images(folder)
    names = [f"train/{name}/{number}.png" for name in "ab" for number in range(4)]
    lines = [f"{name},{name[6]},{'test' if '0' in name else 'train'}" for name in names]
    (folder / "images.csv").write_text("\n".join(["path,label,split", *lines]) + "\n")
    first = settings_and_digests({"kind": "manifest", "path": "images.csv"})
    (folder / "lists").mkdir()
    (folder / "images.csv").rename(folder / "lists/moved.csv")
    moved = {"kind": "manifest", "path": "lists/moved.csv", "root": "."}
    assert settings_and_digests(moved) == first
    text = (folder / "lists/moved.csv").read_text()
    (folder / "lists/moved.csv").write_text(text.replace("1.png,a", "1.png,b"))
    assert settings_and_digests(moved) != first


def test_images_at_urls_count_by_their_urls_whether_they_were_fetched_or_not(folder):
    write_images(folder)
    lines = ["train/a/0.png,a,", "https://a.org/1.png,a,", "https://a.org/2.png,a,test"]
    (folder / "images.csv").write_text("\n".join(["path,label,split", *lines]) + "\n")
    dataset = {"kind": "manifest", "path": "images.csv"}
    first = settings_and_digests(dataset)
    for number in (1, 2):
        file = fetched_image(folder, f"https://a.org/{number}.png").file
        file.parent.mkdir(parents=True)
        file.write_bytes((folder / "train/b/0.png").read_bytes())
    shutil.rmtree(contents.DIGESTS)
    assert settings_and_digests(dataset) == first
    (folder / "images.csv").write_text("\n".join(["path,label,split", *lines]).replace("/1", "/3") + "\n")
    assert settings_and_digests(dataset) != first


@pytest.mark.parametrize(
    ("dataset", "expected"),
    [
        ({"kind": "folder", "root": "photos"}, "photos"),
        ({"kind": "manifest", "path": "lists/images.csv"}, "lists"),
        ({"kind": "manifest", "path": "lists/images.csv", "root": "photos"}, "photos"),
        ({"kind": "webdataset", "path": "shards/train-{000..010}.tar"}, "shards"),
        ({"kind": "webdataset", "path": "x/*/train.tar", "test_path": "x/val/1.tar"}, "x"),
        ({"kind": "huggingface", "path": "food/data/{train,test}-*.parquet"}, "food/data"),
        ({"kind": "digits"}, None),
        ({"kind": "cifar10", "root": "data"}, None),
        ({"kind": "embeddings", "path": "given.h5"}, None),
    ],
)
def test_images_folder(dataset, expected):
    experiment = Experiment.model_validate({**CONFIGURATION, "dataset": dataset})
    assert contents.images_folder(experiment.dataset) == expected


def write_images(folder):
    """Write what passes for images where nothing looks into them."""
    for name in "ab":
        (folder / "train" / name).mkdir(parents=True)
        for number in range(4):
            (folder / f"train/{name}/{number}.png").write_text(f"{name}{number}")


def test_cifar_counts_by_its_name_and_a_missing_folder_by_its_path(folder):
    first = settings_and_digests({"kind": "cifar10", "root": "data"})
    assert settings_and_digests({"kind": "cifar10", "root": "/elsewhere", "download": True}) == first
    assert settings_and_digests({"kind": "cifar100", "root": "data"}) != first
    assert settings_and_digests({"kind": "cifar10", "root": "data", "fraction": 0.5}) != first
    assert settings_and_digests({"kind": "folder", "root": "a"}) != settings_and_digests(
        {"kind": "folder", "root": "b"}
    )
