import os

import pytest

from activepool.data import folder
from activepool.errors import InputError


def listing(part):
    return list(zip(part.sources.tolist(), part.labels.tolist(), strict=True))


def test_train_and_test_folders(draw):
    root = draw(
        "train/dog/b.jpg", "train/dog/a.PNG", "train/cat/deep/er/1.JPEG", "train/Zebra/1.jpg",
        "test/cat/9.jpg", "val/cat/ignored.jpg",
    )  # fmt: skip
    (root / "train/dog/notes.txt").write_text("not an image")
    (root / "train/dog/._b.jpg").write_text("what macOS leaves")
    samples = folder.load(root)
    assert samples.class_names == ["Zebra", "cat", "dog"]
    assert listing(samples.train) == [
        ("train/Zebra/1.jpg", 0),
        ("train/cat/deep/er/1.JPEG", 1),
        ("train/dog/a.PNG", 2),
        ("train/dog/b.jpg", 2),
    ]
    assert listing(samples.test) == [("test/cat/9.jpg", 1)]
    assert all(samples.image_path(source).is_file() for source in samples.train.sources)


def test_val_serves_where_there_is_no_test(draw):
    samples = folder.load(draw("train/a/1.jpg", "val/a/2.jpg"))
    assert listing(samples.test) == [("val/a/2.jpg", 0)]


@pytest.mark.parametrize("spelling", ["unlabelled", "unlabeled"])
def test_unlabelled_images_are_train_samples(draw, spelling):
    root = draw("train/a/1.jpg", f"train/{spelling}/2.jpg", f"train/{spelling}/0.jpg", "test/a/1.jpg")
    samples = folder.load(root)
    assert samples.class_names == ["a"]
    assert listing(samples.train) == [
        ("train/a/1.jpg", 0),
        (f"train/{spelling}/0.jpg", -1),
        (f"train/{spelling}/2.jpg", -1),
    ]


@pytest.mark.parametrize("above", ["", "train/"])
def test_a_test_part_is_split_off(draw, above):
    names = [f"{above}{name}/{number}.jpg" for name in "ab" for number in range(4)]
    samples = folder.load(draw(*names, f"{above}unlabelled/1.jpg"), test_fraction=0.5)
    assert sorted(samples.train.labels.tolist()) == [-1, 0, 0, 1, 1]
    assert sorted(samples.test.labels.tolist()) == [0, 0, 1, 1]
    everything = listing(samples.train) + listing(samples.test)
    assert sorted(source for source, _ in everything) == sorted([*names, f"{above}unlabelled/1.jpg"])


@pytest.mark.parametrize(
    ("names", "test_fraction", "words"),
    [
        (["train/a/1.jpg"], None, "has no test part to measure accuracy on; add test/<class>/, or set"),
        (["train/a/1.jpg", "test/a/1.jpg"], 0.5, r"has a test part of its own \(test/<class>/\); remove it"),
        (["test/a/1.jpg"], None, "has test/ but no train/; add train/<class>/"),
        (["train/a/1.jpg", "test/b/1.jpg"], None, "test/b: the train part has no class 'b'"),
        (["train/a/1.jpg", "train/2.jpg"], 0.5, r"train/2.jpg: lies in no class folder \(1 such images\)"),
        (["train/unlabelled/1.jpg"], 0.5, "train: has no class folders; it must hold one folder of images"),
        (["a/1.jpg"], 2.0, "test_fraction: 2.0 must lie between 0 and 1"),
    ],
)
def test_folders_that_cannot_be_used(draw, names, test_fraction, words):
    root = draw(*names)
    with pytest.raises(InputError, match=words):
        folder.load(root, test_fraction)


def test_a_class_without_images(draw):
    root = draw("train/a/1.jpg", "test/a/1.jpg")
    (root / "train/b").mkdir()
    (root / "train/b/1.txt").write_text("")
    with pytest.raises(InputError, match=r"train/b: holds no image \(.jpg, .*\); add some, or remove"):
        folder.load(root)


def test_a_name_that_is_not_utf8(draw):
    root = draw("train/a/1.jpg", "test/a/1.jpg")
    os.link(root / "train/a/1.jpg", os.fsencode(root) + b"/train/a/\xff.jpg")
    with pytest.raises(InputError, match=r"file name b'train/a/\\xff.jpg' is not UTF-8; rename it"):
        folder.load(root)


def test_preview_of_a_large_folder_is_not_made(draw, monkeypatch):
    root = draw("train/a/1.jpg", "train/a/2.jpg", "test/a/1.jpg")
    assert folder.preview(root).train_class_counts.tolist() == [2]
    monkeypatch.setattr(folder, "LISTED_AT_ONCE", 3)
    assert folder.preview(root) is not None
    monkeypatch.setattr(folder, "LISTED_AT_ONCE", 2)
    assert folder.preview(root) is None
