"""Answers in other columns than the one that is read."""

import pytest
from labelling.returns import Project, mistakes_of
from reading import CLASSES, POOL, labels_by_source, mistakes, read, table

from activepool.ledger.formats import csv_file


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
    assert project.take().files[0].new == 3


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
def test_columns_without_other_answers_are_none_of_them(tmp_path, column, texts):
    answers = read("csv", file(tmp_path, *texts, column=column), POOL, CLASSES)
    assert (len(answers.drafts), answers.notices) == (2, ())


def test_an_annotator_s_name_beside_a_label_is_no_answer(tmp_path):
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
