"""The names of annotators, in every format."""

import json
from dataclasses import replace

import pytest
from reading import CLASSES, POOL, mistakes, read
from test_label_studio import annotation, task

from activepool.errors import InputError
from activepool.ledger.entries import Draft, Event, History
from activepool.ledger.formats.annotators import annotator_file_of, annotator_name, name_problem
from activepool.ledger.hand_edits import problems_by_hand


@pytest.mark.parametrize(
    "name",
    [
        *("anna", "Dr. O'Neil-Müller (Team 2)", "anna@example.org", "label_studio user 3", "anna;ben", "7"),
        *(
            "山田太郎",
            "Мария",
            "محمد",
            "فریبا\u200cسادات",
            "क्\u200dष",
            "N'Guyễn",
            "\U0001f98a",
            "x" * 100,
            "Null",
            "Nan",
        ),
    ],
)
def test_names_that_stay_as_they_are(name):
    assert (annotator_name(name), name_problem(name)) == (name, None)


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("an\u200bna", "anna"),
        ("\ufeffanna\u200e", "anna"),
        ("an\u200dna\u200c", "anna"),
        ("an\u00adna", "anna"),
        ("Mu\u0308ller", "Müller"),
        (" anna\u00a0 lee ", "anna lee"),
    ],
)
def test_invisible_characters_are_not_part_of_a_name(written, name):
    assert (annotator_name(written), name_problem(written)) == (name, None)


WRONG = {
    "activepool": "is the name of this program; give that of the person or the tool that answered",
    " ActivePool": "is the name of this program",
    "active\u200bpool": "is the name of this program",
    "x" * 400: "has 400 characters, and may have 100; give the name of the annotator",
    "=1+1": "begins like a formula, which a spreadsheet would run when it opens the ledger; let it begin",
    "@x": "begins like a formula",
    "+x": "begins like a formula",
    "-x": "begins like a formula",
    "\u200b=x": "begins like a formula",
    "＝x": "begins like a formula",
    "nan": "is what programs write for an empty cell; leave it empty, or give the annotator's name",
    "None": "is what programs write for an empty cell",
    "NULL": "is what programs write for an empty cell",
    " n/a ": "is what programs write for an empty cell",
    "#NAME?": "is the error of a formula in a spreadsheet",
    "2026-11-28T09:30:00Z": "is a time, as another column has it; give the name of the annotator",
    "28.11.2026": "is a time",
    "IMG_1.JPG": "is the name of an image",
    "a" * 64: "is the content of an image",
    "an\nna": "has a line break, a tab or another control character; write the name in one line",
    "an\tna": "has a line break, a tab",
    "an\x07na": "has a line break, a tab",
    "an\u2028na": "has a line break, a tab",
    "\u200b": "has no letter and no digit; give the name of the annotator, or leave it empty",
    "\u3164": "has no letter and no digit",
    "...": "has no letter and no digit",
}


@pytest.mark.parametrize("name", WRONG)
def test_texts_that_are_not_names(tmp_path, name):
    assert WRONG[name] in name_problem(name)
    path = tmp_path / "labels.csv"
    for column in ("who", "annotator"):
        path.write_text(
            f'source,label,{column}\na/1.jpg,cat,"{name}"\na/2.jpg,cat,"{name}"\n', encoding="utf-8"
        )
        messages = mistakes("csv", path).split("\n")
        assert len(messages) == 3
        assert messages[0].startswith(f"{path}:2: {column} '")
        assert WRONG[name] in messages[0]
    path.write_text(json.dumps([task(0, replace_who(annotation("cat"), name))]), encoding="utf-8")
    assert f"{path}: task 1: completed_by '" in mistakes("label_studio", path)
    draft = Draft(event=Event.LABEL, sample=POOL.samples[0], source="a/1.jpg", who=name, label="cat")
    assert any(WRONG[name] in problem for problem in problems_by_hand(draft, History(classes={"cat": None})))
    sent = replace(draft, event=Event.SENT, label="", who="activepool")
    assert not list(problems_by_hand(sent, History()))


def replace_who(annotated, who):
    return annotated | {"completed_by": {"id": 1, "email": who}}


@pytest.mark.parametrize("name", ["activepool", "=1+1", "an\x07na", "x" * 400])
def test_texts_that_are_not_names_in_the_file_of_a_folder(tmp_path, name):
    (tmp_path / "who.txt").write_text(f"{name}\n", encoding="utf-8")
    with pytest.raises(InputError) as caught:
        annotator_file_of(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / 'who.txt'}: ")
    assert WRONG[name] in str(caught.value)


@pytest.mark.parametrize("name", ["Name: ben", "name = ben", "<p>ben</p>", "{\\rtf1 ben}", '{"who": "ben"}'])
def test_a_name_with_more_around_it_is_a_mistake(tmp_path, name):
    (tmp_path / "who.txt").write_text(name, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        annotator_file_of(tmp_path)
    assert str(caught.value).startswith(f"{tmp_path / 'who.txt'}: {name!r} has ")
    assert str(caught.value).endswith("; it must hold only the annotator's name, as plain text")


@pytest.mark.parametrize(
    "name", ["who (1).txt", "WHO.TXT", "who", "who - Copy.txt", "who 2.txt", "who.txt.txt"]
)
def test_copies_of_the_file_of_a_folder_count(tmp_path, name):
    (tmp_path / "cat").mkdir()
    (tmp_path / "cat" / name).write_text("Dr. O'Neil-Smith, Jr.\n", encoding="utf-8")
    assert annotator_file_of(tmp_path) == (str(tmp_path / "cat" / name), "Dr. O'Neil-Smith, Jr.")


@pytest.mark.parametrize("name", ["whose.txt", "who (1).jpg", "who2.txt", "not who.txt"])
def test_other_files_have_no_name_of_an_annotator(tmp_path, name):
    (tmp_path / name).write_text("anna", encoding="utf-8")
    assert annotator_file_of(tmp_path) is None


def test_a_blank_name_is_ignored(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("source,label,who\na/1.jpg,cat, \u00a0\n", encoding="utf-8")
    assert read("csv", path, POOL, CLASSES).drafts[0].who == "annotator"


def test_a_name_that_is_changed_is_a_notice(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text(
        "source,label,who\na/1.jpg,cat,an\u200bna\na/2.jpg,cat,anna\nb/1.jpg,cat,Mu\u0308ller  B\n",
        encoding="utf-8",
    )
    answers = read("csv", path, POOL, CLASSES)
    assert [draft.who for draft in answers.drafts] == ["anna", "anna", "Müller B"]
    assert answers.notices == (
        f"{path}: annotators without the invisible characters in their names: 'an\\u200bna' is 'anna'",
    )


def test_names_that_the_ledger_has_stay(tmp_path):
    """An answer that was taken before names were checked is neither a mistake nor that of somebody else."""
    path = tmp_path / "labels.csv"
    path.write_text("source,label,who\na/1.jpg,cat,=x\na/2.jpg,cat,an\u200bna\n", encoding="utf-8")
    earlier = {
        (POOL.samples[0], "=x", "label", "cat"),
        (POOL.samples[2], "an\u200bna", "label", "cat"),
    }
    answers = read("csv", path, POOL, CLASSES, "x", earlier=earlier)
    assert ([draft.who for draft in answers.drafts], answers.num_past_mistakes) == (["an\u200bna"], 1)
