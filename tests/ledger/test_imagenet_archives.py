"""ImageNet archives of CVAT: pictures in folders of classes, or lists of numbered classes."""

import pytest
from exports import archive
from ledgers import pool
from reading import CLASSES, POOL, images, labels_by_source, mistakes, read


def test_an_imagenet_archive_with_pictures_comes_back(tmp_path):
    samples = images(tmp_path / "images")
    content = {source: (tmp_path / "images" / source).read_bytes() for source in samples.sources}
    members = {
        "cat/cat_a/1.jpg": content["a/1.jpg"],
        "dog/renamed (1).JPG": content["b/1.jpg"],
        "cat/cat_a/2.jpg": content["a/2.jpg"],
        "no_label/c d/3.jpg": content["c d/3.jpg"],
        "__MACOSX/cat/._x.jpg": b"",
        "cat/": b"",
    }
    answers = read("imagenet", archive(tmp_path, members), samples, CLASSES)
    assert labels_by_source(answers) == {"a/1.jpg": "cat", "b/1.jpg": "dog", "a/2.jpg": "cat"}
    assert answers.awaited == 1


@pytest.mark.parametrize("folder", ["cat", "no_label"])
def test_another_picture_of_the_same_name_is_a_mistake(tmp_path, folder):
    path = archive(tmp_path, {f"{folder}/c d/3.jpg": b"of another project", "cat/a/1.jpg": b"a/1.jpg"})
    assert "'c d/3.jpg' of the pool, whose content is another; if the tool saved it again" in mistakes(
        "imagenet", path
    )


def test_an_imagenet_archive_with_lists_comes_back(tmp_path):
    lists = 'a/1.jpg 0\n"c d/3".jpg 1\nc d/3 1\na/2.jpg\n\n'
    answers = read(
        "imagenet", archive(tmp_path, {"synsets.txt": "cat\ndog\n", "default.txt": lists}), POOL, CLASSES
    )
    assert (labels_by_source(answers), answers.awaited) == ({"a/1.jpg": "cat", "c d/3.jpg": "dog"}, 1)


def test_a_list_with_a_name_in_place_of_a_number_is_a_mistake(tmp_path):
    lists = 'a/1.jpg cat\n"c d/3".jpg dog\na/2.jpg,1\n"c d/3".jpg\nc d/3.jpg\n'
    message = mistakes("imagenet", archive(tmp_path, {"synsets.txt": "cat\ndog\n", "default.txt": lists}))
    *lines, _ = message.split("\n")
    assert len(lines) == 3
    assert "default.txt:1: 'a/1.jpg cat' is not a name and the number of a class" in lines[0]


def test_all_mistakes_of_an_archive_at_once(tmp_path):
    members = {"synsets.txt": "cat\ndog\n", "default.txt": "a/1.jpg 2\na/2.jpg 0 1\n1.jpg 0\na/1.jpg -1\n"}
    messages = mistakes("imagenet", archive(tmp_path, members)).split("\n")
    assert "default.txt:1: 'a/1.jpg' has the class 2, but synsets.txt has 2 classes" in messages[0]
    assert "default.txt:2: 'a/2.jpg' has several classes, 0, 1; choose one" in messages[1]
    assert "default.txt:3: '1.jpg' may be" in messages[2]
    assert "default.txt:4: 'a/1.jpg' has the class -1" in messages[3]
    members = {"x.jpg": b"", "cat/9.jpg": b"", "cat/a/1.jpg": b"a/1.jpg", "dog/a/1.jpg": b"a/1.jpg"}
    messages = mistakes("imagenet", archive(tmp_path, members)).split("\n")
    assert "'x.jpg': lies in no folder of a class" in messages[0]
    assert "no image of the pool has the content e3b0c44298fc..." in messages[1]
    assert "annotator says 'dog' of 'a/1.jpg', but 'cat' at" in messages[2]


@pytest.mark.parametrize("member", ["default/1.jpg", "cat/a/1.jpg", "1.jpg", "default/cat/1.jpg"])
def test_a_foreign_picture_beside_a_list_is_a_mistake_wherever_it_lies(tmp_path, member):
    members = {"synsets.txt": "cat\ndog\n", "default.txt": "a/1.jpg 0\n", member: "another picture"}
    message = mistakes("imagenet", archive(tmp_path, members))
    assert "default.txt:1: " in message and "content" in message


def test_copies_of_a_picture_are_not_ambiguous(tmp_path):
    samples = pool("e.jpg", "1.jpg")
    members = {"synsets.txt": "cat\n", "default.txt": "1.jpg 0\n", "x/1.jpg": b"1.jpg", "y/1.jpg": b"1.jpg"}
    assert labels_by_source(read("imagenet", archive(tmp_path, members), samples, CLASSES)) == {
        "1.jpg": "cat"
    }


def test_a_class_listed_twice_is_a_mistake(tmp_path):
    members = {"synsets.txt": "cat\ndog\ncat\n", "default.txt": "a/1.jpg 2\n"}
    assert "synsets.txt: has the class 'cat' twice" in mistakes("imagenet", archive(tmp_path, members))


@pytest.mark.parametrize(("classes", "number"), [("cat\n\ndog\n", 1), ("\ncat\ndog", 0), ("cat\n \ndog", 1)])
def test_a_blank_line_in_a_list_of_classes_is_a_mistake(tmp_path, classes, number):
    """Nobody knows whether it counts."""
    members = {"synsets.txt": classes, "default.txt": "a/1.jpg 1\n"}
    assert f"synsets.txt: class {number} (the first is 0) has no name" in mistakes(
        "imagenet", archive(tmp_path, members)
    )


def test_trailing_blank_lines_are_not_classes(tmp_path):
    members = {"synsets.txt": "cat\ndog\n\n \n", "default.txt": "a/1.jpg 1\n"}
    assert labels_by_source(read("imagenet", archive(tmp_path, members), POOL, CLASSES)) == {"a/1.jpg": "dog"}


def test_lists_elsewhere_in_the_archive_are_not_passed_over_in_silence(tmp_path):
    members = {"synsets.txt": "cat\ndog\n", "default.TXT": "a/1.jpg 0\n", "val/more.txt": "a/2.jpg 1\n"}
    path = archive(tmp_path, members)
    answers = read("imagenet", path, POOL, CLASSES)
    assert labels_by_source(answers) == {"a/1.jpg": "cat"}
    assert answers.notices == (f"{path}: files that are not pictures are passed over: 'val/more.txt'",)
    path = archive(tmp_path, members | {"val/synsets.txt": "dog\ncat\n"})
    assert mistakes("imagenet", path) == f"{path}: has 2 files synsets.txt; give an archive of each export"


@pytest.mark.parametrize(
    ("member", "words"),
    [
        ("dog/1.jpg", "list it as 'cat'; give an archive of lists, or of pictures in folders"),
        ("dog/2.jpg", "do not give it that class"),
    ],
)
def test_folders_that_contradict_the_lists_are_a_mistake(tmp_path, member, words):
    picture = {"dog/1.jpg": b"a/1.jpg", "dog/2.jpg": b"a/2.jpg"}[member]
    members = {"synsets.txt": "cat\ndog\n", "default.txt": "a/1.jpg 0\n", member: picture}
    message = mistakes("imagenet", archive(tmp_path, members))
    assert (
        f"{member!r}: lies in the folder of the class 'dog', but the lists beside synsets.txt {words}"
        in message
    )


def test_folders_that_agree_with_the_lists(tmp_path):
    members = {"synsets.txt": "cat\ndog\n", "default.txt": "a/1.jpg 0\n", "cat/1.jpg": b"a/1.jpg"}
    path = archive(tmp_path, members | {"images/x.jpg": b"a/2.jpg"})
    answers = read("imagenet", path, POOL, CLASSES)
    assert labels_by_source(answers) == {"a/1.jpg": "cat"}
    assert answers.notices == (f"{path}: pictures that no list names are passed over: 'images/x.jpg'",)
