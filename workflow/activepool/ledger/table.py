"""The text of the ledger: a CSV of one line an entry.

Each entry ends with a ``check``: a digest of its cells and of the check before it. So a changed cell shows at
its own line, wherever the file has been, and a lost entry at the next line.
"""

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from activepool.errors import InputError
from activepool.io.csv_rows import find_delimiter, rows_of, separator_hint, width_problem, without_empty_end
from activepool.io.files import decoded_text
from activepool.io.index_files import whole_number
from activepool.ledger.entries import FIELDS, TEXTS, Entry

COLUMNS = (
    "number",
    "when",
    "who",
    "event",
    "sample",
    "source",
    "batch",
    "label",
    "note",
    "replaces",
    "check",
)

#: What a check begins with, so that no spreadsheet takes it for a number.
CHECK_BEGINNING = "h"

#: Digits of a check: chance would hit one of 10¹⁴.
CHECK_DIGITS = 12


@dataclass(frozen=True)
class Line:
    """An entry in a file: its line, and its check, which is empty if somebody added it by hand."""

    line: int
    entry: Entry
    check: str


@dataclass
class Table:
    """What the text of a ledger holds: its entries by number, ascending.

    Attributes:
        problems: the line of each mistake, and what is wrong.
        tail: what follows the last line break, if it is no whole entry.
    """

    lines: list[Line] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    tail: bytes = b""


def table_text(entries: Iterable[Entry]) -> str:
    """Return the text of a ledger that has these entries."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    before = ""
    for entry in entries:
        before = check_of(entry, before)
        writer.writerow([*_cells(entry), before])
    return stream.getvalue()


def check_of(entry: Entry, before: str) -> str:
    """Return the check of an entry that follows one with the check ``before`` (the first: empty)."""
    content = "\x1f".join([before, *_cells(entry)]).encode()
    return CHECK_BEGINNING + hashlib.sha256(content).hexdigest()[:CHECK_DIGITS]


def last_check(entries: Iterable[Entry]) -> str:
    """Return the check of the last entry; empty if there is none."""
    check = ""
    for entry in entries:
        check = check_of(entry, check)
    return check


def parse(path: str | Path, content: bytes) -> Table:
    """Read the text of a ledger.

    Raises InputError if it is no CSV in UTF-8, or has other columns; mistakes in single lines are noted.
    """
    table = Table()
    content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    delimiter = find_delimiter(content.partition(b"\n")[0].decode(errors="replace"))
    content, table.tail = _split_tail(content, delimiter)
    rows = list(rows_of(path, decoded_text(path, content), delimiter)) if content else []
    rows = [(line, cells) for line, cells in rows if any(cell.strip() for cell in cells)]
    if not rows:
        return table
    names = [name.strip() for name in without_empty_end(rows[0][1])]
    _require_columns(path, names)
    found: list[tuple[int, dict[str, str]]] = []
    for line, given in rows[1:]:
        cells = without_empty_end(given, len(names))
        if problem := width_problem(cells, names):
            table.problems.append((line, problem))
        else:
            found.append((line, dict(zip(names, cells, strict=True))))
    _add_entries(table, found)
    return table


def _add_entries(table: Table, rows: list[tuple[int, dict[str, str]]]) -> None:
    """Add the entries of rows, each given with its line, or what is wrong with their numbers."""
    numbers: dict[int, int] = {}
    last = 0
    # Those without a number come after all others.
    for line, row in sorted(rows, key=lambda one: not one[1]["number"].strip()):
        text, replaced = row["number"].strip(), row["replaces"]
        number = whole_number(text) if text else last + 1
        replaces = whole_number(replaced)
        if not number:
            problem = f"number {text!r} is not a whole number; leave it empty in a new entry"
        elif number in numbers:
            problem = (
                f"number {number} is that of line {numbers[number]} already; leave number and check of a new "
                "entry empty"
            )
        elif replaced.strip() and replaces is None:
            problem = f"replaces {replaced!r} is not the number of an entry; give that, or leave it empty"
        else:
            numbers[number], last = line, max(last, number)
            entry = Entry(number=number, replaces=replaces, **{name: row[name] for name in TEXTS})
            table.lines.append(Line(line, entry, row["check"].strip()))
            continue
        table.problems.append((line, problem))
    table.lines.sort(key=lambda line: line.entry.number)


def _split_tail(content: bytes, delimiter: str) -> tuple[bytes, bytes]:
    """Split off what follows the last line break, unless it is a line that lacks nothing but its break."""
    end = content.rfind(b"\n") + 1
    whole, tail = content[:end], content[end:]
    try:
        cells = next(csv.reader([tail.decode("utf-8-sig")], delimiter=delimiter), [])
    except (UnicodeDecodeError, csv.Error):
        return whole, tail
    if whole and cells and not cells[0].strip():  # a person's: the program gives each line a number
        return content, b""
    header = [name.strip() for name in cells] == list(COLUMNS) and not whole
    is_whole = len(cells) == len(COLUMNS) and len(cells[-1]) in (0, len(CHECK_BEGINNING) + CHECK_DIGITS)
    if "\0" not in "".join(cells) and (header or (whole and is_whole) or not tail.strip()):
        return content, b""
    return whole, tail


def _require_columns(path: str | Path, names: Sequence[str]) -> None:
    if sorted(names) != sorted(COLUMNS):
        missing = [name for name in COLUMNS if name not in names]
        other = [name for name in names if name not in COLUMNS]
        what = [f"lacks {', '.join(missing)}"] if missing else []
        what += [f"has {', '.join(map(repr, other))} beside them"] if other else []
        raise InputError(
            f"{path}:1: not a ledger: its columns must be {', '.join(COLUMNS)}, each once, and it "
            f"{' and '.join(what) or 'has one of them twice'}; remarks go into 'note'"
            f"{separator_hint(list(names))}"
        )


def _cells(entry: Entry) -> list[str]:
    row = {name: getattr(entry, name) for name in FIELDS}
    row |= {"number": str(entry.number), "replaces": "" if entry.replaces is None else str(entry.replaces)}
    return [row[name] for name in COLUMNS if name != "check"]
