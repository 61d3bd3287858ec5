"""The text of the ledger: a CSV with one line per entry.

Each entry ends with a ``check``: a digest of its cells and of the check before it. So a changed cell shows in
its own line, wherever the file has been, and a lost entry in the next line.
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
    *("number", "when", "who", "event", "sample", "source"),
    *("batch", "label", "note", "replaces", "check"),
)

#: The beginning of a check, so that no spreadsheet takes it for a number.
CHECK_PREFIX = "h"

#: The hexadecimal digits of a check: one of 2.8 · 10¹⁴.
CHECK_DIGITS = 12


@dataclass(frozen=True)
class Line:
    """An entry in a file, with its line and its check, which is empty if a person added the entry by hand."""

    line: int
    entry: Entry
    check: str


@dataclass
class Table:
    """The content of a ledger: its entries by number, ascending, and the line and text of each mistake.

    ``tail`` is the text after the last line break, if it is not a whole entry.
    """

    lines: list[Line] = field(default_factory=list)
    problems: list[tuple[int, str]] = field(default_factory=list)
    tail: bytes = b""


def table_text(entries: Iterable[Entry]) -> str:
    """Return the text of a ledger with these entries."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    check = ""
    for entry in entries:
        check = check_of(entry, check)
        writer.writerow([*_cells(entry), check])
    return stream.getvalue()


def check_of(entry: Entry, previous: str) -> str:
    """Return the check of an entry after the check ``previous``, empty for the first entry."""
    content = "\x1f".join([previous, *_cells(entry)]).encode()
    return CHECK_PREFIX + hashlib.sha256(content).hexdigest()[:CHECK_DIGITS]


def last_check(entries: Iterable[Entry]) -> str:
    """Return the check of the last entry; empty if there is none."""
    check = ""
    for entry in entries:
        check = check_of(entry, check)
    return check


def parse(path: str | Path, content: bytes) -> Table:
    """Read the text of a ledger.

    Raises InputError if it is not a CSV in UTF-8, or has other columns; mistakes in single lines are noted.
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
    records: list[tuple[int, dict[str, str]]] = []
    for line, row in rows[1:]:
        cells = without_empty_end(row, len(names))
        if problem := width_problem(cells, names):
            table.problems.append((line, problem))
        else:
            records.append((line, dict(zip(names, cells, strict=True))))
    _add_entries(table, records)
    return table


def _add_entries(table: Table, rows: list[tuple[int, dict[str, str]]]) -> None:
    numbers: dict[int, int] = {}
    last = 0
    # Rows without a number come after all others.
    for line, row in sorted(rows, key=lambda item: not item[1]["number"].strip()):
        text, replaces_text = row["number"].strip(), row["replaces"]
        number = whole_number(text) if text else last + 1
        replaces = whole_number(replaces_text)
        if not number:
            problem = f"number {text!r} is not a whole number; leave it empty in a new entry"
        elif number in numbers:
            problem = (
                f"number {number} is that of line {numbers[number]} already; leave number and check of a new "
                "entry empty"
            )
        elif replaces_text.strip() and replaces is None:
            problem = (
                f"replaces {replaces_text!r} is not the number of an entry; give that, or leave it empty"
            )
        else:
            numbers[number], last = line, max(last, number)
            entry = Entry(number=number, replaces=replaces, **{name: row[name] for name in TEXTS})
            table.lines.append(Line(line, entry, row["check"].strip()))
            continue
        table.problems.append((line, problem))
    table.lines.sort(key=lambda line: line.entry.number)


def _split_tail(content: bytes, delimiter: str) -> tuple[bytes, bytes]:
    """Split off the text after the last line break, unless it is a whole line that lacks only its break."""
    end = content.rfind(b"\n") + 1
    whole, tail = content[:end], content[end:]
    try:
        cells = next(csv.reader([tail.decode("utf-8-sig")], delimiter=delimiter), [])
    except (UnicodeDecodeError, csv.Error):
        return whole, tail
    if whole and cells and not cells[0].strip():  # written by a person: the program gives each line a number
        return content, b""
    is_header = [name.strip() for name in cells] == list(COLUMNS) and not whole
    is_whole = len(cells) == len(COLUMNS) and len(cells[-1]) in (0, len(CHECK_PREFIX) + CHECK_DIGITS)
    if "\0" not in "".join(cells) and (is_header or (whole and is_whole) or not tail.strip()):
        return content, b""
    return whole, tail


def _require_columns(path: str | Path, names: Sequence[str]) -> None:
    if sorted(names) != sorted(COLUMNS):
        missing_names = [name for name in COLUMNS if name not in names]
        unknown_names = [name for name in names if name not in COLUMNS]
        differences = [f"lacks {', '.join(missing_names)}"] if missing_names else []
        differences += [f"has {', '.join(map(repr, unknown_names))} beside them"] if unknown_names else []
        raise InputError(
            f"{path}:1: not a ledger: its columns must be {', '.join(COLUMNS)}, each once, and it "
            f"{' and '.join(differences) or 'has one of them twice'}; remarks go into 'note'"
            f"{separator_hint(list(names))}"
        )


def _cells(entry: Entry) -> list[str]:
    row = {name: getattr(entry, name) for name in FIELDS}
    row |= {"number": str(entry.number), "replaces": "" if entry.replaces is None else str(entry.replaces)}
    return [row[name] for name in COLUMNS if name != "check"]
