"""Parquet tables, in batches: a column of lists is an array, and so are all columns of floats together."""

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS
from activepool.errors import InputError, importing
from activepool.io.array_files.array_file import MISSING, ArrayFile, StoredArray, report_damage

#: (columns, first row) -> their values, (rows,) or (rows, width).
Convert = Callable[[Sequence[Any], int], np.ndarray]


def open_parquet(path: Path, separate: Collection[str] = ()) -> ArrayFile:
    """Open a Parquet file; raises InputError if it is damaged.

    Its arrays are its columns of numbers, of text, and of lists of numbers. All columns of floats together,
    except for ``separate`` ones and an index of pandas, are the array "".
    """
    with importing("pyarrow", f"{path}: reading Parquet needs"):
        import pyarrow as pa
        from pyarrow import parquet
    resources = ExitStack()
    with report_damage(f"{path}:"):
        file = resources.enter_context(parquet.ParquetFile(path, memory_map=True))
        schema = file.schema_arrow
        separate = [*separate, *(schema.pandas_metadata or {}).get("index_columns", ())]
    types = dict(zip(schema.names, schema.types, strict=True))
    floats = [name for name, kind in types.items() if pa.types.is_floating(kind) and name not in separate]
    rows = file.metadata.num_rows
    shapes: dict[str, tuple[int, ...]] = {
        name: (rows, _width(path, file, name)) if _is_list(pa.types, kind) else (rows,)
        for name, kind in types.items()
        if _is_list(pa.types, kind) or _is_number(pa.types, kind) or _is_text(pa.types, kind)
    }
    shapes |= {"": (rows, len(floats))} if floats else {}

    def find(name: str) -> StoredArray:
        label = f"{path}: {name or 'its columns of floats'}"
        if name not in shapes:
            raise InputError(f"{label}: is a column of {types[name]}; save numbers, text or lists of numbers")
        shape, kind = shapes[name], types[name] if name else None
        if kind is None:
            convert, dtype = _table, np.result_type(*(types[column].to_pandas_dtype() for column in floats))
        elif len(shape) == 2:
            convert = partial(_lists, label, shape[1])
            dtype = np.dtype(kind.value_type.to_pandas_dtype())
        elif _is_text(pa.types, kind):
            convert, dtype = _values, np.dtype(object)
        else:
            convert, dtype = partial(_numbers, label), np.dtype(kind.to_pandas_dtype())
            if dtype.kind == "u" and file.read([name]).column(0).null_count:
                dtype = np.dtype(np.int64)  # which has -1
        empty = np.empty((0, *shape[1:]), dtype)
        columns = [name] if name else floats
        read = _RowReader(path, file, columns, convert, empty)
        return StoredArray(label, shape, dtype, read, columns=() if name else tuple(floats))

    return ArrayFile(path, shapes, find, resources, types.keys() - shapes.keys())


def _is_number(types: Any, kind: Any) -> bool:
    return bool(types.is_floating(kind) or types.is_integer(kind))


def _is_list(types: Any, kind: Any) -> bool:
    is_list = types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind)
    return bool(is_list and _is_number(types, kind.value_type))


def _is_text(types: Any, kind: Any) -> bool:
    kind = kind.value_type if types.is_dictionary(kind) else kind
    return bool(types.is_string(kind) or types.is_large_string(kind))


def _width(path: Path, file: Any, name: str) -> int:
    with report_damage(f"{path}: {name}"):
        for size in (1, BLOCK_ROWS):  # the first row, unless it is null
            for batch in file.iter_batches(size, columns=[name]):
                lengths = batch.column(0).drop_null().value_lengths()
                if len(lengths):
                    return int(lengths[0].as_py())
                if size == 1:
                    break
    return 0


def _table(columns: Sequence[Any], first_row: int) -> np.ndarray:
    return np.stack([_values([column], first_row) for column in columns], axis=1)


def _values(columns: Sequence[Any], first_row: int) -> np.ndarray:
    return np.asarray(columns[0].to_numpy(zero_copy_only=False))


def _numbers(label: str, columns: Sequence[Any], first_row: int) -> np.ndarray:
    (column,) = columns
    if column.null_count and np.dtype(column.type.to_pandas_dtype()).kind in "iu":
        with report_damage(f"{label}: beside missing values, a whole number of more than 63 bits"):
            column = column.cast("int64").fill_null(MISSING)
    return np.asarray(column.to_numpy(zero_copy_only=False))


def _lists(label: str, width: int, columns: Sequence[Any], first_row: int) -> np.ndarray:
    (column,) = columns
    if column.null_count:
        row = first_row + column.is_null().to_pylist().index(True)
        raise InputError(f"{label}: row {row} is null; each row needs {width} numbers")
    lengths = column.value_lengths().to_numpy(zero_copy_only=False)
    wrong_rows = np.flatnonzero(lengths != width)
    if len(wrong_rows):
        row, length = first_row + int(wrong_rows[0]), int(lengths[wrong_rows[0]])
        raise InputError(
            f"{label}: row {row} has {length} numbers, and the first row {width}; each row needs as many"
        )
    return np.asarray(column.flatten().to_numpy(zero_copy_only=False)).reshape(-1, width)


class _RowReader:
    """Reads rows of some columns, in one thread at a time; reading forward, it reads each batch once."""

    def __init__(
        self, path: Path, file: Any, columns: Sequence[str], convert: Convert, empty: np.ndarray
    ) -> None:
        self._path, self._file, self._columns, self._convert = path, file, list(columns), convert
        metadata = file.metadata
        counts = [metadata.row_group(group).num_rows for group in range(metadata.num_row_groups)]
        #: The first row of each row group, and the number of all rows.
        self._starts = np.cumsum([0, *counts])
        self._empty = empty
        self._batches: Iterator[Any] = self._batches_from(0)
        # The last batch, and its first row.
        self._first, self._batch = 0, empty

    def __call__(self, rows: slice) -> np.ndarray:
        start, stop, _ = rows.indices(int(self._starts[-1]))
        pieces = [self._empty]
        while start < stop:
            self._seek(start)
            pieces.append(self._batch[start - self._first : stop - self._first])
            start += len(pieces[-1])
        return np.concatenate(pieces)

    def _seek(self, row: int) -> None:
        group = int(np.searchsorted(self._starts, row, side="right")) - 1
        if row < self._first or self._starts[group] > self._first + len(self._batch):
            self._batches = self._batches_from(group)
            self._first, self._batch = int(self._starts[group]), self._empty
        while row >= self._first + len(self._batch):
            self._first += len(self._batch)
            self._batch = self._next_batch()

    def _batches_from(self, group: int) -> Iterator[Any]:
        groups = list(range(group, len(self._starts) - 1))
        batches: Iterator[Any] = self._file.iter_batches(BLOCK_ROWS, groups, self._columns)
        return batches

    def _next_batch(self) -> np.ndarray:
        with report_damage(f"{self._path}: the block of rows from {self._first:,} on"):
            batch = next(self._batches)
        values = self._convert([batch.column(name) for name in self._columns], self._first)
        return values.astype(self._empty.dtype, copy=False)
