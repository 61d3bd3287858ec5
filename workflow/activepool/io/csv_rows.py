"""Rows of a CSV file that a person wrote, each with the number of its line."""

import csv
import io
import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from activepool.errors import InputError, first_few
from activepool.io.files import read_text

#: How many columns a message shows, and how many characters of each.
MAX_COLUMNS, MAX_NAME_LENGTH = 20, 30

#: What people, or spreadsheets, put between cells.
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}

#: What to do about a last line that may be cut off.
END_LINE = "if it is whole, end the last line with a line break"

#: The first line that tells Excel what separates the cells, without its line break.
SEPARATOR_LINE = re.compile(r'\A"?sep=(?P<mark>[,;\t|])"?[,;\t| ]*(?=[\r\n]|$)', re.IGNORECASE)


class TableRow(NamedTuple):
    """A row of a CSV file: its line, its cells, and what is wrong with the row as a whole, if anything is.

    ``is_end``: whether the file ends in it without a line break and without a quote, as if it was cut off.
    """

    line: int
    cells: list[str]
    problem: str | None
    is_end: bool


class Table(NamedTuple):
    """A CSV file: its header's line and names, without blanks around them, and its rows."""

    line: int
    names: list[str]
    rows: Iterator[TableRow]


def read_table(path: str | Path, any_delimiter: bool = False) -> Table:
    """Read a CSV file with a header, empty in an empty file; raises InputError, also for later rows.

    It leaves out what spreadsheets add: rows without text, and empty cells after the last column.
    """
    lines = read_rows(path, any_delimiter)
    header_line, header = next((item for item in lines if any(map(str.strip, item[1]))), (1, []))
    names = [name.strip() for name in without_empty_end(header)]
    return Table(header_line, names, _table_rows(path, lines, names))


def _table_rows(
    path: str | Path, lines: Iterator[tuple[int, list[str]]], names: list[str]
) -> Iterator[TableRow]:
    following = next(lines, None)
    while following:
        (line, texts), following = following, next(lines, None)
        cells = without_empty_end(texts, len(names))
        if any(map(str.strip, cells)):
            problem = _header_problem(cells, names) or width_problem(cells, names)
            is_end = following is None and _ends_in_text(path)
            yield TableRow(line, cells, problem, is_end)


def require_different_columns(where: str, names: list[str]) -> None:
    """Raise InputError if two columns have the same name; ``where`` is the header's file and line."""
    nonempty = [name for name in names if name]
    if len(set(nonempty)) < len(nonempty):
        raise InputError(f"{where}: two columns have the same name ({column_list(names)})")


def read_rows(path: str | Path, any_delimiter: bool = False) -> Iterator[tuple[int, list[str]]]:
    """Yield the line where each non-empty row begins, and its cells; the header is one of the rows.

    Commas separate the cells; with ``any_delimiter`` also semicolons or tabs, if the header has more of them,
    or what Excel's first line ``sep=;`` names, if the header has it. That line is not a row.

    A text in double quotes may have several lines. But a quote that somebody forgot to close hides the rows
    that follow it: a text that contains a line like a row is therefore an error.

    Raises InputError, naming file and line, for such a text, for a quote that is never closed, and for a file
    that is not CSV in UTF-8.
    """
    try:
        text = read_text(path)
    except OSError as error:
        raise InputError(f"{path}: not a readable CSV file ({error})") from error
    rows = SEPARATOR_LINE.sub("", text)
    if any_delimiter:
        yield from rows_of(path, rows, find_delimiter(text), is_strict=True)
    else:
        yield from rows_of(path, rows)


def find_delimiter(text: str) -> str:
    """Return what separates the cells of the first line: a comma, or what spreadsheets put in its place."""
    match = SEPARATOR_LINE.match(text)
    header = (text[match.end() :].lstrip("\r\n") if match else text).partition("\n")[0]
    if match and match["mark"] in header:
        return match["mark"]
    return max(",;\t", key=header.count)


def rows_of(
    path: str | Path, text: str, delimiter: str = ",", is_strict: bool = False
) -> Iterator[tuple[int, list[str]]]:
    """Yield what `read_rows` yields for a file of this text; ``is_strict`` refuses cells like ``"ant"x``."""
    lines = io.StringIO(text, newline="").readlines()
    reader, begin, width = csv.reader(lines, delimiter=delimiter), 1, 0
    try:
        for cells in reader:
            if cells:
                width = width or len(cells)
                if reader.line_num == len(lines):  # only the last row can lack a closing quote
                    _require_closed(path, begin, lines[begin - 1 :], delimiter)
                _require_no_hidden_row(path, begin, cells, width, delimiter)
                if is_strict:
                    _require_nothing_after_quotes(path, begin, lines[begin - 1 : reader.line_num], delimiter)
                yield begin, cells
            begin = reader.line_num + 1
    except csv.Error as error:
        raise InputError(f"{path}:{begin}: not a readable CSV file ({error})") from error


def column_list(names: list[str]) -> str:
    """Return the names of columns for a message, shortened to what a person reads."""
    printable = [ascii(name)[1:-1] if not name.isprintable() else name for name in names]
    return "columns: " + first_few(
        [f"{name[:MAX_NAME_LENGTH]}..." if name[MAX_NAME_LENGTH:] else name for name in printable],
        MAX_COLUMNS,
    )


def separator_hint(names: list[str]) -> str:
    """Return what to do about a header whose columns are not all separated by commas; empty for any other."""
    if not any(set(SEPARATORS) & set(name) for name in names):
        return ""
    return "; separate the columns by commas, without double quotes around all of them"


def _header_problem(cells: list[str], names: list[str]) -> str | None:
    is_header = [cell.strip().casefold() for cell in cells] == [name.casefold() for name in names]
    return "repeats the header; remove the line" if is_header else None


def width_problem(cells: list[str], names: list[str]) -> str | None:
    """Return what is wrong with the number of cells of a row; None if it is the header's."""
    if len(cells) == len(names):
        return None
    counts = {word: sum(cell.count(mark) for cell in cells) for mark, word in SEPARATORS.items()}
    separator = next((word for word, count in counts.items() if 0 < count == len(names) - len(cells)), None)
    if separator:
        hint = (
            f"; it has {separator} between its cells: separate them as the header does, without double "
            "quotes around all of them"
        )
    elif len(cells) > len(names):
        hint = "; put a text with a comma, or another separator, in double quotes"
    else:
        hint = ""
    return f"has {len(cells)} field{'s' * (len(cells) != 1)}, and the header has {len(names)}{hint}"


def _ends_in_text(path: str | Path) -> bool:
    with Path(path).open("rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - 1))
        return stream.read() not in (b"\n", b"\r", b'"')


def cut_off_problem(name: str, text: str, whole_texts: Iterable[str]) -> str | None:
    """Return what is wrong with the text in which a file ends if it is the beginning of a whole one."""
    whole_text = next((whole for whole in whole_texts if whole != text and whole.startswith(text)), None)
    if whole_text is None:
        return None
    return (
        f"{name} {text!r} may be the beginning of {whole_text!r}, for the file ends with it as if it "
        f"was cut off; {END_LINE}"
    )


def without_empty_end(cells: list[str], width: int = 0) -> list[str]:
    """Drop the empty cells that spreadsheets add after a row of ``width`` cells."""
    while len(cells) > width and not cells[-1].strip():
        cells = cells[:-1]
    return cells


def _require_no_hidden_row(
    path: str | Path, begin: int, cells: list[str], width: int, delimiter: str
) -> None:
    """Raise InputError if a text of several lines contains a line like a row of ``width`` cells."""
    line = begin
    for cell in cells:
        if "\n" not in cell and "\r" not in cell:
            continue
        for hidden_line in io.StringIO(cell, newline="").readlines()[1:]:
            line += 1
            if _reads_like_row(hidden_line, width, delimiter):
                raise InputError(
                    f"{path}:{begin}: a double quote opens here and takes line {line} for a part of its "
                    "text; close it in its line, or write it twice if it is a part of the text"
                )


def _reads_like_row(text: str, width: int, delimiter: str) -> bool:
    """Return whether a line has the cells of a row; prose has blanks after its commas."""
    cells = next(csv.reader([text], delimiter=delimiter), [])
    return len(cells) == width > 1 and not any(cell.startswith(" ") for cell in cells)


def _require_nothing_after_quotes(path: str | Path, begin: int, lines: list[str], delimiter: str) -> None:
    row = "".join(lines)
    without_blanks = re.sub(rf'"[ \xa0]+(?={re.escape(delimiter)}|[\r\n]|$)', '"', row)
    if '"' in row and "expected after" in _strict_problem(without_blanks, delimiter):
        raise InputError(
            f"{path}:{begin}: a text continues after its closing double quote; put all of it in double "
            "quotes, and write those in it twice"
        )


def _require_closed(path: str | Path, begin: int, lines: list[str], delimiter: str) -> None:
    if "unexpected end" in _strict_problem("".join(lines), delimiter):
        raise InputError(f"{path}:{begin}: a double quote opens here and is never closed")


def _strict_problem(row: str, delimiter: str) -> str:
    """Return what Python's strict reader says about a row; "" if it reads it."""
    try:
        list(csv.reader(io.StringIO(row, newline=""), strict=True, delimiter=delimiter))
    except csv.Error as error:
        return str(error)
    return ""
