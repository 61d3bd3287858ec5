"""Lines of a CSV that people commented out by a ``#``."""

import pytest
from labelling.returns import Project
from ledgers import pool
from reading import CLASSES, POOL, SOURCES, labels_by_source, mistakes, read

from activepool.ledger.formats.typed_classes import ClassNames

NOT_ANSWERED = "labels.csv: lines that begin with # count as not answered:"


def file(tmp_path, *rows, header="source,label"):
    path = tmp_path / "labels.csv"
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "line", ["# a/1.jpg,cat", "#a/1.jpg,cat", " # a/1.jpg,cat", "#a/1.jpg,", "# a/1.jpg,x,y"]
)
def test_a_commented_out_label_is_not_an_answer(tmp_path, line):
    answers = read("csv", file(tmp_path, "b/1.jpg,dog", line), POOL, CLASSES)
    assert labels_by_source(answers) == {"b/1.jpg": "dog"}
    assert answers.awaited == (line.count(",") == 1)
    assert answers.notices == (f"{tmp_path}/{NOT_ANSWERED} line 3",)
    assert not answers.new_classes


def test_a_line_of_the_list_of_a_batch_may_be_commented_out(tmp_path):
    path = file(tmp_path, f"#1,{SOURCES[0]},cat,{POOL.samples[0]}", header="batch,source,label,sample")
    answers = read("csv", path, POOL, CLASSES)
    assert (labels_by_source(answers), answers.awaited) == ({}, 1)


@pytest.mark.parametrize("line", ["# looked at by anna", "#", "#,", "# one, two, three", "# nine.jpg,cat"])
def test_a_remark_is_neither_a_mistake_nor_a_sample(tmp_path, line):
    answers = read("csv", file(tmp_path, line, "b/1.jpg,dog"), POOL, CLASSES)
    assert (labels_by_source(answers), answers.awaited) == ({"b/1.jpg": "dog"}, 0)
    assert answers.notices == (f"{tmp_path}/{NOT_ANSWERED} line 2",)


def test_names_that_begin_with_this_letter_are_names(tmp_path):
    answers = read(
        "csv", file(tmp_path, "#1.jpg,cat", "#2.jpg,dog", "# 3.jpg,dog"), pool("#1.jpg", "x/#2.jpg", "3.jpg")
    )
    assert labels_by_source(answers) == {"#1.jpg": "cat", "x/#2.jpg": "dog"}
    path = file(tmp_path, "#hashtag,a/1.jpg", "# cat,b/1.jpg", header="label,source")
    assert labels_by_source(read("csv", path, POOL, ClassNames(("cat", "#hashtag")))) == {
        "a/1.jpg": "#hashtag"
    }


def test_a_line_that_begins_with_such_a_name_may_have_a_mistake(tmp_path):
    path = file(tmp_path, "#1.jpg,cat,dog", "#2.jpg,cat,dog", "#1.jpg,cat")
    message, _ = mistakes("csv", path, pool("#1.jpg")).split("\n")
    assert message == (
        f"{path}:2: has 3 fields, and the header has 2; put a text with a comma, or another separator, in "
        "double quotes"
    )


@pytest.mark.parametrize(
    ("header", "line"),
    [
        ("batch,source,label", "# ,#1.jpg,cat"),
        ("sample,source,label", "#,#1.jpg,cat"),
        ("label,source", "#cat,#1.jpg"),
    ],
)
def test_a_line_with_such_a_name_may_be_commented_out(tmp_path, header, line):
    answers = read("csv", file(tmp_path, line, header=header), pool("#1.jpg"), CLASSES)
    assert (answers.drafts, answers.awaited) == ((), 1)
    assert answers.notices == (f"{tmp_path}/{NOT_ANSWERED} line 2",)


def test_a_number_sign_before_an_index_is_not_a_comment(tmp_path):
    path = file(tmp_path, "#1,a/1.jpg,cat", header="index,source,label")
    assert labels_by_source(read("csv", path, POOL, CLASSES)) == {"a/1.jpg": "cat"}


def test_what_looks_commented_out_by_a_slip_is_a_mistake(tmp_path):
    message = mistakes("csv", file(tmp_path, "#REF!,cat", "a/1.jpg,#cat", "b/1.jpg,# dog"))
    assert "labels.csv:2: '#REF!' is not in the pool" in message
    assert "labels.csv:3: label '#cat' is spelled almost like the class 'cat'" in message
    assert "labels.csv:4: label '# dog' is spelled almost like the class 'dog'" in message


def test_an_answer_that_is_commented_out_later_is_kept_and_named(tmp_path):
    project = Project(tmp_path)
    project.table("a.csv", "source,label", "a/1.jpg,cat", "b/1.jpg,dog")
    project.take()
    project.table("a.csv", "source,label", "#a/1.jpg,cat", "b/1.jpg,dog")
    notices = project.take().notices
    assert notices[0].endswith(
        "'a/1.jpg'; the ledger keeps these answers; to take one back, correct it to cannot_tell"
    )
    assert notices[1].endswith("a.csv: lines that begin with # count as not answered: line 2")
    assert project.labels() == {"a/1.jpg": "cat", "b/1.jpg": "dog"}
