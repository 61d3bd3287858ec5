"""The folder of files that came back: all of them, or none, and each once."""

import os

import pytest
from returns import Project, mistakes, mistakes_of, without_cache

from activepool.errors import InputError


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_an_empty_a_missing_and_a_wrong_folder(project):
    assert project.take().lines() == []
    project.returned.rmdir()
    assert project.take().files == ()
    project.returned.write_text("a file", encoding="utf-8")
    with pytest.raises(InputError, match="must be the folder of the files that came back"):
        project.take()


def test_answers_are_counted_and_entered_once(project):
    project.table("anna.csv", "source,label,who", "a/1.jpg,cat,anna", "b/1.jpg,?,anna", "a/2.jpg,,anna")
    intake = project.take()
    assert intake.lines() == [f"{project.returned}/anna.csv: 2 new answers, 1 awaited"]
    assert project.labels() == {"a/1.jpg": "cat"}
    assert project.take().lines() == [f"{project.returned}: 1 file taken in before"]
    again = without_cache(project)
    assert again.lines() == [f"{project.returned}: 1 file taken in before"]
    assert len(project.entries) == 7


def test_a_dry_run_enters_nothing(project):
    project.table("anna.csv", "source,label", "a/1.jpg,fox")
    before = project.ledger.read_bytes()
    intake = project.read().report
    assert intake.lines(is_dry=True) == [f"{project.returned}/anna.csv: 1 answer would be new"]
    assert intake.new_classes == ("fox",)
    assert (project.ledger.read_bytes(), project.cache.exists()) == (before, False)


def test_all_mistakes_of_all_files_and_nothing_is_entered(project):
    project.table("anna.csv", "source,label", "a/1.jpg,cat")
    project.table("bob.csv", "source,label", "a/1.jpg,Cat", "b/2.jpg,cat")
    project.write("carl.json", '[{"data": {"image"')
    project.write("labels.xlsx", b"%PDF-1.4")
    lines = mistakes(project)
    assert [line.partition(": ")[0].removeprefix(f"{project.returned}/") for line in lines] == [
        "bob.csv:2",
        "bob.csv:3",
        "carl.json:1",
        "labels.xlsx",
    ]
    assert "label 'Cat' is spelled almost like the class 'cat'; did you mean that?" in lines[0]
    assert "'b/2.jpg' is not in the pool" in lines[1]


def test_a_class_of_the_first_file_is_known_in_the_second(project):
    project.table("a.csv", "source,label", "a/1.jpg,Bee", "b/1.jpg,Bee")
    project.table("b.csv", "source,label,who", "a/1.jpg,Bee,bob")
    intake = project.take()
    assert intake.new_classes == ("Bee",)
    assert [line for line in intake.notices if "new" in line] == [
        f"{project.returned}/a.csv, {project.returned}/b.csv: the class 'Bee' is new (3 labels)"
    ]


def test_a_new_class_is_that_of_the_files_whose_new_answers_have_it(project):
    project.table("a1.csv", "source,label,who", "a/1.jpg,truck,anna", "b/1.jpg,doggo,anna")
    assert [line for line in project.take().notices if "new" in line] == [
        f"{project.returned}/a1.csv: the class 'truck' is new (1 label)",
        f"{project.returned}/a1.csv: the class 'doggo' is new (1 label); if 'dog' was meant, correct it",
    ]
    project.table("a2.csv", "source,correction", "a/1.jpg,cat", "b/1.jpg,dog")
    project.take()
    project.table("b1.csv", "source,label,who", "a/1.jpg,truck,ben", "a/2.jpg,doggy,ben", "e.jpg,truck,ben")
    for clear in (False, True):
        if clear:
            project.cache.unlink()
        intake = project.read().report
        assert intake.new_classes == ("truck", "doggy")
        assert [line for line in intake.notices if "new" in line] == [
            f"{project.returned}/b1.csv: the class 'truck' is new (2 labels)",
            f"{project.returned}/b1.csv: the class 'doggy' is new (1 label); if 'dog' was meant, correct it",
        ]


def test_a_near_twin_in_another_file_is_a_mistake_with_both_places(project):
    project.table("a.csv", "source,label", "a/1.jpg,Bee")
    project.table("b.csv", "source,label", "b/1.jpg,bee")
    assert mistakes(project) == [
        f"{project.returned}/b.csv:2: label 'bee' is spelled almost like the class 'Bee' at "
        f"{project.returned}/a.csv:2; did you mean that?"
    ]


def test_classes_that_may_not_grow(project):
    project.may_grow = False
    project.table("a.csv", "source,label", "a/1.jpg,doog")
    assert "label 'doog' is not a class; did you mean 'dog'? (there are cat, dog)" in mistakes(project)[0]


def test_files_that_lie_there_by_accident(project):
    for name in (".DS_Store", "Thumbs.db", "~$labels.xlsx", ".~lock.labels.csv#", "desktop.ini"):
        project.write(name, b"\0\1")
    project.write("._labels.csv", b"\0\1")
    (project.returned / "__MACOSX").mkdir()
    assert project.take().notices == ()
    project.write("export.json.crdownload", "[")
    for name in ("labels.csv~", "#labels.csv#", "labels.csv.swp", "labels.csv.orig", ".labels.csv"):
        project.write(name, "label")
    assert [line.removeprefix(f"{project.returned}/") for line in project.take().notices] == [
        "#labels.csv#: is an editor's copy of what was not saved; passed over",
        ".labels.csv: is hidden, for its name begins with a dot; passed over",
        "export.json.crdownload: is a download that has not ended; passed over",
        "labels.csv.orig: is Git's copy of a file with two versions; passed over",
        "labels.csv.swp: is an editor's copy of what was not saved; passed over",
        "labels.csv~: is an editor's copy of an older version; passed over",
    ]


def test_a_file_and_its_copy_are_not_said_to_be_outdated_when_a_correction_comes_later(project):
    for name in ("1.csv", "2.csv"):
        project.table(name, "source,label", "e.jpg,cat")
    project.take()
    project.table("3.csv", "source,correction", "e.jpg,dog")
    for _ in range(2):
        assert not [line for line in project.take().notices if "not taken again" in line]
    project.table("0.csv", "source,label", "e.jpg,cat")
    for _ in range(2):
        (notice,) = [line for line in project.take().notices if "not taken again" in line]
        assert notice.startswith(f"{project.returned}/0.csv, 1.csv, 2.csv: ")


def test_the_same_file_under_two_names_is_read_once(project):
    for name in ("labels.csv", "labels (1).csv"):
        project.table(name, "source,label", "a/1.jpg,cat")
    notice = f"{project.returned}/labels.csv: is the same as {project.returned}/labels (1).csv; read once"
    for notices, take in (((notice,), project.take), ((), project.take)):
        intake = take()
        assert (len(intake.files), intake.notices) == (1, notices)
    project.table("labels (2).csv", "source,label", "a/1.jpg,cat")
    assert project.take().notices == (notice.replace("labels.csv", "labels (2).csv"),)
    (project.returned / "labels (2).csv").unlink()
    assert project.take().notices == ()
    (project.returned / "labels (1).csv").unlink()
    assert [(file.path, file.num_known) for file in project.take().files] == [
        (project.returned / "labels.csv", 1)
    ]
    project.table("labels (1).csv", "source,label", "a/1.jpg,cat")
    assert without_cache(project).notices == (notice,)


def test_a_file_that_cannot_hold_labels(project):
    (project.returned / "gone.csv").symlink_to("nowhere")
    os.mkfifo(project.returned / "pipe")
    project.write("labels\n.csv", "source,label\n")
    project.write(os.fsdecode(b"caf\xe9.csv"), "source,label\n")
    assert len(mistakes(project)) == 4


def test_names_of_pictures_that_no_log_can_show(project):
    name = os.fsdecode(b"caf\xe9")
    project.picture(f"anna/cat/{name}.jpg", "a/1.jpg")
    assert len(project.take().entries) == 1
    project.write(f"anna/cat/{name}\n.jpg", "other pixels")
    (line,) = mistakes_of(project)
    assert line.startswith(
        f"{project.returned}/anna/cat/caf\\udce9\\n.jpg: is not an image of the pool; if it was saved"
    )


def test_annotators_whose_names_are_nearly_the_same(project):
    """Within a file and beside the ledger; blanks and Unicode's two ways to write a letter make no other."""
    rows = (
        "a/1.jpg,cat,anna",
        "b/1.jpg,dog,Anna",
        "e.jpg,dog,anna ",
        "a/2.jpg,cat,Zoé",
        "e.jpg,dog,Zoe\u0301",
    )
    project.table("a.csv", "source,label,who", *rows)
    notice = "the annotator {} is spelled almost like {}, and each has a vote; if they are one person, write "
    assert project.take().notices == (notice.format("'Anna'", "'anna'") + "the name in one way",)
    assert project.take().notices == ()
    project.table("b.csv", "source,label,who", "a/2.jpg,cat,\u0430nna")
    assert project.take().notices == (notice.format(r"'\u0430nna'", "'anna'") + "the name in one way",)
    assert {entry.who for entry in project.entries if entry.is_answer} == {"anna", "Anna", "Zoé", "\u0430nna"}


def test_a_time_in_the_future_is_a_mistake_in_an_answer_that_is_known(project):
    project.table("a.csv", "source,label,who", "e.jpg,cat,anna")
    project.take()
    project.table("b.csv", "source,label,who,when", "e.jpg,cat,anna,2099-01-01T00:00:00Z")
    assert "b.csv:2: when '2099-01-01T00:00:00Z' lies in the future; correct it" in mistakes_of(project)[0]


def test_many_copies_of_a_file_are_one_notice(project):
    for number in range(9):
        project.table(f"{number}.csv", "source,label", "a/1.jpg,cat")
    assert project.take().notices == (
        ", ".join(f"{project.returned}/{number}.csv" for number in range(1, 6))
        + f" and 3 more: are the same as {project.returned}/0.csv; read once",
    )
