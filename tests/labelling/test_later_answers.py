"""Answers that came back in several files: which one counts."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from returns import Project, mistakes, mistakes_of, without_cache

from activepool.ledger.state import Status


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_an_accepted_answer_is_not_a_mistake_later(project):
    """A class renamed, a picture edited and one of the same name added: the old file says what it said."""
    project.table("a.csv", "source,label", "a/1.jpg,Fox", "e.jpg,cat", "a/2.jpg,cat")
    project.take()
    project.table("b.csv", "source,correction", "a/1.jpg,dog")
    project.take()
    project.classes = ("cat", "dog", "fox")
    (project.root / "e.jpg").write_bytes(b"edited")
    intake = without_cache(project)
    assert (intake.entries, intake.files[0].num_known) == ((), 3)


def test_a_later_export_of_the_same_list(project):
    project.table("a.csv", "source,label", "a/1.jpg,cat", "b/1.jpg,")
    project.take()
    project.table("b.csv", "source,label", "a/1.jpg,dog", "b/1.jpg,cat")
    intake = project.take()
    assert [len(file.new_answers) for file in intake.files] == [0, 2]
    assert "answers that replace earlier ones: 'a/1.jpg' from 'cat' to 'dog'" in intake.notices[0]
    expected = {"a/1.jpg": "dog", "b/1.jpg": "cat"}
    assert project.labels() == expected
    assert without_cache(project).entries == ()
    assert project.labels() == expected


def test_two_files_at_a_time_that_contradict_each_other(project):
    project.table("a.csv", "source,label", "a/1.jpg,cat")
    project.table("b.csv", "source,label", "a/1.jpg,dog")
    assert mistakes(project) == [
        f"{project.returned}/b.csv:2: annotator says 'dog' of 'a/1.jpg', but 'cat' at "
        f"{project.returned}/a.csv:2; keep one of them; if two people answered, name them: "
        "a CSV in the column 'who', a folder in the file who.txt"
    ]
    project.table("b.csv", "source,label,who", "a/1.jpg,dog,bob")
    project.take()
    assert [sample.status for sample in project.state.disputed] == [Status.DISPUTED]


def test_of_two_exports_at_a_time_the_later_answer_counts(project):
    def export(name, label, time):
        sample = project.pool.sample_of["a/1.jpg"]
        record = {"id": 1, "image": "a/1.jpg", "sample": sample, "choice": label, "updated_at": time}
        project.write(name, json.dumps([record]))

    export("a.json", "dog", "2026-01-02T00:00:00Z")
    export("b.json", "cat", "2026-01-01T00:00:00Z")
    project.take()
    assert project.labels() == {"a/1.jpg": "dog"}
    export("c.json", "fox", "2026-01-03T00:00:00Z")
    project.take()
    assert project.labels() == {"a/1.jpg": "fox"}
    assert without_cache(project).entries == ()


def test_a_label_that_was_emptied_is_said(project):
    project.table("a.csv", "source,label,who", "a/1.jpg,cat,", "b/1.jpg,dog,bob", "e.jpg,,")
    assert project.take().notices == ()
    path = project.table("a.csv", "source,label,who", "a/1.jpg,,", "b/1.jpg,,anna", "e.jpg,,")
    assert project.take().notices == (
        f"{path}: rows without a label, which the same person answered in another file or here before: "
        "'a/1.jpg'; the ledger keeps these answers; to take one back, correct it to cannot_tell",
    )
    assert project.labels() == {"a/1.jpg": "cat", "b/1.jpg": "dog"}


def test_two_answers_at_the_same_time_are_a_mistake(project):
    time = "2026-01-02T00:00:00Z"
    project.table("a.csv", "source,label,who,when", f"a/1.jpg,cat,anna,{time}")
    project.table("b.csv", "source,label,who,when", f"a/1.jpg,dog,anna,{time}", f"b/1.jpg,dog,anna,{time}")
    project.table("c.csv", "source,correction,when", f"e.jpg,cat,{time}")
    project.table("d.csv", "source,correction,who,when", f"e.jpg,dog,bob,{time}")
    files = project.returned
    after = f"keep one of them, for both are of {time}; or empty 'when' in the row that was changed"
    assert mistakes(project) == [
        f"{files}/b.csv:2: anna says 'dog' of 'a/1.jpg', but 'cat' at {files}/a.csv:2; {after}",
        f"{files}/d.csv:2: bob says 'dog' of 'e.jpg', but 'cat' at {files}/c.csv:2; {after}",
    ]
    for name in ("b.csv", "d.csv"):
        (files / name).unlink()
    project.take()
    project.table("a.csv", "source,label,who,when", f"a/1.jpg,fox,anna,{time}")
    assert mistakes_of(project) == [
        f"{files}/a.csv:2: anna says 'fox' of 'a/1.jpg', but 'cat' at entry 6 of the ledger; {after}"
    ]
    project.table("a.csv", "source,label,who,when", "a/1.jpg,fox,anna,")
    project.table("old.csv", "source,label,who,when", f"a/1.jpg,cat,anna,{time}")
    project.take()
    assert project.labels() == {"a/1.jpg": "fox", "e.jpg": "cat"}
    assert without_cache(project).entries == ()


def test_a_class_is_renamed_by_corrections(project):
    project.table("a.csv", "source,label", "a/1.jpg,Fox", "b/1.jpg,Fox")
    project.take()
    project.table("b.csv", "source,correction", "a/1.jpg,fox", "b/1.jpg,fox")
    assert "to rename a class, give the new name among the classes" in mistakes_of(project)[0]
    project.classes = ("cat", "dog", "fox")
    project.take()
    assert project.labels() == {"a/1.jpg": "fox", "b/1.jpg": "fox"}
    assert (project.state.classes, project.state.twins) == (("cat", "dog", "fox"), ())
    assert without_cache(project).entries == ()


def test_corrections_are_counted(project):
    project.table("a.csv", "source,label,who", "a/1.jpg,cat,anna", "b/1.jpg,dog,anna")
    project.table("b.csv", "source,correction", "a/1.jpg,fox", "b/1.jpg,", "e.jpg,not_ours")
    assert project.take().lines()[1] == f"{project.returned}/b.csv: 2 new corrections, 1 awaited"
    assert project.labels() == {"a/1.jpg": "fox", "b/1.jpg": "dog"}
    assert without_cache(project).entries == ()


def test_a_dispute_that_was_settled_is_called_so(project):
    project.table("a.csv", "source,label,who", "a/1.jpg,cat,anna", "a/1.jpg,dog,bob", "b/1.jpg,cat,anna")
    project.take()
    project.table("b.csv", "source,correction,who", "a/1.jpg,dog,carl", "b/1.jpg,cat,carl")
    notices = [line for line in project.take().notices if "replace earlier" in line]
    assert notices == [
        f"{project.ledger}: answers that replace earlier ones: disputed 'a/1.jpg' ('cat', 'dog') is now 'dog'"
    ]


@pytest.mark.parametrize("column", ["label", "correction"])
@pytest.mark.parametrize(
    ("name", "label", "place"),
    [("3.csv", "cat\n", "1.csv, 3.csv"), ("3.csv", "cat", "3.csv"), ("1.csv", "cat", "1.csv")],
    ids=["the same bytes", "other bytes", "the same file"],
)
def test_an_answer_goes_back_to_an_earlier_one_with_a_time_and_each_run_says_so(
    project, column, name, label, place
):
    for number, first in enumerate(("cat", "dog"), start=1):
        project.table(f"{number}.csv", f"source,{column}", f"e.jpg,{first}")
        project.take()
    project.write(name, f"source,{column}\ne.jpg,{label}")
    notice = (
        f"{project.returned}/{place}: answers that later ones replaced are not taken again: 'e.jpg'; to go"
    )
    for _ in range(3):
        assert [line for line in project.take().notices if line.startswith(notice)]
        assert project.labels()["e.jpg"] == "dog"
    later = (datetime.now(UTC) + timedelta(seconds=5)).isoformat()
    project.table("4.csv", "source,correction,when", f"e.jpg,cat,{later}")
    project.take()
    assert project.labels()["e.jpg"] == "cat"
    assert not [line for line in project.take().notices if "not taken again" in line]
    assert without_cache(project).entries == ()


def test_answers_that_were_replaced_after_their_file_came_or_have_a_time_are_said_at_most_once(project):
    time = "2026-01-01T00:00:00Z"
    project.table("1.csv", "source,label,who", "e.jpg,cat,anna", "a/1.jpg,cat,anna")
    project.take()
    project.table("2.csv", "source,correction", "e.jpg,dog")
    assert "not taken again" not in " ".join(project.take().notices)
    project.table("3.csv", "source,label,who,when", f"e.jpg,cat,anna,{time}")
    sample = project.pool.sample_of["e.jpg"]
    project.table("4.csv", "index,source,correction,sample", f"4,e.jpg,cat,{sample}")
    assert [line.partition(":")[0] for line in project.take().notices] == [
        f"{project.returned}/{name}" for name in ("3.csv", "4.csv")
    ]
    assert project.take().notices == ()
    assert without_cache(project).notices == ()


def test_predictions_with_another_name_of_a_class_rename_it(project):
    project.table("1.csv", "source,label,who", "e.jpg,cat,anna", "a/1.jpg,dog,anna", "b/1.jpg,cat,ben")
    project.take()
    sources = ("a/1.jpg", "a/2.jpg", "b/1.jpg", "e.jpg")
    labels = {"a/1.jpg": "dog", "b/1.jpg": "feline", "e.jpg": "feline"}
    head = "source,predicted,probability,margin,correction,status,sample"
    lines = [f"{name},dog,0.9,0.8,{labels.get(name, '')},,{project.pool.sample_of[name]}" for name in sources]
    project.table("renamed.csv", head, *lines)
    assert project.take().lines()[0].endswith("renamed.csv: 2 new corrections, 1 known, 1 awaited")
    assert project.labels() == labels


#: The columns of predictions.csv whose labels are called corrections.
CORRECTED = "source,predicted,probability,margin,correction,status,sample"


def copies(project, name, *rows, header=CORRECTED):
    """Write a file with a row of e.jpg and one of its copy, which are one sample."""
    project.picture("../photos/UPPER/copy of e.jpg", "e.jpg")
    form = "{0},dog,0.9,0.8,{1},," + project.pool.sample_of["e.jpg"]
    form = form if header == CORRECTED else "{0},{1}"
    project.table(name, header, *(form.format(*row) for row in rows))


@pytest.mark.parametrize("order", [1, -1], ids=["the copy later", "the copy first"])
@pytest.mark.parametrize("changed", ["e.jpg", "UPPER/copy of e.jpg"])
def test_in_a_list_of_copies_the_row_that_was_changed_counts(project, order, changed):
    project.table("1.csv", "source,label,who", "e.jpg,cat,anna", "a/1.jpg,dog,anna")
    project.take()
    for number, label in enumerate(("fox", "dog"), start=2):  # the second list is from before the fox
        rows = [(name, label if name == changed else "cat") for name in ("e.jpg", "UPPER/copy of e.jpg")]
        copies(project, f"{number}.csv", *rows[::order])
        assert project.take().lines()[0].endswith(f"{number}.csv: 1 new correction")
        assert project.state.training_labels[project.pool.sample_of["e.jpg"]] == label
        assert without_cache(project).entries == ()


def test_copies_that_contradict_each_other_are_a_mistake_that_says_so(project):
    project.table("1.csv", "source,label,who", "e.jpg,cat,anna")
    project.take()
    files = project.returned
    end = "of 'e.jpg' at {}:2; the two have the same content, and so one label: keep one of them"
    copies(project, "2.csv", ("e.jpg", "dog"), ("UPPER/copy of e.jpg", "fox"))
    words = f"{files}/2.csv:3: annotator says 'fox' of 'UPPER/copy of e.jpg', but 'dog' "
    assert mistakes_of(project) == [words + end.format(f"{files}/2.csv")]
    copies(project, "2.csv", ("e.jpg", "cat"), ("UPPER/copy of e.jpg", "fox"), header="source,label")
    assert mistakes_of(project) == [words.replace("dog", "cat") + end.format(f"{files}/2.csv")]
    copies(project, "2.csv", ("e.jpg", "cat"), ("./e.jpg", "fox"), header="source,label")
    assert mistakes_of(project) == [
        f"{files}/2.csv:3: annotator says 'fox' of 'e.jpg', but 'cat' at {files}/2.csv:2; keep one of them"
    ]
    project.table("2.csv", "source,label", "e.jpg,dog")
    project.table("3.csv", "source,label", "UPPER/copy of e.jpg,fox")
    (message,) = mistakes_of(project)
    assert message.startswith(words.replace("2.csv:3", "3.csv:2") + end.format(f"{files}/2.csv"))


def test_what_is_not_taken_again_has_the_name_that_the_file_gives_it(project):
    project.picture("../photos/UPPER/copy of e.jpg", "e.jpg")
    for number, label in enumerate(("cat", "dog"), start=1):
        project.table(f"{number}.csv", "source,label", f"e.jpg,{label}")
        project.take()
    project.table("3.csv", "source,label", "UPPER/copy of e.jpg,cat")
    assert (
        "3.csv: answers that later ones replaced are not taken again: 'UPPER/copy of e.jpg'; to"
        in " ".join(project.take().notices)
    )
