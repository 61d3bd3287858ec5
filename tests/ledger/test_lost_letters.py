"""Labels and names whose letters were lost when a file was saved in an encoding that has none of them."""

import pytest
from labelling.returns import Project, without_cache
from reading import POOL, labels_by_source, mistakes, read

from activepool.errors import InputError
from activepool.ledger.entries import Event
from activepool.ledger.formats.slips import whole_text
from activepool.ledger.formats.typed_classes import ClassNames

CLASSES = ClassNames(("cat", "Käfer", "ant's nest"))


def file(tmp_path, *labels, header="source,label"):
    path = tmp_path / "labels.csv"
    rows = [f"{source},{label}" for source, label in zip(POOL.sources, labels, strict=False)]
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    "label", ["K?fer", "k?fer", "K??fer", "Ka?fer", "K\ufffdfer", "K\ufffd\ufffdFER", "ant?s nest", "c?t"]
)
def test_a_label_that_has_lost_a_letter_of_a_class_is_a_mistake(tmp_path, label):
    message = mistakes("csv", file(tmp_path, "cat", label), classes=CLASSES)
    assert message.startswith(f"{tmp_path}/labels.csv:3: label {label!r} may be ")
    assert (
        "with letters lost when the file was saved; save it as UTF-8; if it is another class, list" in message
    )


@pytest.mark.parametrize("label", ["what?", "K?fe", "K?ferin", "K?f?r?r", "wh?"])
def test_a_question_mark_that_stands_for_no_letter_of_a_class_is_legal(tmp_path, label):
    assert labels_by_source(read("csv", file(tmp_path, label), POOL, CLASSES)) == {"a/1.jpg": label}


def test_a_class_of_the_configuration_may_have_a_question_mark(tmp_path):
    classes = ClassNames(("Käfer", "K?fer", "K\ufffdfer"))
    assert (
        len(labels_by_source(read("csv", file(tmp_path, "K?fer", "K\ufffdfer", "Käfer"), POOL, classes))) == 3
    )


@pytest.mark.parametrize("labels", [("M?we", "Möwe"), ("Möwe", "M?we")])
def test_labels_of_one_file_tell_what_was_lost(tmp_path, labels):
    message = mistakes("csv", file(tmp_path, *labels), classes=CLASSES)
    assert f":{labels.index('M?we') + 2}: label 'M?we' may be 'Möwe'" in message


@pytest.mark.parametrize(("first", "second"), [("M?we", "Möwe"), ("Möwe", "M?we")])
def test_labels_of_other_files_tell_what_was_lost(tmp_path, first, second):
    project = Project(tmp_path)
    project.table("1.csv", "source,label", f"a/1.jpg,{first}")
    project.table("2.csv", "source,label", f"b/1.jpg,{second}")
    with pytest.raises(InputError, match=r"2\.csv:2: label 'M\?we' .*may be 'Möwe' with letters lost"):
        without_cache(project)


def test_a_class_that_came_with_letters_lost_before_can_be_put_right(tmp_path):
    project = Project(tmp_path)
    project.table("1.csv", "source,label", "a/1.jpg,M?we")
    project.take()
    project.table("2.csv", "source,correction", "a/1.jpg,Möwe")
    project.take()
    assert project.labels() == {"a/1.jpg": "Möwe"}


def test_marks_lose_letters_as_well(tmp_path):
    message = mistakes("csv", file(tmp_path, "can?t tell"), classes=CLASSES)
    assert "label 'can?t tell' may be \"can't tell\" with letters lost" in message


def test_a_question_mark_is_not_a_mark_where_a_class_is_one_letter_that_may_be_lost(tmp_path):
    path = file(tmp_path, "?", "cannot_tell")
    assert set(labels_by_source(read("csv", path, POOL, ClassNames(("x", "Käfer")))).values()) == {
        f":{Event.CANNOT_TELL}"
    }
    message = mistakes("csv", path, classes=ClassNames(("犬", "cat")))
    assert (
        ":2: label '?' may be '犬' with letters lost when the file was saved; save it as UTF-8, or" in message
    )


def test_an_annotator_with_letters_lost_is_a_mistake(tmp_path):
    project = Project(tmp_path)
    project.table("1.csv", "source,label,who", "a/1.jpg,cat,Jörg")
    project.take()
    project.table("2.csv", "source,label,who", "b/1.jpg,cat,J?rg", "a/2.jpg,cat,Z\ufffd")
    with pytest.raises(InputError) as caught:
        project.take()
    assert caught.value.args[0].endswith(
        "2.csv:2: the annotator 'J?rg' may be 'Jörg' with letters lost "
        "when the file was saved; save it as UTF-8"
    )
    assert "2.csv:3: who 'Z\ufffd' has letters lost when the file was saved" in caught.value.args[1]
    project.table("2.csv", "source,label,who", "b/1.jpg,cat,Who?")
    project.take()
    assert project.labels()["b/1.jpg"] == "cat"


@pytest.mark.parametrize("text", ["", "Käfer", "K?", "???????", "a?b"])
def test_no_other_text_has_lost_letters(text):
    assert whole_text(text, ["Käfer", "a", "ab", "a??b"]) is None
