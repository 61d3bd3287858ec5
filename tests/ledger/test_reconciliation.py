"""A ledger beside its copy: lines by hand, entries that were changed or lost, and their repair."""

import re

import pytest
from ledgers import by_hand, draft, sample, small_ledger

from activepool.errors import InputError
from activepool.ledger.book import append, kept_folder, open_book, read, repair


@pytest.fixture
def path(tmp_path):
    return small_ledger(tmp_path)


def kept_contents(path, kind):
    return [file.read_bytes() for file in sorted(kept_folder(path).glob(f"{kind}-*"))]


def test_entries_added_by_hand_get_their_numbers(path):
    path.write_bytes(path.read_bytes() + by_hand("a", 6) + by_hand("b"))
    book = read(path)
    assert [(entry.number, entry.who, entry.label) for entry in book.entries[5:]] == [
        (6, "bob", "dog"),
        (7, "bob", "dog"),
    ]
    assert "entries 6 to 7 were added by hand" in book.notices[0]
    append(path, [])
    assert read(path).notices == ()
    assert read(path).entries == book.entries


def test_a_number_that_is_not_the_next_is_named(path):
    path.write_bytes(path.read_bytes() + by_hand("a", 6) + by_hand("b", 8))
    with pytest.raises(
        InputError, match=":8: number 8 should be 7; leave number and check of a new entry empty"
    ):
        read(path)


def test_all_mistakes_of_entries_added_by_hand_are_reported_at_once(path):
    wrong = [
        b",,bob,lable,%s,a,,dog,,,\n" % sample("a").encode(),
        b",,,label,%s,a,,dog,,,\n" % sample("a").encode(),
        b",,bob,label,%s,a,,dog\n" % sample("a").encode(),
        b"x,,bob,label,%s,a,,dog,,,\n" % sample("a").encode(),
        b"2,,bob,label,%s,a,,dog,,,\n" % sample("a").encode(),
        b",,bob,label,%s,a,,dog,,z,\n" % sample("a").encode(),
    ]
    path.write_bytes(path.read_bytes() + b"".join(wrong))
    with pytest.raises(InputError) as caught:
        read(path)
    messages = caught.value.args
    assert [line.partition("labels.csv:")[2].partition(":")[0] for line in messages] == [
        str(n) for n in range(7, 13)
    ]
    assert "did you mean 'label'" in messages[0]
    assert "who is empty" in messages[1]
    assert "has 8 fields, and the header has 11" in messages[2]
    assert "number 'x' is not a whole number" in messages[3]
    assert "number 2 is that of line 3 already" in messages[4]
    assert "replaces 'z' is not the number of an entry" in messages[5]


def test_entries_that_were_removed_come_back(path):
    text, entries = path.read_bytes(), read(path).entries
    lines = text.splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:2], *lines[3:5]]))
    book = read(path)
    assert book.entries == entries
    lacking = f"{path}: lacks entries 2, 5, and its copy has them; a run, or `repair`, puts them back"
    assert book.notices == book.defects == (lacking,)
    mended = f"{path}: entries 2, 5 were not in the file; put back from the copy"
    assert read(path, is_opened_next=True).notices == (mended,)
    with open_book(path):
        pass
    assert path.read_bytes() == text


def test_a_ledger_that_was_removed_comes_back(path):
    text = path.read_bytes()
    path.unlink()
    assert len(read(path).entries) == 5
    append(path, [])
    assert path.read_bytes() == text


def test_a_changed_entry_is_said_and_stops_everything(path):
    changed = path.read_bytes().replace(b",cat,", b",dog,")
    path.write_bytes(changed)
    for look in (read, lambda path: append(path, [])):
        with pytest.raises(InputError) as caught:
            look(path)
        assert caught.value.args[0] == f"{path}:5: entry 4 was changed: label was 'cat' and is now 'dog'"
        assert f"activepool.ledger repair {path} --edits correct (--edits undo" in caught.value.args[1]
    assert path.read_bytes() == changed


def test_changed_and_lost_entries_and_what_cannot_be_entered_are_said_together(path):
    lines = path.read_bytes().splitlines(keepends=True)
    changed = b"".join([*lines[:4], lines[4].replace(b",a,", b",zzz,"), *lines[6:]])
    path.write_bytes(changed)
    refused = f"{path}:5: source 'zzz' does not name this sample; write 'a'"
    lost = f"{path}: lacks entry 5, and its copy has it; a run, or `repair`, puts it back"
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.args[0] == f"{path}:5: entry 4 was changed: source was 'a' and is now 'zzz'"
    assert (caught.value.args[1], caught.value.args[-1]) == (refused, lost)
    with pytest.raises(InputError) as caught:
        repair(path, "correct")
    assert caught.value.args == (refused, lost)
    assert path.read_bytes() == changed
    assert f"{path}: entry 5 was not in the file; put back from the copy" in repair(path, "undo")


def test_repair_undoes_what_was_changed(path):
    text = path.read_bytes()
    path.write_bytes(text.replace(b",cat,", b",dog,"))
    assert "1 changed entry was put back; your file is" in repair(path, "undo")[0]
    assert path.read_bytes() == text
    assert kept_contents(path, "edited") == [text.replace(b",cat,", b",dog,")]


def test_repair_makes_corrections_of_what_was_changed(path):
    text = path.read_bytes()
    path.write_bytes(text.replace(b",cat,", b",dog,") + by_hand("b"))
    messages = repair(path, "correct", who="carl")
    assert messages[-1] == f"{path}: 1 correction was entered"
    assert path.read_bytes().startswith(text)
    assert [(entry.who, entry.label, entry.replaces) for entry in read(path).entries[5:]] == [
        ("bob", "dog", None),
        ("carl", "dog", 4),
    ]


def test_repair_does_not_make_a_correction_of_what_went_out(path):
    changed = path.read_bytes().replace(b",activepool,sent,", b",bob,sent,", 1)
    path.write_bytes(changed)
    with pytest.raises(InputError, match=":2: entry 1 is a sending and cannot be corrected; use"):
        repair(path, "correct")
    assert path.read_bytes() == changed


@pytest.mark.parametrize(
    ("label", "words"),
    [
        (b"Cat", "label 'Cat' is spelled almost like the class 'cat'; did you mean that?"),
        (b"=cmd", "label '=cmd'"),
        (b"?", "label '?' is not a class; write the event cannot_tell, and no label"),
    ],
)
def test_repair_enters_no_label_that_intake_would_refuse(path, label, words):
    changed = path.read_bytes().replace(b",cat,", b"," + label + b",")
    path.write_bytes(changed)
    with pytest.raises(InputError) as caught:
        repair(path, "correct")
    assert caught.value.args[0].startswith(f"{path}:5: {words}")
    assert path.read_bytes() == changed


def test_lines_by_hand_are_checked_as_answers(path):
    text = path.read_bytes()
    for old, new, words in [
        (b",dog,", b",Cat,", ":7: label 'Cat' is spelled almost like the class 'cat'"),
        (b",,bob,", b",2099-01-01T00:00:00Z,bob,", ":7: when '2099-01-01T00:00:00Z' lies in the future"),
    ]:
        path.write_bytes(text + by_hand("b").replace(old, new))
        with pytest.raises(InputError) as caught:
            read(path)
        assert caught.value.args[0].startswith(f"{path}{words}")


def test_times_that_a_spreadsheet_rewrote_are_one_line_and_no_corrections(path):
    text = path.read_bytes()
    path.write_bytes(re.sub(rb",\d{4}-\d\d-\d\dT[\d:]*Z,", b",28.11.2026 09:30,", text))
    with pytest.raises(InputError) as caught:
        read(path)
    assert caught.value.args[0].endswith(
        "is now '28.11.2026 09:30'; 4 more changed only in their times, as if a spreadsheet had rewritten "
        "them"
    )
    assert len(caught.value.args) == 2
    assert repair(path, "correct")[0].startswith(f"{path}: 5 changed entries were put back")
    assert path.read_bytes() == text


@pytest.mark.parametrize("edits", ["undo", "correct"])
def test_a_number_that_was_changed_is_put_back(path, edits):
    text = path.read_bytes()
    path.write_bytes(text.replace(b"\n3,", b"\n77,"))
    with pytest.raises(InputError, match=":4: entry 3 was changed: number was 3 and is now 77"):
        read(path)
    repair(path, edits)
    assert path.read_bytes() == text


def test_without_its_copy_a_change_shows_by_the_check(path):
    for file in kept_folder(path).iterdir():
        file.unlink()
    text = path.read_bytes()
    assert "so lost entries could not be noticed" in read(path).notices[0]
    path.write_bytes(text.replace(b",cat,", b",dog,"))
    with pytest.raises(InputError, match=r"labels.csv:5: entry 4 was changed after it was written"):
        read(path)
    lines = text.splitlines(keepends=True)
    path.write_bytes(b"".join([*lines[:3], *lines[4:]]))
    with pytest.raises(InputError, match="entry 4 stands here, but entry 3 cannot be found"):
        read(path)


def test_without_its_copy_a_line_that_was_cut_short_is_kept_aside(path):
    for file in kept_folder(path).iterdir():
        file.unlink()
    text = path.read_bytes()
    path.write_bytes(text[:-20])
    assert len(read(path).entries) == 4
    append(path, [])
    assert path.read_bytes() == b"".join(text.splitlines(keepends=True)[:5])
    assert kept_contents(path, "cut") == [text[:-20].splitlines()[-1]]


def test_a_damaged_copy_is_mended_and_kept(path):
    copy, text = kept_folder(path) / "copy.csv", path.read_bytes()
    damaged = text.replace(b",cat,", b",cow,")
    copy.write_bytes(damaged)
    assert "its copy is damaged after entry 3" in read(path).notices[0]
    append(path, [])
    assert copy.read_bytes() == path.read_bytes() == text
    assert kept_contents(path, "copy") == [damaged]


def test_an_entry_by_hand_and_one_by_the_program_may_want_the_same_number(path):
    content = path.read_bytes()
    append(path, [draft("skip", "c, d")])
    path.write_bytes(content + by_hand("a", 6))
    book = read(path)
    assert [(entry.number, entry.event, entry.who) for entry in book.entries[5:]] == [
        (6, "skip", "anna"),
        (7, "label", "bob"),
    ]
