"""Index files: the rows of ``train/features`` that a round picked, as CSV with a header, in pick order."""

import csv
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from activepool.errors import InputError
from activepool.files import written_whole


def write_index(path: str | Path, columns: Mapping[str, np.ndarray]) -> None:
    """Write an index file; ``columns`` begin with ``index``, and floats keep all their digits."""
    with written_whole(path) as temporary, temporary.open("w", newline="") as stream:
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(zip(*(np.asarray(values).tolist() for values in columns.values()), strict=True))


def read_index(*paths: str | Path) -> np.ndarray:
    """Return the column ``index`` of one or more index files, one after the other.

    Returns: (n,) int64, in the order of the files.
    Raises: InputError for a file without that column, with values that are not whole numbers, or with
    an index that was already given.
    """
    seen: dict[int, str | Path] = {}
    for path in paths:
        for value in _read_one(path):
            if value in seen:
                raise InputError(f"{path}: index {value} was picked before, in {seen[value]}")
            seen[value] = path
    return np.array(list(seen), dtype=np.int64)


def read_rows(path: str | Path) -> tuple[list[str], list[dict[str, str]]]:
    """Return the column names of a CSV file with a header, and its rows; a missing cell is the empty text.

    Raises InputError if it cannot be read.
    """
    try:
        with Path(path).open(newline="") as stream:
            reader = csv.DictReader(stream, restval="")
            names = list(reader.fieldnames or ())
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not a readable CSV file ({error})") from error
    if not names:
        raise InputError(f"{path}: not a readable CSV file (it is empty)")
    return names, rows


def _read_one(path: str | Path) -> list[int]:
    names, rows = read_rows(path)
    if "index" not in names:
        raise InputError(f"{path}: has no column 'index' (columns: {', '.join(names)})")
    try:
        values = [int(row["index"]) for row in rows]
    except ValueError:
        values = [-1]
    if min(values, default=0) < 0:
        raise InputError(f"{path}: column 'index' must hold whole numbers from 0, the rows of train/features")
    return values
