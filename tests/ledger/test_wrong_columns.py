"""Answers in other columns than the one that is read."""

import pytest
from labelling.returns import Project, mistakes_of
from ledgers import pool
from reading import CLASSES, POOL, labels_by_source, mistakes, read, table

from activepool.ledger.formats import csv_file
from activepool.ledger.formats.typed_classes import ClassNames

KNOWN_SAMPLES = pool("a/img_004.jpg", "fox.jpg", "3.jpg")


def file_of(tmp_path, *rows):
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
    message = mistakes("csv", file_of(tmp_path, row), KNOWN_SAMPLES)
    assert f"{tmp_path}/labels.csv:2: label" in message
    assert words in message


def test_a_class_may_be_called_like_its_image_or_an_annotator(tmp_path):
    path = file_of(tmp_path, "fox.jpg,fox,anna", "a/img_004.jpg,anna,bob")
    assert labels_by_source(read("csv", path, KNOWN_SAMPLES, CLASSES)) == {
        "fox.jpg": "fox",
        "a/img_004.jpg": "anna",
    }
    path = file_of(tmp_path, "fox.jpg,anna,anna", "a/img_004.jpg,img_004,bob")
    classes = ClassNames(("anna", "img_004"))
    assert labels_by_source(read("csv", path, KNOWN_SAMPLES, classes)) == {
        "fox.jpg": "anna",
        "a/img_004.jpg": "img_004",
    }


def test_names_and_labels_in_swapped_columns(tmp_path):
    path = table(tmp_path, "source,label\ncat,a/1.jpg\ndog,2.jpg\nb/1.jpg,cat\n")
    *messages, _ = mistakes("csv", path).split("\n")
    assert messages == [
        f"{path}:{line}: label {label!r} is an image of the pool, and {name!r} is none; exchange what is in "
        "the columns of the image and of the label"
        for line, label, name in ((2, "a/1.jpg", "cat"), (3, "2.jpg", "dog"))
    ]


def test_samples_and_labels_in_swapped_columns(tmp_path):
    path = table(tmp_path, f"sample,label\ncat,{POOL.samples[0]}\n")
    messages, _ = mistakes("csv", path).split("\n")
    assert messages.startswith(
        f"{path}:2: label '{POOL.samples[0]}' is an image of the pool, and 'cat' is none;"
    )


def test_annotators_and_labels_in_swapped_columns(tmp_path):
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


def file(tmp_path, *texts, header="source,label,{}", column="label_carl"):
    """Write a file in which the texts of another column stand beside labels of three images."""
    rows = zip(("a/1.jpg,cat", "a/2.jpg,", "b/1.jpg,dog"), texts, strict=True)
    lines = [header.format(column), *(f"{row},{text}" for row, text in rows)]
    return table(tmp_path, "\n".join(lines) + "\n")


@pytest.mark.parametrize(
    "column", ["label_carl", "label2", "label (ben)", "carl's label", "corrected", "class by ben", "answers"]
)
def test_other_classes_in_a_column_of_labels_are_a_mistake(tmp_path, column):
    path = file(tmp_path, "cat", "Dog", "?", column=column)
    message, _ = mistakes("csv", path).split("\n")
    assert message == (
        f"{path}:3: only the column 'label' is read, and {column!r} has 'Dog', the first of 2 other answers; "
        f"give each answer a row of its own, with its annotator in the column 'who', or remove {column!r}"
    )


def test_the_classes_of_one_file_tell_what_is_an_answer(tmp_path):
    project = Project(tmp_path, classes=())
    project.table("a.csv", "source,label,Label (Ben)", "a/1.jpg,ant,bee", "b/1.jpg,bee,bee")
    message = f"{project.returned}/a.csv:2: only the column 'label' is read, and 'label (ben)' has 'bee';"
    assert [line[: len(message)] for line in mistakes_of(project)] == [message]
    project.table("a.csv", "source,label,who", "a/1.jpg,ant,", "a/1.jpg,bee,ben", "b/1.jpg,bee,")
    assert len(project.take().files[0].new_answers) == 3


@pytest.mark.parametrize(
    ("column", "texts", "examples"),
    [
        ("carl", ("dog", "cat", ""), "'dog', 'cat'"),
        ("label_carl", ("wasp", "wasp", "ant"), "'wasp', 'ant'"),
    ],
)
def test_what_may_be_answers_gets_a_notice(tmp_path, column, texts, examples):
    path = file(tmp_path, *texts, column=column)
    answers = read("csv", path, POOL, CLASSES)
    assert labels_by_source(answers) == {"a/1.jpg": "cat", "b/1.jpg": "dog"}
    text = f"only the column 'label' is read; what {column!r} has does not count: {examples}"
    assert answers.notices == (f"{path}: {text}",)


@pytest.mark.parametrize(
    ("column", "texts"),
    [
        ("comment", ("dog", "dog", "cat")),
        ("label_comment", ("dog", "a tail", "cat")),
        ("width", ("640", "480", "640")),
        ("label_confidence", ("0.9", "?", "0.3")),
        ("label_time", ("2026-11-28 09:30", "2026-11-28 09:31", "2026-11-28 09:32")),
        ("class", ("mammal", "", "mammal")),
        ("class_id", ("0", "1", "1")),
        ("old_label", ("dog", "dog", "dog")),
        ("predicted_class", ("dog", "dog", "cat")),
        ("label_again", ("Cat", "", "dog")),
        ("camera", ("dog 1", "left", "right")),
        ("label2", ("", "", "")),
    ],
)
def test_columns_without_answers_are_ignored(tmp_path, column, texts):
    answers = read("csv", file(tmp_path, *texts, column=column), POOL, CLASSES)
    assert (len(answers.drafts), answers.notices) == (2, ())


def test_the_name_of_an_annotator_beside_a_label_is_not_an_answer(tmp_path):
    text = "source,label,who,label_by\na/1.jpg,cat,anna,Anna\n"
    assert not read("csv", table(tmp_path, text), POOL, CLASSES).notices


def test_columns_that_the_program_wrote_hold_no_answers(tmp_path):
    cells = dict.fromkeys(["predicted", "why", *csv_file.LIST_COLUMNS], "dog")
    cells |= {"source": "a/1.jpg", "correction": "cat"}
    text = f"{','.join(cells)}\n{','.join(cells.values())}\n"
    assert not read("csv", table(tmp_path, text), POOL, CLASSES).notices


def test_beside_corrections_a_column_of_labels_holds_what_was_corrected(tmp_path):
    header = "source,correction,{}"
    assert not read(
        "csv", file(tmp_path, "dog", "dog", "dog", header=header, column="was_labelled"), POOL
    ).notices
    message = mistakes("csv", file(tmp_path, "dog", "dog", "dog", header=header, column="correction_ben"))
    assert (
        ":2: only the column 'correction' is read, and 'correction_ben' has 'dog', the first of 2" in message
    )


def test_lines_that_are_commented_out_have_no_other_answer(tmp_path):
    text = "source,label,label2\na/1.jpg,cat,\n#a/2.jpg,cat,dog\n"
    assert labels_by_source(read("csv", table(tmp_path, text), POOL, CLASSES)) == {"a/1.jpg": "cat"}
