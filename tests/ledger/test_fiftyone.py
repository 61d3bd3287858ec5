"""FiftyOne's labels.json."""

import json

import pytest
from ledgers import pool
from reading import CLASSES, POOL, images, labels_by_source, mistakes, read

from activepool.errors import InputError


def file(tmp_path, content):
    path = tmp_path / "labels.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return path


def test_samples_without_a_label_are_awaited(tmp_path):
    file(tmp_path, {"classes": ["cat", "dog"], "labels": {"a/1": None, "a/2": None, "c d/3": None}})
    answers = read("fiftyone", tmp_path, POOL, CLASSES)
    assert (answers.drafts, answers.awaited) == ((), 3)


def test_labels_of_all_forms(tmp_path):
    labels = {"a/1": 1, "b/1.jpg": "cat", "2": None, "c d/3": {"label": "dog", "confidence": 0.9}}
    answers = read("fiftyone", file(tmp_path, {"classes": ["cat", "dog"], "labels": labels}), POOL, CLASSES)
    assert labels_by_source(answers) == {"a/1.jpg": "dog", "b/1.jpg": "cat", "c d/3.jpg": "dog"}
    assert answers.awaited == 1
    assert (
        "labels with a confidence, as a model gives them: 1; they count as a person's" in answers.notices[0]
    )


def test_all_mistakes_at_once(tmp_path):
    labels = {"a/1": 2, "b/1": True, "2": 1.0, "1": "cat", "9": "cat", "c d/3": ["cat", "dog"], "a/2": "Cat"}
    labels["b/2"] = ["cat"]
    messages = mistakes("fiftyone", file(tmp_path, {"classes": ["cat", "dog"], "labels": labels})).split("\n")
    for line, words in zip(
        messages,
        [
            "'a/1': has the number 2 for a label; there are classes 0 to 1",
            "'b/1': has true or false for a label",
            "'2': has the number 1.0 for a label",
            "'1' may be 'a/1.jpg', 'b/1.jpg'",
            "'9' is not in the pool",
            "'c d/3': has several labels",
            "label 'Cat' is spelled almost like the class 'cat'",
            "'b/2': has a list for a label; it must be the name of a class, or null",
            "nothing was taken",
        ],
        strict=True,
    ):
        assert words in line


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[]", "must have 'classes', a list, and 'labels'"),
        ({"classes": {}, "labels": {}}, "must have 'classes', a list, and 'labels'"),
        ({"classes": [], "labels": {}}, "has no sample in it"),
        ({"labels": {"a/1": 0}}, "there is no list of classes"),
        ('{"labels": {"a/1": "cat", "a/1": "dog"}}', "'a/1': stands there twice; remove one of them"),
        ('{"labels": {"a/1": "cat"}, "labels": {"b/1": "dog"}}', "has the key 'labels' twice in one object;"),
        ('{"labels": {"a/1": {"label": "cat", "label": "dog"}}}', "has the key 'label' twice in one object;"),
        ('{"labels": {"a/1": NaN}}', "NaN is not a JSON value"),
        ('{"labels": {"a/1": "cat"', "ends in the middle"),
    ],
)
def test_damaged_files(tmp_path, content, words):
    with pytest.raises(InputError) as caught:
        read("fiftyone", file(tmp_path, content), POOL)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "given", [{"Label": "cat"}, {"classifications": [{"label": "dog"}]}, {"confidence": 0.9}, {}]
)
def test_an_object_without_a_label_is_not_awaited(tmp_path, given):
    path = file(tmp_path, {"classes": ["cat", "dog"], "labels": {"a/1": given, "a/2": {"label": None}}})
    assert mistakes("fiftyone", path).split("\n")[0] == (
        f"{path}: 'a/1': has an object for a label; it must have the key 'label'"
    )
    answers = read("fiftyone", path, POOL, CLASSES, skip_bad=True)
    assert (labels_by_source(answers), answers.awaited) == ({}, 1)


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        (["cat", "cat", "dog"], "has the class 'cat' twice; export it again"),
        (["cat", " cat"], "has the class 'cat' twice"),
        (["cat", ""], "class 1 (the first is 0) has no name that is a text; export it again"),
        ([1, "cat"], "class 0 (the first is 0) has no name that is a text"),
    ],
)
def test_each_class_has_a_name_of_its_own(tmp_path, classes, words):
    path = file(tmp_path, {"classes": classes, "labels": {"a/1": 0}})
    with pytest.raises(InputError) as caught:
        read("fiftyone", path, POOL)
    assert str(caught.value).startswith(f"{path}: classes: {words}")


def test_a_number_from_the_tool_is_not_part_of_a_name(tmp_path):
    twins = pool("a/1.jpg", "b/1.jpg", "c/1-2.jpg", "c/9-2.jpg")
    path = file(tmp_path, {"labels": {"1-2": "cat", "9-2": "dog", "c/1-2": "cat"}})
    answers = read("fiftyone", path, twins, skip_bad=True)
    assert labels_by_source(answers) == {"c/9-2.jpg": "dog", "c/1-2.jpg": "cat"}
    assert "'1-2' is 'c/1-2.jpg', or one of several '1' that the tool has numbered" in answers.mistakes[0]


def test_exported_images_decide(tmp_path):
    samples = images(tmp_path / "images")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "1-2.jpg").write_bytes((tmp_path / "images" / "b/1.jpg").read_bytes())
    path = file(tmp_path, {"labels": {"1-2": "cat"}})
    assert labels_by_source(read("fiftyone", path, samples)) == {"b/1.jpg": "cat"}


def test_exported_images_that_were_exchanged_are_a_mistake(tmp_path):
    samples = images(tmp_path / "images")
    (tmp_path / "data/a").mkdir(parents=True)
    for name, source in (("a/1.jpg", "a/2.jpg"), ("a/2.jpg", "a/1.jpg")):
        (tmp_path / "data" / name).write_bytes((tmp_path / "images" / source).read_bytes())
    message = mistakes("fiftyone", file(tmp_path, {"labels": {"a/1": "cat", "a/2": None}}), samples)
    assert "'a/1': names different samples: its picture is 'a/2.jpg', and its name 'a/1'" in message
    assert "'a/2': names different samples: its picture is 'a/1.jpg', and its name 'a/2'" in message


def test_a_folder_without_the_file(tmp_path):
    with pytest.raises(InputError, match=r"labels.json: there is no such file"):
        read("fiftyone", tmp_path, POOL)


@pytest.mark.parametrize("label", ["cat", None])
def test_another_picture_of_the_same_name_is_a_mistake(tmp_path, label):
    samples = images(tmp_path / "images")
    (tmp_path / "data/c d").mkdir(parents=True)
    (tmp_path / "data/c d/3.jpg").write_bytes(b"of another project")
    message = mistakes("fiftyone", file(tmp_path, {"labels": {"c d/3": label, "a/1": "cat"}}), samples)
    assert "the picture is not 'c d/3.jpg' of the pool, whose content is another" in message


def test_absolute_paths_begin_with_the_folder_of_the_images(tmp_path):
    path = file(
        tmp_path, {"labels": {"/data/photographs/a/1.jpg": "cat", "/data/photographs/a/2.jpg": "dog"}}
    )
    assert labels_by_source(read("fiftyone", path, POOL, CLASSES)) == {"a/1.jpg": "cat", "a/2.jpg": "dog"}
    second = file(tmp_path, {"labels": {"/home/anna/photographs/a/1.jpg": "cat"}})
    assert "would be 'a/1.jpg'" in mistakes("fiftyone", second)


def test_two_pictures_that_differ_in_their_endings_are_ambiguous(tmp_path):
    path = file(tmp_path, {"classes": ["cat"], "labels": {"e": "cat"}})
    (tmp_path / "data").mkdir()
    for name in ("e.jpg", "e.png"):
        (tmp_path / "data" / name).write_bytes(name.encode())
    message = mistakes("fiftyone", tmp_path, pool("e.jpg"))
    assert f"{path}: 'e': 'e' may be any of several pictures of the file, 'e.jpg', 'e.png'" in message
