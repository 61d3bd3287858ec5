"""Files that appear whole or not at all, and the small formats that stages exchange."""

import hashlib
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from activepool.errors import InputError


@contextmanager
def written_whole(path: str | Path) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it becomes ``path``, on failure it is removed."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")
    try:
        yield temporary
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def write_json(path: str | Path, content: Any) -> None:
    """Write ``content`` as indented JSON with sorted keys."""
    with written_whole(path) as temporary:
        temporary.write_text(json.dumps(content, indent=2, sort_keys=True) + "\n")


def read_json(path: str | Path) -> Any:
    """Read a JSON file; raises InputError if it is not JSON."""
    try:
        return json.loads(Path(path).read_text())
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable JSON file ({error})") from error


def write_table(path: str | Path, table: pd.DataFrame) -> None:
    """Write ``table`` as CSV with a header and no row names; floats keep all their digits."""
    with written_whole(path) as temporary:
        table.to_csv(temporary, index=False)


def read_index(*paths: str | Path) -> np.ndarray:
    """Return the column ``index`` of one or more index files, one after the other.

    Returns: (n,) int64, in the order of the files.
    Raises: InputError for a file without that column, with values that are not whole numbers, or with
    an index that was already given.
    """
    parts = [_read_one_index(Path(path)) for path in paths]
    seen: dict[int, Path] = {}
    for path, part in zip(paths, parts, strict=True):
        for value in part.tolist():
            if value in seen:
                raise InputError(f"{path}: index {value} was picked before, in {seen[value]}")
            seen[value] = Path(path)
    return np.concatenate(parts) if parts else np.empty(0, dtype=np.int64)


def _read_one_index(path: Path) -> np.ndarray:
    try:
        table = pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable index file ({error})") from error
    if "index" not in table.columns:
        raise InputError(f"{path}: has no column 'index' (columns: {', '.join(table.columns)})")
    column = table["index"]
    if len(column) and (not pd.api.types.is_integer_dtype(column) or column.min() < 0):
        raise InputError(f"{path}: column 'index' must hold whole numbers from 0, the rows of train/features")
    return column.to_numpy(dtype=np.int64)


def file_digest(path: str | Path) -> str:
    """Return the SHA-256 of a file's content, in hexadecimal."""
    with Path(path).open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()
