"""Damaged label files: the right answers, or a line for each mistake; never another answer."""

import csv
import io
import itertools
import json
import random
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from label_files import ANSWERS, CLASSES, POOL, answered, packed, pixels, sample_of, whole_files
from reading import read

from activepool.errors import InputError
from activepool.ledger.formats import READERS
from activepool.ledger.formats.answers import answers_of
from activepool.ledger.formats.recognition import tool_of
from activepool.ledger.formats.typed_classes import ClassNames

FILES = whole_files()
TEXTS = [name for name in FILES if not name.endswith(".zip")]
TABLES = [name for name in FILES if name.endswith(".csv")]

often = settings(derandomize=True, deadline=None, max_examples=60)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("damage") / "labels"


def answers(path, content, classes=CLASSES):
    """Return the answers of a file, and whether its mistakes are lines that can be printed."""
    path.write_bytes(content)
    try:
        return read(tool_of(path), path, POOL, ClassNames(classes))
    except InputError as error:
        for line in error.args:
            assert line.startswith((str(path), "... and"))
            assert line.isprintable()
            assert len(line) < 1000
        raise


def labels_by_sample(answers_read):
    return {draft.sample: draft.label or str(draft.event) for draft in answers_read.drafts}


def require_refused(path, content, *words):
    with pytest.raises(InputError) as caught:
        answers(path, content)
    for word in words:
        assert word in str(caught.value)


def cells(content):
    return list(csv.reader(io.StringIO(content.decode())))


def table(rows, delimiter=",", **options):
    stream = io.StringIO()
    csv.writer(stream, delimiter=delimiter, lineterminator="\n", **options).writerows(rows)
    return stream.getvalue().encode()


def in_body(change):
    """Return a damage that changes the rows below the header."""
    return lambda content: table([cells(content)[0], *change(cells(content)[1:])])


@pytest.mark.parametrize("name", FILES)
def test_a_whole_file(path, name):
    answers_read = answers(path, FILES[name])
    assert (labels_by_sample(answers_read), answers_read.awaited, answers_read.new_classes) == (
        answered(),
        1,
        {},
    )


HARMLESS = {
    "byte order mark": lambda text: b"\xef\xbb\xbf" + text,
    "CRLF": lambda text: text.replace(b"\n", b"\r\n"),
    "empty lines at the end": lambda text: text + b"\n\r\n",
    "no line break at the end": lambda text: text.rstrip(b"\n"),
}

HARMLESS_IN_TABLES = {
    "CR": lambda text: text.replace(b"\n", b"\r"),
    "semicolons": lambda text: table(cells(text), ";"),
    "tabs": lambda text: table(cells(text), "\t"),
    "quotes": lambda text: table(cells(text), quoting=csv.QUOTE_ALL),
    "a mark and quotes": lambda text: b"\xef\xbb\xbf" + table(cells(text), quoting=csv.QUOTE_ALL),
    "blanks around": lambda text: table([[f" {cell}\u00a0 " for cell in row] for row in cells(text)]),
    "empty lines": lambda text: b"\n\n" + text.replace(b"\n", b"\n\n"),
    "lines of commas": in_body(lambda rows: [line for row in rows for line in (row, [""] * len(row))]),
    "empty columns": lambda text: table([[*row, "", ""] for row in cells(text)]),
    "rows twice": in_body(lambda rows: [row for row in rows for _ in range(2)][:-1]),
    "rows in another order": in_body(lambda rows: rows[::-1]),
    "columns in another order": lambda text: table([row[::-1] for row in cells(text)]),
    "a column of numbers": lambda text: table([[str(n), *row] for n, row in enumerate(cells(text))]),
}


@pytest.mark.parametrize("damage", HARMLESS)
@pytest.mark.parametrize("name", TEXTS)
def test_what_does_no_harm(path, name, damage):
    assert labels_by_sample(answers(path, HARMLESS[damage](FILES[name]))) == answered()


@pytest.mark.parametrize("damage", HARMLESS_IN_TABLES)
@pytest.mark.parametrize("name", TABLES)
def test_what_does_no_harm_to_a_table(path, name, damage):
    assert labels_by_sample(answers(path, HARMLESS_IN_TABLES[damage](FILES[name]))) == answered()


@pytest.mark.parametrize("name", TEXTS)
@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "latin-1", "cp437"])
def test_other_encodings(path, name, encoding):
    require_refused(path, FILES[name].decode().encode(encoding))


WRONG_LABELS = {
    "Red Fox": "is spelled almost like the class 'red fox'; did you mean that?",
    "red\u200b fox": "is spelled almost like the class 'red fox'; did you mean that?",
    "rеd fоx": "is spelled almost like the class 'red fox'; did you mean that?",  # Cyrillic
    "2": "is a number, and no class has that name",
    "1e5": "is a number, and no class has that name",
    "NaN": "reads like a missing value",
    "null": "reads like a missing value",
    "#REF!": "reads like a missing value",
    "x" * 300: "has 300 characters; give the name of a class",
}


@pytest.mark.parametrize("label", WRONG_LABELS)
@pytest.mark.parametrize("name", TEXTS)
def test_wrong_labels(path, name, label):
    text = FILES[name].decode()
    if name == "labels.json":  # where the class is listed, the label names it and not its number
        text = text.replace('"red fox"],', '"fox"],')
    require_refused(path, text.replace("red fox", label).encode(), WRONG_LABELS[label])


DAMAGED_TABLES = {
    "the header in reverse": lambda text: table([cells(text)[0][::-1], *cells(text)[1:]]),
    "a short row": in_body(lambda rows: [rows[0][:-1], *rows[1:]]),
    "a long row": in_body(lambda rows: [[*rows[0], "x"], *rows[1:]]),
    "the header again": lambda text: table([*cells(text)[:3], cells(text)[0], *cells(text)[3:]]),
    "two files in one": lambda text: text + text,
    "bars": lambda text: table(cells(text), "|"),
    "no header": lambda text: table(cells(text)[1:]),
    "an open quote": lambda text: text.replace(b"red fox", b'"red fox'),
    "a quote inside": lambda text: text.replace(b"red fox", b'red "fox'),
    "two delimiters": lambda text: table(cells(text)[:3]) + table(cells(text)[3:], ";"),
    "a column twice": lambda text: table([[*row, row[-1]] for row in cells(text)]),
    "another label below": in_body(lambda rows: rows + [_with_dog(row) for row in rows]),
    "a web page": lambda text: b"<!DOCTYPE html><html>" + text,
}


def _with_dog(row):
    return ["dog" if cell == "cat" else cell for cell in row]


@pytest.mark.parametrize("damage", DAMAGED_TABLES)
@pytest.mark.parametrize("name", TABLES)
def test_damaged_tables_are_refused(path, name, damage):
    require_refused(path, DAMAGED_TABLES[damage](FILES[name]))


@pytest.mark.parametrize("name", ["list.csv", "short.csv"])
def test_samples_that_were_sorted_alone_are_refused(path, name):
    rows = cells(FILES[name])
    column = rows[0].index("sample")
    moved = [
        [*row[:column], next_row[column], *row[column + 1 :]]
        for row, next_row in itertools.pairwise(rows[1:])
    ]
    require_refused(path, table([rows[0], *moved]), "names different samples")


@pytest.mark.parametrize("name", FILES)
def test_a_file_that_was_cut_off_gives_no_other_answer(path, name):
    whole, read_at = answered(), 0
    for end in range(0, len(FILES[name]), 1 if len(FILES[name]) < 1000 else 7):
        try:
            labels = labels_by_sample(answers(path, FILES[name][:end]))
        except InputError:
            continue
        assert labels.items() <= whole.items()
        read_at += 1
    assert read_at == 0 or name.endswith(".csv") or read_at == 1  # without the last line break


def other_bytes(content, chance):
    """Return a content with bytes of one place lost, added, changed or repeated."""
    start = chance.randrange(len(content))
    end = start + chance.choice([0, 1, 1, 2, 8])
    added = chance.choice([b"", b'"', b",", b"\n", b"\r", b"\0", b"{", b"<", b"&", b"1", b";", b"\xff", b" "])
    return (
        content[:start] + chance.choice([added, content[end : end + 9].partition(b"\n")[0]]) + content[end:]
    )


@pytest.mark.parametrize("name", FILES)
@often
@given(seed=st.integers(0, 2**32))
def test_other_bytes_change_no_other_row(path, name, seed):
    """One damage may be taken for another label of its row, but leaves all others as they were."""
    content = other_bytes(FILES[name], random.Random(seed))
    try:
        answers_read = answers(path, content)
    except InputError:
        return
    changed = {
        sample for sample, label in labels_by_sample(answers_read).items() if answered().get(sample) != label
    }
    assert len(changed) <= 1
    assert set(labels_by_sample(answers_read)) <= {sample_of(source) for source in ANSWERS}


def other_values(value, chance):
    """Return a value of JSON one part of which is lost or another."""
    if not isinstance(value, dict | list) or not value or chance.random() < 0.2:
        return chance.choice(
            [None, True, 1, 1.5, "", "cat", [], {}, ["cat"], {"choices": ["cat"]}, -1, 10**30]
        )
    keys = list(value) if isinstance(value, dict) else range(len(value))
    key = chance.choice(keys)
    changed = dict(value) if isinstance(value, dict) else list(value)
    if chance.random() < 0.2:
        del changed[key]
    else:
        changed[key] = other_values(value[key], chance)
    return changed


@pytest.mark.parametrize("name", [name for name in FILES if name.endswith(".json")])
@often
@given(seed=st.integers(0, 2**32))
def test_other_values_of_json_change_no_other_task(path, name, seed):
    content = json.dumps(other_values(json.loads(FILES[name]), random.Random(seed))).encode()
    try:
        answers_read = answers(path, content)
    except InputError:
        return
    assert (
        sum(answered().get(sample) != label for sample, label in labels_by_sample(answers_read).items()) <= 1
    )


@pytest.mark.parametrize("name", TABLES)
@often
@given(seed=st.integers(0, 2**32))
def test_every_row_of_a_table_is_accounted_for(path, name, seed):
    path.write_bytes(other_bytes(FILES[name], random.Random(seed)))
    try:
        parsed = READERS[tool_of(path)](path)
        answers_read = answers_of(path, parsed, POOL, ClassNames(CLASSES), "annotator")
    except InputError:
        return
    lines = path.read_bytes().replace(b"\r", b"\n").split(b"\n")
    assert len(parsed.rows) + len(parsed.mistakes) == sum(map(bool, lines)) - 1
    named = " ".join([*answers_read.places, *answers_read.mistakes, ""]).replace(":", " ")
    unnamed = [row for row in parsed.rows if f"{row.place} ".replace(":", " ") not in named]
    assert len(unnamed) == answers_read.awaited
    assert not any(row.label.strip() for row in unnamed)


ATTACKS = {
    "a path that climbs": ({"../../cat/1.jpg": b"x"}, "leads out of the archive"),
    "an absolute path": ({"/etc/cat/1.jpg": b"x"}, "leads out of the archive"),
    "a bomb": ({"cat/1.jpg": bytes(2**22)}, "bytes unpacked; it is not an export"),
    "an archive in it": (
        {"labels.zip": packed({"annotations.xml": "<annotations/>"})},
        "unpack it, and give",
    ),
    "nothing": ({}, "is an archive of nothing"),
    "a picture that changed": ({"cat/elsewhere.jpg": b"other"}, "no image of the pool has the content"),
    "a workbook": ({"xl/workbook.xml": "<workbook/>"}, "is an Excel workbook; save its sheet as CSV UTF-8"),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_archives_that_are_not_exports(path, attack):
    members, words = ATTACKS[attack]
    require_refused(path, packed(members), words)


def test_an_archive_with_a_folder_around_those_of_the_classes(path):
    members = {
        f"batch/{label or '_unlabeled'}/{n}.jpg": pixels(s) for n, (s, label) in enumerate(ANSWERS.items())
    }
    assert labels_by_sample(answers(path, packed(members))) == answered()
    with zipfile.ZipFile(path) as archive:
        assert len(archive.namelist()) == len(ANSWERS)


@pytest.mark.parametrize(
    "declared",
    ['<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">', '<!ENTITY a SYSTEM "file:///etc/passwd">'],
)
def test_xml_that_declares_entities(path, declared):
    text = FILES["cvat.xml"].decode()
    head, _, tail = text.partition("<annotations>")
    bomb = f"{head}<!DOCTYPE annotations [{declared}]>\n<annotations>{tail.replace('red fox', '&a;')}"
    require_refused(path, bomb.encode(), "declares a document type")
