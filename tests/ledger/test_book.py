"""The ledger's file: reading it, and appends that are whole."""

import csv
import io

import pytest
from ledgers import draft, sent, small_ledger

from activepool.errors import InputError
from activepool.ledger.book import append, open_book, read
from activepool.ledger.table import COLUMNS


@pytest.fixture
def path(tmp_path):
    return small_ledger(tmp_path)


def separated(text, delimiter, **options):
    stream = io.StringIO()
    rows = csv.reader(io.StringIO(text.decode()))
    csv.writer(stream, delimiter=delimiter, **options).writerows(rows)
    return stream.getvalue().encode()


def all_quoted(text):
    return separated(text, ",", quoting=csv.QUOTE_ALL)


def test_a_ledger_that_is_not_there_is_empty_and_reading_makes_nothing(tmp_path):
    assert read(tmp_path / "labels.csv").entries == ()
    assert list(tmp_path.iterdir()) == []


def test_a_ledger_that_is_opened_is_there(tmp_path):
    with open_book(tmp_path / "labels.csv"):
        pass
    assert (tmp_path / "labels.csv").read_text(encoding="utf-8") == ",".join(COLUMNS) + "\n"


def test_what_is_appended_is_read_again(path):
    book = read(path)
    assert [entry.number for entry in book.entries] == [1, 2, 3, 4, 5]
    assert [entry.label for entry in book.entries[3:]] == ["cat", "Katze, groß"]
    assert book.notices == ()
    assert path.read_text(encoding="utf-8").splitlines()[0] == ",".join(COLUMNS)


def test_the_file_only_grows(path):
    before = path.read_bytes()
    append(path, [draft("skip", "c, d")])
    assert path.read_bytes().startswith(before)


def test_an_append_is_whole_or_nothing(path):
    before = path.read_bytes()
    with pytest.raises(InputError) as caught:
        append(path, [draft(of="x"), draft(of="y", label=""), draft("lable", "z")])
    assert len(caught.value.args) == 2
    assert "labels.csv: 'y': label is empty" in str(caught.value)
    assert path.read_bytes() == before


def test_a_batch_does_not_go_out_twice(path):
    with pytest.raises(InputError, match="'x': batch '1' has gone out before, by the entries up to 3"):
        append(path, sent("x", batch="1"))


@pytest.mark.parametrize(
    "habit",
    [
        lambda text: b"\xef\xbb\xbf" + text,
        lambda text: text.replace(b"\n", b"\r\n"),
        lambda text: text.replace(b"\n", b"\r"),
        lambda text: text + b"\n\n,,,,,,,,,,\n",
        lambda text: text.replace(b"\n", b",,,\n"),
        lambda text: text.rstrip(b"\n"),
        lambda text: b"\n".join([text.splitlines()[0], *reversed(text.splitlines()[1:])]) + b"\n",
        all_quoted,
        lambda text: separated(text, ";"),
        lambda text: separated(text, "\t").rstrip(b"\n"),
    ],
)
def test_habits_of_spreadsheets_do_no_harm(path, habit):
    before, entries = path.read_bytes(), read(path).entries
    path.write_bytes(habit(before))
    assert read(path).entries == entries
    append(path, [draft("skip", "c, d")])
    assert path.read_bytes().startswith(before)


def test_other_columns_are_named(path):
    path.write_bytes(path.read_bytes().replace(b",note,", b",remark,", 1))
    with pytest.raises(InputError, match="lacks note and has 'remark' beside them; remarks go into 'note'"):
        read(path)


def test_another_encoding_is_named_with_its_line(path):
    path.write_bytes(path.read_bytes().replace("ß".encode(), "ß".encode("latin-1")))
    with pytest.raises(InputError) as caught:
        read(path)
    assert "labels.csv: line 6 is not UTF-8" in caught.value.args[0]
    assert "its copy has 5 entries; move this file away to have it put back" in caught.value.args[1]


def test_a_file_that_is_no_ledger_is_left_alone(tmp_path):
    path = tmp_path / "labels.csv"
    for content in (b"hello", b"a,b\n1,2\n", b"number|when|who\n1|2|3\n"):
        path.write_bytes(content)
        with pytest.raises(InputError, match="not a ledger"):
            append(path, [draft()])
        assert path.read_bytes() == content


def test_the_mode_of_the_file_and_a_link_stay(path, tmp_path):
    path.chmod(0o664)
    link = tmp_path / "link.csv"
    link.symlink_to(path)
    append(link, [draft("skip", "c, d")])
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o664
    assert len(read(path).entries) == 6
