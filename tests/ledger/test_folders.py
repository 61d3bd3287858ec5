"""Pictures that people move into the folders of classes."""

import os
import shutil

import pytest
from reading import CLASSES, SOURCES, images, labels_by_source, mistakes, read

from activepool.errors import InputError
from activepool.ledger.formats import folders
from activepool.ledger.formats.batch import Batch, Pick
from activepool.ledger.formats.typed_classes import ClassNames
from activepool.ledger.pool_samples import PoolSamples, image_sample


@pytest.fixture
def pool(tmp_path):
    return images(tmp_path / "images")


@pytest.fixture
def batch(tmp_path, pool):
    """The folder of a batch of all images."""
    picks = tuple(Pick(*pair) for pair in zip(pool.samples, pool.sources, strict=True))
    folder = tmp_path / "batch"
    folders.write(folder, Batch("1", picks, ("cat", "dog")), tmp_path / "images")
    return folder


def test_a_batch_goes_out_with_all_folders(batch, pool):
    assert sorted(path.name for path in batch.iterdir()) == [
        *("_unlabeled", "cannot_tell", "cat", "dog", "not_ours", "skip", "who.txt"),
    ]
    names = sorted(path.name for path in (batch / "_unlabeled").iterdir())
    assert names == sorted(
        ["2.jpg", "3.jpg", f"{pool.samples[0][:12]}-1.jpg", f"{pool.samples[1][:12]}-1.jpg"]
    )
    assert read("folders", batch, pool, CLASSES).awaited == 4


def test_two_images_of_the_same_content_go_out_once():
    batch = Batch("1", (Pick("f" * 64, "a"), Pick("f" * 64, "b"), Pick("e" * 64, "c")))
    assert [sending.source for sending in batch.sendings()] == ["a", "c"]


def test_pictures_come_back_whatever_their_names(batch, pool):
    pictures = batch / "_unlabeled"
    (pictures / "2.jpg").rename(batch / "cat" / "2 (1).JPEG")
    (pictures / "3.jpg").rename(batch / "skip" / "1.jpg")
    (batch / "fox" / "young").mkdir(parents=True)
    (pictures / f"{pool.samples[0][:12]}-1.jpg").rename(batch / "fox" / "young" / "2.jpg")
    (batch / "cat" / ".DS_Store").write_bytes(b"")
    (batch / "@eaDir").mkdir()
    (batch / "@eaDir" / "2.jpg").write_bytes(b"thumbnail")
    (batch / "notes.txt").write_text("hello", encoding="utf-8")
    answers = read("folders", batch, pool, CLASSES)
    assert labels_by_source(answers) == {"a/2.jpg": "cat", "c d/3.jpg": ":skip", "a/1.jpg": "fox"}
    assert answers.awaited == 1
    assert "files that are not pictures are passed over: 'notes.txt'" in answers.notices[0]


def test_a_picture_without_an_ending_is_one(batch, pool, tmp_path):
    picture = tmp_path / "images" / "c d" / "3.jpg"
    picture.write_bytes(b"\xff\xd8\xff pixels")
    (batch / "dog" / "3").write_bytes(picture.read_bytes())
    samples = PoolSamples([image_sample(picture)], ["c d/3.jpg"])
    assert labels_by_source(read("folders", batch, samples, CLASSES, skip_bad=True)) == {"c d/3.jpg": "dog"}


def test_a_link_to_a_folder_is_a_mistake(batch, pool):
    (batch / "owl").symlink_to(batch / "_unlabeled")
    (batch / "dog" / "more").symlink_to(batch / "cat")
    message = mistakes("folders", batch, pool)
    assert f"{batch}/owl: is a link to a folder; put the folder itself there" in message
    assert f"{batch}/dog/more: is a link to a folder" in message


@pytest.mark.parametrize("outer", ["cat", "_unlabeled", "skip"])
def test_a_class_within_another_is_a_mistake(batch, pool, outer):
    picture = batch / "_unlabeled" / "2.jpg"
    for inner in ("dog", outer):
        (batch / outer / inner).mkdir()
    picture.rename(batch / outer / "dog" / "2.jpg")
    (batch / "_unlabeled" / "3.jpg").rename(batch / outer / outer / "3.jpg")
    message = mistakes("folders", batch, pool)
    assert f"lies in the folder 'dog' within {outer!r}, and either may be the class" in message
    assert "3.jpg" not in message


@pytest.mark.parametrize("around", ["images", "back/images", "."])
def test_a_copy_of_the_pool_is_not_a_label(tmp_path, pool, around):
    """A folder of the pool becomes a class only if somebody says that it is one."""
    copy = tmp_path / "returned"
    shutil.copytree(tmp_path / "images", copy / around)
    message = mistakes("folders", copy, pool, ClassNames())
    assert message.count("as in the pool, which gives it no label; if") == len(SOURCES)
    classes = ClassNames(("a", "b", "c d"))
    assert labels_by_source(read("folders", copy, pool, classes)) == {
        "a/1.jpg": "a",
        "b/1.jpg": "b",
        "a/2.jpg": "a",
        "c d/3.jpg": "c d",
    }


def test_a_picture_may_keep_its_folder_within_that_of_a_new_class(tmp_path, pool):
    shutil.copytree(tmp_path / "images" / "a", tmp_path / "returned" / "fox" / "a")
    shutil.copytree(tmp_path / "images" / "b", tmp_path / "returned" / "owl" / "b")
    shutil.copytree(tmp_path / "images" / "c d", tmp_path / "returned" / "b")
    assert labels_by_source(read("folders", tmp_path / "returned", pool)) == {
        "a/1.jpg": "fox",
        "a/2.jpg": "fox",
        "b/1.jpg": "owl",
        "c d/3.jpg": "b",
    }


def test_all_mistakes_at_once(batch, pool):
    picture = batch / "_unlabeled" / "2.jpg"
    (batch / "cat" / "2.jpg").write_bytes(picture.read_bytes())
    (batch / "dog" / "2.jpg").write_bytes(picture.read_bytes())
    (batch / "cat" / "edited.jpg").write_bytes(b"other pixels")
    (batch / "cat" / "lost.jpg").symlink_to("nowhere")
    os.mkfifo(batch / "dog" / "pipe.jpg")
    (batch / "Cat").mkdir()
    picture.rename(batch / "Cat" / "again.jpg")
    message = mistakes("folders", batch, pool)
    assert "dog/2.jpg: annotator says 'dog' of 'a/2.jpg', but 'cat' at" in message
    assert (
        "cat/edited.jpg: is not an image of the pool; if it was saved again (turned, edited), put the"
        in message
    )
    assert "cat/lost.jpg: is neither a file nor a valid link" in message
    assert "dog/pipe.jpg: is neither a file nor" in message
    assert "label 'Cat' is spelled almost like the class 'cat'" in message


def test_a_picture_beside_the_folders_is_a_mistake(batch, pool):
    """It may have been dragged out of the folder of its class."""
    (batch / "_unlabeled" / "2.jpg").rename(batch / "2.jpg")
    (batch / "_unlabeled" / "3.jpg").rename(batch / "cat" / "3.jpg")
    assert mistakes("folders", batch, pool).split("\n")[0] == (
        f"{batch}/2.jpg: lies in no folder; put it into that of its class, or _unlabeled"
    )
    assert labels_by_source(read("folders", batch, pool, CLASSES, skip_bad=True)) == {"c d/3.jpg": "cat"}


def test_a_folder_is_never_written_over(batch, tmp_path):
    with pytest.raises(InputError, match="already exists and may contain labels"):
        folders.write(batch, Batch("1", ()), tmp_path)


ODD = [
    *(
        "cat/dog",
        ".hidden",
        "..",
        "a\\b",
        "a: b?",
        "100 %",
        "100%AB",
        "%2F",
        "%252E",
        "cat%2Fdog",
        "dr.",
        "é. *",
    ),
    *('|<">', "%", "a.b", "%zz"),
]


FIXED_NAMES = {"_unlabeled", "cat", "cannot_tell", "skip", "not_ours", "who.txt"}


def test_each_class_has_a_folder_whatever_its_name(tmp_path, pool):
    picks = tuple(Pick(*one) for one in zip(pool.samples, pool.sources, strict=True))
    for name in ODD:
        folder = tmp_path / f"of {ODD.index(name)}"
        folders.write(folder, Batch("1", picks, (name, "cat")), tmp_path / "images")
        (class_folder,) = {one.name for one in folder.iterdir()} - FIXED_NAMES
        (folder / "_unlabeled" / "2.jpg").rename(folder / class_folder / "2.jpg")
        assert labels_by_source(read("folders", folder, pool, ClassNames((name, "cat")))) == {"a/2.jpg": name}
    assert len({folders.folder_name(name).casefold() for name in ODD}) == len(ODD)


def test_a_class_with_too_long_a_name_has_no_folder_and_blocks_nothing(tmp_path):
    folders.write(tmp_path / "b", Batch("1", (), ("é" * 128, "cat")), tmp_path)
    assert sorted(path.name for path in (tmp_path / "b").iterdir()) == [
        *("_unlabeled", "cannot_tell", "cat", "not_ours", "skip", "who.txt"),
    ]


def test_paths_that_are_not_folders(tmp_path, pool):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(InputError, match="is not a folder; it must hold a folder of pictures for each class"):
        read("folders", tmp_path / "file", pool)
