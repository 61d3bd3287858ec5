import os

import pytest

from activepool.data import folder
from activepool.data.kinds import KINDS
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
    assert all(samples.image_place(source).is_file() for source in samples.train.sources)


def test_val_serves_where_there_is_no_test(draw):
    samples = folder.load(draw("train/a/1.jpg", "val/a/2.jpg"))
    assert listing(samples.test) == [("val/a/2.jpg", 0)]


@pytest.mark.parametrize(
    "spelling",
    ["unlabelled", "unlabeled", "Unlabelled", "UNLABELED", "_unlabeled", "un-labelled", "unlabeled2017"],
)
def test_unlabelled_images_are_train_samples(draw, spelling):
    root = draw("train/a/1.jpg", f"train/{spelling}/2.jpg", f"train/{spelling}/0.jpg", "test/a/1.jpg")
    samples = folder.load(root)
    assert samples.class_names == ["a"]
    assert listing(samples.train) == [
        ("train/a/1.jpg", 0),
        (f"train/{spelling}/0.jpg", -1),
        (f"train/{spelling}/2.jpg", -1),
    ]


@pytest.mark.parametrize("spelling", ["unlabelled", "unlabeled", "UnLabelled"])
@pytest.mark.parametrize("own_test", [True, False])
def test_unlabelled_images_beside_train_are_train_samples_too(draw, spelling, own_test):
    names = ["train/a/1.jpg", "train/a/2.jpg", "train/unlabelled/4.jpg", f"{spelling}/3.jpg"]
    root = draw(*names, *(["test/a/1.jpg"] if own_test else []))
    samples = folder.load(root, None if own_test else 0.5)
    assert samples.class_names == ["a"]
    assert listing(samples.train)[-2:] == [("train/unlabelled/4.jpg", -1), (f"{spelling}/3.jpg", -1)]
    assert samples.notices == ()


def test_whole_numbers_are_classes_in_their_order(draw):
    names = [f"{part}/{number}/1.jpg" for part in ("train", "test") for number in (0, 2, 9, 10, 11)]
    samples = folder.load(draw(*names))
    assert samples.class_names == ["0", "2", "9", "10", "11"]
    assert samples.train.sources[samples.train.labels == 3] == ["train/10/1.jpg"]


def test_endings_of_all_formats_are_taken(draw):
    endings = ["png", "JPG", "jfif", "jp2", "tga", "jpe", "webp", "pnm", "dib", "MPO"]
    root = draw("test/a/1.jpg", *(f"train/a/{number}.{ending}" for number, ending in enumerate(endings)))
    samples = folder.load(root)
    assert len(samples.train) == len(endings)
    assert samples.notices == ()


@pytest.mark.parametrize(
    "name", ["__MACOSX", "@eaDir", "#recycle", "$RECYCLE.BIN", "lost+found", "System Volume Information"]
)
def test_images_in_folders_of_the_operating_system_are_no_samples(draw, name):
    files = (
        f"{folder}/{number}.jpg" for folder in ("train/a", "train/b", "test/a", "test/b") for number in (1, 2)
    )
    root = draw(*files, f"train/{name}/a/1.jpg", f"train/a/{name}/1.jpg", f"test/{name}/1.jpg")
    samples = folder.load(root)
    assert samples.class_names == ["a", "b"]
    assert (len(samples.train), len(samples.test)) == (4, 4)
    assert samples.notices == (
        f"{root}: not taken: folders of the operating system: 3 "
        f"({', '.join(sorted([f'test/{name}', f'train/{name}', f'train/a/{name}']))})",
    )


def test_omitted_files_are_summed_up_in_one_line(draw):
    root = draw(
        "train/a/1.jpg", "train/a/.2.jpg", "train/b/1.jpg", "train/b/.thumbs/1.jpg", "test/a/1.jpg",
        "test/b/1.jpg", "extra/deep/1.jpg", "extra/2.jpg", "3.jpg", "test/.cache/1.jpg",
    )  # fmt: skip
    for name in ("train/a/notes.txt", "train/a/x.TXT", "test/a/raw.cr2", "train/b/none", "licence.txt"):
        (root / name).write_text("")
    (root / "documents").mkdir()
    os.mkfifo(root / "train/a/4.png")
    samples = folder.load(root)
    assert len(samples.train) == 2
    assert samples.notices == (
        f"{root}: not taken: of endings that name no image format: 4 (.txt 2, .cr2 1, none 1); "
        "hidden: 3 (test/.cache, train/a/.2.jpg, train/b/.thumbs); "
        "pipes, sockets and devices: 1 (train/a/4.png); "
        "images beside the folders that are read: 3 (extra/ 2, in no folder 1)",
    )


def test_files_beside_the_class_folders_are_reported(draw):
    root = draw("train/a/1.jpg", "test/a/1.jpg")
    for name in ("train/b.zip", "test/b.zip", "train/labels.csv"):
        (root / name).write_text("")
    notice = f"{root}: not taken: of endings that name no image format: 3 (.zip 2, .csv 1)"
    assert folder.load(root).notices == (notice,)


def test_surprising_inclusions_are_reported(draw):
    root = draw(
        "train/train/cat/1.jpg", "train/train/dog/1.jpg", "train/train/dog/2.jpg", "train/Test/1.jpg",
        "test/train/1.jpg", "test/Test/1.jpg",
    )  # fmt: skip
    (root / "train/unlabelled").mkdir()
    assert folder.load(root).notices == (
        f"{root}: taken: images in folders below that of their class: 3 "
        "(train/train/dog 2, train/train/cat 1)",
        f"{root}: the folder train/Test is taken as a class",
        f"{root}: the folder train/train is taken as a class",
        f"{root}: the folder test/Test is taken as a class",
        f"{root}: the folder test/train is taken as a class",
        f"{root}: train/unlabelled holds no image",
    )


def test_all_wrong_classes_are_reported_at_once(draw):
    root = draw("train/cat/1.jpg", "train/1.0/1.jpg", "test/Cat/1.jpg", "test/1/1.jpg", "test/owl/1.jpg")
    with pytest.raises(InputError) as raised:
        folder.load(root)
    classes = "(its classes: 1.0, cat)"
    assert str(raised.value).splitlines() == [
        f"{root}/test/1: the train part has no class '1' {classes}; "
        "'1.0' differs only in how the number is written",
        f"{root}/test/Cat: the train part has no class 'Cat' {classes}; 'cat' differs only in case",
        f"{root}/test/owl: the train part has no class 'owl' {classes}",
    ]


def test_a_broken_link_is_listed_so_that_its_reader_reports_it(draw):
    root = draw("train/a/1.jpg", "test/a/1.jpg")
    (root / "train/a/2.jpg").symlink_to("nowhere.jpg")
    (root / "train/a/3.jpg").symlink_to("3.jpg")
    assert [source for source, _ in listing(folder.load(root).train)] == [
        f"train/a/{n}.jpg" for n in (1, 2, 3)
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
        (
            ["Train/a/1.jpg", "Test/a/1.jpg"],
            None,
            "fraction; of Test/, Train/, rename the one that is meant$",
        ),
        (["train/a/1.jpg", "validation/a/1.jpg"], None, "fraction; of validation/, rename the one that is m"),
        (
            ["Train/a/1.jpg", "test/a/1.jpg"],
            None,
            r"no train/.*name\); of Train/, rename the one that is meant$",
        ),
        (["bus/1.jpg", "test/1.jpg"], 0.5, r"the train images \(a class called test needs another name\)"),
        (
            ["bus/1.jpg", "train/1.jpg"],
            0.5,
            "train/1.jpg: lies in .*; a class called train needs another name",
        ),
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


def test_broken_links_are_reported(draw):
    root = draw("train/a/1.jpg", "train/b/1.jpg", "test/a/1.jpg", "test/b/1.jpg")
    for name in ("unlabelled", "train/c", "train/a/more"):
        (root / name).symlink_to("nowhere")
    assert folder.load(root).notices == (
        f"{root}: not taken: links that lead nowhere: 3 (train/a/more, train/c, unlabelled)",
    )


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


def test_links_and_names_that_are_mistakes_come_together(draw):
    root = draw("train/a/1.jpg", "test/a/1.jpg")
    (root / "train/unlabeled").mkdir()
    for folder_of in ("a", "unlabeled"):
        (root / f"train/{folder_of}/up").symlink_to("..")
        os.link(root / "train/a/1.jpg", os.fsencode(root) + f"/train/{folder_of}/".encode() + b"\xff.jpg")
        os.link(root / "train/a/1.jpg", root / f"train/{folder_of}/\n.jpg")
    with pytest.raises(InputError) as caught:
        folder.load(root)
    messages = "\n".join(caught.value.args)
    for name in ("a", "unlabeled"):
        for words in (
            f"{root}/train/{name}/up: is a link to a folder above it; remove it",
            f"the file name 'train/{name}/\\n.jpg' has a line break; rename it",
            f"the file name b'train/{name}/\\xff.jpg' is not UTF-8; rename it",
        ):
            assert words in messages


def test_preview_of_a_large_folder_is_not_made(draw, monkeypatch):
    root = draw("train/a/1.jpg", "train/a/2.jpg", "test/a/1.jpg")
    assert KINDS["folder"].preview(root=root).train_class_counts.tolist() == [2]
    monkeypatch.setattr(folder, "MAX_PREVIEWED", 3)
    assert KINDS["folder"].preview(root=root) is not None
    monkeypatch.setattr(folder, "MAX_PREVIEWED", 2)
    assert KINDS["folder"].preview(root=root) is None


def test_links_to_other_folders_are_followed(draw, tmp_path):
    draw("store/a/1.jpg", "store/b/2.jpg", "3.jpg", "set/test/a/4.jpg", "set/test/b/4.jpg")
    (tmp_path / "set/train").symlink_to("../store")
    (tmp_path / "store/b/5.jpg").symlink_to("../../3.jpg")
    samples = folder.load(tmp_path / "set")
    assert samples.train.sources.tolist() == ["train/a/1.jpg", "train/b/2.jpg", "train/b/5.jpg"]
    assert samples.notices == ()


def test_an_image_cannot_be_listed_twice_by_links(draw):
    root = draw("train/a/1.jpg", "train/b/2.jpg", "test/a/3.jpg", "test/b/4.jpg")
    (root / "train/c").symlink_to("a")
    (root / "test/c").mkdir()
    (root / "test/c/5.jpg").symlink_to("../../train/b/2.jpg")
    with pytest.raises(InputError) as caught:
        folder.load(root)
    end = "which is listed, too; an image cannot be listed twice"
    assert str(caught.value).splitlines() == [
        f"{root}/train/c/1.jpg: links to the image train/a/1.jpg, {end}",
        f"{root}/test/c/5.jpg: links to the image train/b/2.jpg, {end}",
    ]
    with pytest.raises(InputError, match=r"/train/c/1.jpg: links to the image a/1.jpg, which"):
        folder.load(root / "train", test_fraction=0.5)


def test_a_url_is_not_a_folder():
    with pytest.raises(InputError, match=r"is a URL \(only a manifest may list images by their URLs\), and"):
        folder.load("https://host/photos")
