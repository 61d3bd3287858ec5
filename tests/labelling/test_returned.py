"""The folder of files that came back: all of them, or none, and each once."""

import json
import os
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from returns import Project, without_cache

from activepool.errors import InputError
from activepool.labelling.returned.cache import ReadFile, ReturnedCache
from activepool.ledger.entries import Event
from activepool.ledger.formats import csv_file
from activepool.ledger.formats.rows import Mistake, Parsed, Row
from activepool.ledger.state import Status


@pytest.fixture
def project(tmp_path):
    return Project(tmp_path)


def mistakes(project):
    """Return the mistakes of the first files; nothing is entered, and nothing remembered."""
    found = mistakes_of(project)
    assert not project.cache.exists()
    return found


def mistakes_of(project):
    """Return the mistakes of the files; nothing is entered."""
    before = project.ledger.read_bytes()
    with pytest.raises(InputError) as caught:
        project.take()
    assert project.ledger.read_bytes() == before
    assert (
        caught.value.args[-1]
        == f"{project.returned}: nothing was taken in; correct these mistakes, and run again"
    )
    return list(caught.value.args[:-1])


def test_an_empty_folder_and_none(project):
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
    intake = project.take(dry=True)
    assert intake.lines() == [f"{project.returned}/anna.csv: 1 answer would be new"]
    assert intake.new_classes == ("fox",)
    assert (project.ledger.read_bytes(), project.cache.exists()) == (before, False)


def test_all_mistakes_of_all_files_and_nothing_is_entered(project):
    project.table("anna.csv", "source,label", "a/1.jpg,cat")
    project.table("bob.csv", "source,label", "a/1.jpg,Cat", "b/2.jpg,cat")
    project.write("carl.json", '[{"data": {"image"')
    project.write("labels.xlsx", b"%PDF-1.4")
    found = mistakes(project)
    assert [line.partition(": ")[0].removeprefix(f"{project.returned}/") for line in found] == [
        "bob.csv:2",
        "bob.csv:3",
        "carl.json:1",
        "labels.xlsx",
    ]
    assert "label 'Cat' is written nearly like the class 'cat'; did you mean that?" in found[0]
    assert "'b/2.jpg' is not in the pool" in found[1]


def test_a_class_of_the_first_file_is_known_in_the_second(project):
    project.table("a.csv", "source,label", "a/1.jpg,Bee", "b/1.jpg,Bee")
    project.table("b.csv", "source,label,who", "a/1.jpg,Bee,bob")
    intake = project.take()
    assert intake.new_classes == ("Bee",)
    assert [line for line in intake.notices if "new" in line] == [
        f"{project.returned}/a.csv: the class 'Bee' is new (2 labels)"
    ]


def test_a_near_twin_in_another_file_is_a_mistake_with_both_places(project):
    project.table("a.csv", "source,label", "a/1.jpg,Bee")
    project.table("b.csv", "source,label", "b/1.jpg,bee")
    assert mistakes(project) == [
        f"{project.returned}/b.csv:2: label 'bee' is written nearly like the class 'Bee' at "
        f"{project.returned}/a.csv:2; did you mean that?"
    ]


def test_classes_that_may_not_grow(project):
    project.may_grow = False
    project.table("a.csv", "source,label", "a/1.jpg,doog")
    assert "label 'doog' is not a class; did you mean 'dog'? (there are cat, dog)" in mistakes(project)[0]


def test_files_that_lie_there_by_accident(project):
    for name in (".DS_Store", "Thumbs.db", "~$labels.xlsx", ".~lock.labels.csv#", "desktop.ini"):
        project.write(name, b"\0\1")
    (project.returned / "__MACOSX").mkdir()
    assert project.take().notices == ()
    project.write("export.json.crdownload", "[")
    for name in ("labels.csv~", "#labels.csv#", "labels.csv.swp", "labels.csv.orig"):
        project.write(name, "label")
    assert [line.removeprefix(f"{project.returned}/") for line in project.take().notices] == [
        "#labels.csv#: is an editor's copy of what was not saved; passed over",
        "export.json.crdownload: is a download that has not ended; passed over",
        "labels.csv.orig: is Git's copy of a file with two versions; passed over",
        "labels.csv.swp: is an editor's copy of what was not saved; passed over",
        "labels.csv~: is an editor's copy of an older version; passed over",
    ]


def test_the_same_file_under_two_names_is_read_once(project):
    for name in ("labels.csv", "labels (1).csv"):
        project.table(name, "source,label", "a/1.jpg,cat")
    for intake in (project.take(), project.take(), without_cache(project)):
        assert len(intake.files) == 1
        assert f"labels.csv: is the same as {project.returned}/labels (1).csv; read once" in " ".join(
            intake.notices
        )


def test_a_file_that_can_be_no_label_file(project):
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
        f"{project.returned}/anna/cat/caf\\udce9\\n.jpg: is no image of the pool; if it was saved"
    )


def test_what_was_taken_once_is_no_mistake_later(project):
    """A class renamed, a picture edited and one of the same name added: the old file says what it said."""
    project.table("a.csv", "source,label", "a/1.jpg,Fox", "e.jpg,cat", "a/2.jpg,cat")
    project.take()
    project.table("b.csv", "source,correction", "a/1.jpg,dog")
    project.take()
    project.classes = ("cat", "dog", "fox")
    (project.root / "e.jpg").write_bytes(b"edited")
    intake = without_cache(project)
    assert (intake.entries, intake.files[0].known) == ((), 3)


def test_a_later_export_of_the_same_list(project):
    project.table("a.csv", "source,label", "a/1.jpg,cat", "b/1.jpg,")
    project.take()
    project.table("b.csv", "source,label", "a/1.jpg,dog", "b/1.jpg,cat")
    intake = project.take()
    assert [file.new for file in intake.files] == [0, 2]
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
        f"{project.returned}/a.csv:2; leave one of them; if two people answered, name them: "
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
    after = f"leave one of them, for both are of {time}; or empty 'when' in the row that was changed"
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


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"readers": 1, "files": []}', b"\xff"])
def test_a_damaged_cache_does_no_harm(project, content):
    project.table("a.csv", "source,label", "a/1.jpg,cat")
    project.cache.write_bytes(content)
    assert len(project.take().entries) == 1


def test_the_cache_gives_back_all_that_was_read(project):
    row = Row(2, "a.csv:2", "cat", folders=("a",), also=("b",), pictures=("c", "d"), event=Event.SKIP)
    parsed = Parsed([row], [Mistake(3, "a.csv:3: wrong")], ["a notice"], may_be_of_program=True)
    read = ReadFile("csv", "a digest", parsed)
    memory = ReturnedCache(project.cache)
    memory.keep(project.returned / "a.csv", "a signature", read)
    memory.save()
    assert ReturnedCache(project.cache).get(project.returned / "a.csv", "a signature") == read


def test_a_file_that_has_changed_is_read_anew(project):
    path = project.table("a.csv", "source,label", "a/1.jpg,cat")
    project.take()
    status = path.stat()
    path.write_text(path.read_text(encoding="utf-8").replace("cat", "dog"), encoding="utf-8")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    project.take()
    assert project.labels() == {"a/1.jpg": "dog"}


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
    notice = "the annotator {} is written nearly like {}, and each has a vote; if they are one person, write "
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


def test_the_list_of_a_batch_and_a_folder(project):
    csv_file.write(project.returned / "list.csv", project.batch)
    project.picture("folder/cat/renamed (1).jpg", "a/1.jpg")
    project.picture("folder/_unlabeled/2.jpg", "a/2.jpg")
    intake = project.take()
    assert {file.tool: (file.new, file.awaited) for file in intake.files} == {
        "folders": (1, 1),
        "csv": (0, 5),
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
        f"{project.returned}/one/who.txt: has 2 lines; it must hold the annotator's name alone",
        f"{project.returned}/two: has several files for the annotator's name (who.txt, who.txt); leave one, "
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
def test_a_document_in_place_of_the_annotator_s_name_is_a_mistake(project, name):
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
    places = [line.partition(": has no name in it")[0] for line in project.take(dry=True).notices]
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
        f"{project.returned}/{place}: is no file; it must be a text file with the annotator's name"
        for place in wrong
    ]


def test_a_dispute_that_was_settled_is_called_so(project):
    project.table("a.csv", "source,label,who", "a/1.jpg,cat,anna", "a/1.jpg,dog,bob", "b/1.jpg,cat,anna")
    project.take()
    project.table("b.csv", "source,correction,who", "a/1.jpg,dog,carl", "b/1.jpg,cat,carl")
    notices = [line for line in project.take().notices if "replace earlier" in line]
    assert notices == [
        f"{project.ledger}: answers that replace earlier ones: disputed 'a/1.jpg' ('cat', 'dog') is now 'dog'"
    ]


def test_many_copies_of_a_file_are_one_notice(project):
    for number in range(9):
        project.table(f"{number}.csv", "source,label", "a/1.jpg,cat")
    assert project.take().notices == (
        f"1.csv, 2.csv, 3.csv, 4.csv, 5.csv and 3 more: are the same as {project.returned}/0.csv; read once",
    )


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


def test_without_a_cache_one_line_sums_up_the_corrections_that_do_not_count(project):
    project.table("1.csv", "source,label,who", "e.jpg,cat,anna", "a/1.jpg,cat,anna")
    project.take()
    for number, label in enumerate(["dog", "cat", "dog"], 2):
        project.table(f"{number}.csv", "source,correction,note", f"e.jpg,{label},{number}")
        project.take()
    project.table("new.csv", "source,label,who", "a/2.jpg,cat,anna")
    found = without_cache(project)
    assert found.lines() == [
        f"{project.returned}/new.csv: 1 new answer",
        f"{project.returned}: 4 files taken in before",
    ]
    (line,) = found.notices
    beginning = f"{project.returned}: answers that later ones replaced are not taken again: 'e.jpg'; "
    assert line.startswith(beginning)
    assert project.take().notices == ()


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
