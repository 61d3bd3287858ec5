"""Folders of sorted pictures that came back, and who sorted them."""

import zipfile

import pytest
from returns import Project, mistakes, mistakes_of

from activepool.ledger.formats import csv_file
from activepool.ledger.state import Status


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def test_the_list_of_a_batch_and_a_folder(project):
    csv_file.write(project.returned / "list.csv", project.batch)
    project.picture("folder/cat/renamed (1).jpg", "a/1.jpg")
    project.picture("folder/_unlabeled/2.jpg", "a/2.jpg")
    intake = project.take()
    assert {file.path.name: (len(file.new_answers), file.answers.awaited) for file in intake.files} == {
        "folder": (1, 1),
        "list.csv": (0, 5),
    }
    project.picture("folder/fox/2.jpg", "a/2.jpg")
    (project.returned / "folder/_unlabeled/2.jpg").unlink()
    assert project.take().new_classes == ("fox",)
    assert project.labels() == {"a/1.jpg": "cat", "a/2.jpg": "fox"}


def test_two_people_disagree_by_folders(project):
    project.picture("one/cat/1.jpg", "a/1.jpg")
    project.write("one/who.txt", "\ufeffAnna Ä.\r\n")
    with zipfile.ZipFile(project.returned / "two.zip", "w") as archive:
        archive.writestr("batch/dog/1.jpg", project.content("a/1.jpg"))
        archive.writestr("batch/Who.TXT", "bob")
    project.picture("three/cat/1.jpg", "b/1.jpg")
    project.write("three/who.txt", "")
    assert [line for line in project.take().notices if "new (" not in line] == [
        f"{project.returned}/three/who.txt: has no name in it, so whoever filled in {project.returned}/three "
        "counts as 'annotator', like all others without a name"
    ]
    assert not project.take().notices  # once
    assert {(entry.who, entry.label) for entry in project.entries if entry.is_answer} == {
        ("Anna Ä.", "cat"),
        ("bob", "dog"),
        ("annotator", "cat"),
    }
    assert [sample.status for sample in project.state.disputed] == [Status.DISPUTED]


def test_names_that_do_not_say_who_sorted_a_folder(project):
    project.picture("one/cat/1.jpg", "a/1.jpg")
    project.write("one/who.txt", "anna\nbob\n")
    project.picture("two/cat/1.jpg", "b/1.jpg")
    project.write("two/who.txt", "anna")
    project.write("two/cat/who.txt", "bob")
    assert mistakes(project) == [
        f"{project.returned}/one/who.txt: has 2 lines; it must hold only the annotator's name",
        f"{project.returned}/two: has several files for the annotator's name (who.txt, who.txt); keep one, "
        "and give each annotator's pictures in a folder of their own",
    ]


@pytest.mark.parametrize("name", ["who.txt.txt", "Who", "who.TXT.txt"])
def test_the_name_of_an_annotator_in_a_file_whose_ending_the_system_hides(project, name):
    project.picture("one/who/1.jpg", "a/1.jpg")
    project.write(f"one/{name}", "anna")
    with zipfile.ZipFile(project.returned / "two.zip", "w") as archive:
        archive.writestr("who/1.jpg", project.content("b/1.jpg"))
        archive.writestr(name, "bob")
    project.take()
    answers = {(entry.who, entry.label) for entry in project.entries if entry.is_answer}
    assert answers == {("anna", "who"), ("bob", "who")}


@pytest.mark.parametrize("name", ["who.rtf", "who.doc"])
def test_a_document_in_place_of_the_annotators_name_is_a_mistake(project, name):
    project.picture("one/cat/1.jpg", "a/1.jpg")
    project.write(f"one/{name}", "{\\rtf1\n\\f0 anna}" if name == "who.rtf" else b"\xd0\xcf\x11\xe0anna")
    assert f"{project.returned}/one/{name}: " in mistakes_of(project)[0]


@pytest.mark.parametrize("content", ["", " \r\n\t\n", "\ufeff"])
def test_a_file_without_a_name_in_it_is_named_in_a_notice(project, content):
    project.picture("one/cat/1.jpg", "a/1.jpg")
    project.write("one/who.txt", content)
    with zipfile.ZipFile(project.returned / "two.zip", "w") as archive:
        archive.writestr("cat/1.jpg", project.content("b/1.jpg"))
        archive.writestr("WHO.txt", content)
    places = [line.partition(": has no name in it")[0] for line in project.read().report.notices]
    assert places == [f"{project.returned}/one/who.txt", f"{project.returned}/two.zip: WHO.txt"]


def test_another_thing_with_the_name_of_the_file_is_a_mistake(project):
    for folder, source in (("one", "a/1.jpg"), ("two", "b/1.jpg")):
        project.picture(f"{folder}/cat/1.jpg", source)
    project.picture("one/who.txt/1.jpg", "a/2.jpg")
    (project.returned / "two/Who.txt").symlink_to("nowhere")
    for name, member in (("three.zip", "who.txt/"), ("four.zip", "batch/who.txt/2.jpg")):
        with zipfile.ZipFile(project.returned / name, "w") as archive:
            archive.writestr("batch/cat/1.jpg", project.content("c d/3.jpg"))
            archive.writestr(member, project.content("e.jpg") if member[-1] != "/" else "")
    wrong = ["four.zip: batch/who.txt", "one/who.txt", "three.zip: who.txt", "two/Who.txt"]
    assert mistakes(project) == [
        f"{project.returned}/{place}: is not a file; it must be a text file with the annotator's name"
        for place in wrong
    ]


def test_a_label_file_deep_in_a_folder_is_to_be_moved_up(project):
    project.table("ben/old/list.csv", "source,label", "a/1.jpg,cat")
    (message,) = mistakes(project)
    assert message.endswith(
        f"/ben/ant, {project.returned}/ben/bee; move 'old/list.csv' up into {project.returned}"
    )


def test_a_folder_whose_name_has_a_control_character_is_called_a_folder(project):
    project.picture("an\tna/cat/1.jpg", "a/1.jpg")
    project.table("b\ten.csv", "source,label", "a/1.jpg,cat")
    assert mistakes(project) == [
        rf"{project.returned}: the name 'an\tna' has no plain letters; rename the folder",
        rf"{project.returned}: the name 'b\ten.csv' has no plain letters; rename the file",
    ]
