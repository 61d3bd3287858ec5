"""Labels that repeat another column of their row."""

import pytest
from ledgers import pool
from reading import CLASSES, mistakes, said

from activepool.ledger.formats import read
from activepool.ledger.formats.typed_classes import ClassNames

KNOWN = pool("a/img_004.jpg", "fox.jpg", "3.jpg")


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
    told = mistakes("csv", file(tmp_path, row), KNOWN)
    assert f"{tmp_path}/labels.csv:2: label" in told
    assert words in told


def test_a_class_may_be_called_like_its_image_or_an_annotator(tmp_path):
    path = file(tmp_path, "fox.jpg,fox,anna", "a/img_004.jpg,anna,bob")
    assert said(read("csv", path, KNOWN, CLASSES)) == {"fox.jpg": "fox", "a/img_004.jpg": "anna"}
    path = file(tmp_path, "fox.jpg,anna,anna", "a/img_004.jpg,img_004,bob")
    given = ClassNames(("anna", "img_004"))
    assert said(read("csv", path, KNOWN, given)) == {"fox.jpg": "anna", "a/img_004.jpg": "img_004"}
