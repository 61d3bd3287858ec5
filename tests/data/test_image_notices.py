import shutil

import numpy as np
import pytest
from data.shard_files import pair, two_shards, write_tar
from PIL import Image

from activepool.data.dataset import prepare
from activepool.data.settings import DatasetSettings

FOLDER = DatasetSettings(kind="folder", options={"root": "photos"})


@pytest.fixture
def photos(draw, monkeypatch):
    """A working folder with three photographs of each of two classes in both parts."""
    parts = ("train", "test")
    names = [f"photos/{part}/{name}/{i}.png" for part in parts for name in ("ant", "bee") for i in range(3)]
    root = draw(*names)
    monkeypatch.chdir(root)
    return root / "photos"


@pytest.mark.parametrize("on_unreadable", ["stop", "skip"])
def test_copies_of_train_images_in_both_parts_are_reported(photos, on_unreadable):
    (photos / "train/bee/0.png").write_bytes((photos / "train/bee/1.png").read_bytes())
    shutil.copy(photos / "train/ant/2.png", photos / "test/ant/zz.png")
    shutil.copy(photos / "train/bee/1.png", photos / "test/ant/another class.png")
    settings = FOLDER.model_copy(update={"on_unreadable": on_unreadable})
    assert prepare(settings)[0].notices == (
        "photos: train images that are copies of others: 1 (train/bee/1.png is train/bee/0.png); a copy "
        "can be picked and labelled again",
        "photos: test images that are train images, too: 2 (test/ant/another class.png is train/bee/0.png, "
        "...); accuracies count what was trained on",
    )


def test_images_of_one_beginning_and_size_may_differ(photos):
    for part, shade in (("train", 1), ("train", 2), ("test", 3)):
        pixels = np.zeros((64, 64, 3), dtype=np.uint8)
        pixels[0] = shade  # the last row in a file of BMP
        Image.fromarray(pixels).save(photos / part / f"ant/dark{shade}.bmp")
    assert prepare(FOLDER)[0].notices == ()


def test_unreadable_images_are_not_copies_of_each_other(photos):
    for path in ("train/ant/empty.png", "train/bee/empty.png", "test/ant/empty.png"):
        (photos / path).write_bytes(b"")
    samples, unreadable = prepare(FOLDER.model_copy(update={"on_unreadable": "skip"}))
    assert len(unreadable) == 3
    assert not any("copies" in notice or "too" in notice for notice in samples.notices)


def test_copies_inside_larger_files_are_reported(tmp_path):
    two_shards(tmp_path)
    write_tar(tmp_path / "train-002.tar", *pair(3, "ant", folder="again/"))
    write_tar(tmp_path / "test-001.tar", *pair(3, "ant", folder="again/"))
    samples, _ = prepare(DatasetSettings(kind="webdataset", options={"path": str(tmp_path)}))
    assert samples.notices == (
        f"{tmp_path}: train images that are copies of others: 1 (train-002.tar/again/003.jpg is "
        "train-001.tar/003.jpg); a copy can be picked and labelled again",
        f"{tmp_path}: test images that are train images, too: 1 (test-001.tar/again/003.jpg is "
        "train-001.tar/003.jpg); accuracies count what was trained on",
    )
