"""Index files: CSV with the rows of ``train/features`` that a round picked, in the order of the picks."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from activepool.compute.arrays import IntArray
from activepool.errors import InputError
from activepool.io.files import read_text, written_whole

#: Digits of the largest number of a row or a class.
MAX_DIGITS = 18


def write_index(path: str | Path, columns: Mapping[str, np.ndarray]) -> None:
    """Write an index file.

    ``columns`` begin with ``index``. Floats have the digits of float32, because further digits depend on the
    BLAS kernel. A float that is not finite is an empty cell, such as the distance to a boundary of one class.
    """
    with written_whole(path) as temporary, temporary.open("w", newline="", encoding="utf-8") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*(csv_cells(np.asarray(values)) for values in columns.values()), strict=True))


def csv_cells(values: np.ndarray) -> list[object]:
    """Return the cells of a column of a CSV file, see `write_index`."""
    if values.dtype.kind != "f":
        cells: list[object] = values.tolist()
        return cells
    return [str(value) if np.isfinite(value) else None for value in values.astype(np.float32)]


def read_index(path: str | Path) -> IntArray:
    """Return the column ``index`` of an index file, (n,) int64.

    Raises: InputError, naming the file, for a missing column, for a value that is not a whole number (with
    its row), and for an index that occurs twice.
    """
    names, rows = read_rows(path)
    if "index" not in names:
        raise InputError(f"{path}: has no column 'index' (columns: {', '.join(names)})")
    row_of: dict[int, int] = {}
    for number, row in enumerate(rows, start=1):
        if (value := whole_number(row["index"])) is None:
            raise InputError(
                f"{path}: row {number}: index {row['index']!r} is not a whole number from 0, "
                "as the rows of train/features are counted"
            )
        if row_of.setdefault(value, number) != number:
            raise InputError(f"{path}: row {number}: index {value} was picked before, in row {row_of[value]}")
    return np.array(list(row_of), dtype=np.int64)


def read_rows(path: str | Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return the columns of a CSV file with a header, and its rows; missing cells are empty.

    Raises InputError if it cannot be read, or if two columns have the same name.
    """
    try:
        reader = csv.DictReader(io.StringIO(read_text(path), newline=""), restval="")
        names = list(reader.fieldnames or ())
        rows = list(reader)
    except (OSError, csv.Error) as error:
        raise InputError(f"{path}: not a readable CSV file ({error})") from error
    if not names:
        raise InputError(f"{path}: not a readable CSV file (it is empty)")
    if len(set(names)) < len(names):
        raise InputError(f"{path}: two columns have the same name (columns: {', '.join(names)})")
    return names, rows


def whole_number(text: str) -> int | None:
    """Return the whole number in ``text``; None if it cannot be the number of a row or a class."""
    text = text.strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MAX_DIGITS else None
