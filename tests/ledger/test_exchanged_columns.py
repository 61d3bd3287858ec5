"""Labels that are exchanged with another column of their row, or repeat it."""

import pytest
from ledgers import pool
from reading import CLASSES, POOL, labels_by_source, mistakes, read, table

from activepool.ledger.formats.typed_classes import ClassNames

KNOWN_SAMPLES = pool("a/img_004.jpg", "fox.jpg", "3.jpg")


def file(tmp_path, *rows):
    path = tmp_path / "labels.csv"
    path.write_text("\n".join(["source,label,who", *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("row", "words"),
    [
        ("fox.jpg,anna,anna", "label 'anna' is the annotator of its row; give the name of the class"),
        ("fox.jpg,Anna ,anna", "is the annotator of its row"),
        ("a/img_004.jpg,img_004,anna", "label 'img_004' is the name of an image of the pool; give the name"),
        ("fox.jpg,img_004,anna", "is the name of an image of the pool"),
        ("3.jpg,3,anna", "label '3' is a number, and no class has that name"),
    ],
)
def test_a_label_that_repeats_another_column_is_a_mistake(tmp_path, row, words):
    message = mistakes("csv", file(tmp_path, row), KNOWN_SAMPLES)
    assert f"{tmp_path}/labels.csv:2: label" in message
    assert words in message


def test_a_class_may_be_called_like_its_image_or_an_annotator(tmp_path):
    path = file(tmp_path, "fox.jpg,fox,anna", "a/img_004.jpg,anna,bob")
    assert labels_by_source(read("csv", path, KNOWN_SAMPLES, CLASSES)) == {
        "fox.jpg": "fox",
        "a/img_004.jpg": "anna",
    }
    path = file(tmp_path, "fox.jpg,anna,anna", "a/img_004.jpg,img_004,bob")
    classes = ClassNames(("anna", "img_004"))
    assert labels_by_source(read("csv", path, KNOWN_SAMPLES, classes)) == {
        "fox.jpg": "anna",
        "a/img_004.jpg": "img_004",
    }


def test_names_and_labels_in_each_other_s_column(tmp_path):
    path = table(tmp_path, "source,label\ncat,a/1.jpg\ndog,2.jpg\nb/1.jpg,cat\n")
    *messages, _ = mistakes("csv", path).split("\n")
    assert messages == [
        f"{path}:{line}: label {label!r} is an image of the pool, and {name!r} is none; exchange what is in "
        "the columns of the image and of the label"
        for line, label, name in ((2, "a/1.jpg", "cat"), (3, "2.jpg", "dog"))
    ]


def test_samples_and_labels_in_each_other_s_column(tmp_path):
    path = table(tmp_path, f"sample,label\ncat,{POOL.samples[0]}\n")
    messages, _ = mistakes("csv", path).split("\n")
    assert messages.startswith(
        f"{path}:2: label '{POOL.samples[0]}' is an image of the pool, and 'cat' is none;"
    )


def test_annotators_and_labels_in_each_other_s_column(tmp_path):
    path = table(tmp_path, "source,label,who\na/1.jpg,anna,cat\na/2.jpg,cat,ben\n")
    messages, _ = mistakes("csv", path).split("\n")
    assert messages == (
        f"{path}:2: label 'anna' is not a class, and who 'cat' is one; exchange what is in these columns, or "
        "list 'anna' among the classes of the configuration"
    )
    earlier = {(POOL.samples[3], "cat", "label", "dog")}
    answers = read("csv", path, POOL, CLASSES, "x", earlier=earlier)
    assert list(answers.new_classes) == ["anna"]


def test_a_class_that_is_called_as_an_image_is_a_class(tmp_path):
    path = table(tmp_path, "source,label\ngone.jpg,a/1.jpg\nb/1.jpg,a/1.jpg\n")
    answers = read("csv", path, POOL, ClassNames(("a/1.jpg",)), skip_bad=True)
    assert labels_by_source(answers) == {"b/1.jpg": "a/1.jpg"}
    assert "'gone.jpg' is not in the pool" in answers.mistakes[0]
