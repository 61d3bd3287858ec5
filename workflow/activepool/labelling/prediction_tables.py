"""What a head predicts for every sample of a pool, as CSV and Parquet, a block of rows at a time."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import islice
from pathlib import Path

import numpy as np

from activepool.compute.blocks import row_blocks
from activepool.errors import InputError
from activepool.io.files import written_whole
from activepool.io.index_files import csv_cells
from activepool.labelling.pool_predictions import read_predictions
from activepool.labelling.training_labels import read_labels

#: Rows that are written at once: a row group of the Parquet file.
TABLE_ROWS = 1 << 16

#: The columns, and their types in Arrow.
COLUMNS = {
    "source": "string",
    "predicted": "string",
    "probability": "float",
    "margin": "float",
    "label": "string",
    "sample": "string",
}

#: A block of a table: the values of its columns.
Block = Mapping[str, np.ndarray]


def prediction_blocks(
    predictions: str | Path, samples: str | Path, labels: str | Path, size: int = TABLE_ROWS
) -> Iterator[Block]:
    """Yield the columns of the table, ``size`` rows at a time.

    Args:
        predictions: predictions.h5.
        samples: samples.csv, a line for each row of the predictions: row, sample, source, and others.
        labels: labels.csv.
        size: rows of a block.

    Raises: InputError if the files do not fit together.
    """
    predicted, class_names = read_predictions(predictions)
    given = read_labels(labels)
    label_of = dict(zip(given.rows.tolist(), given.names, strict=True))
    total, names = len(predicted.predicted), np.array(class_names, dtype=object)
    with Path(samples).open(newline="", encoding="utf-8") as stream:
        reader = csv.DictReader(stream)
        for block in row_blocks(total, size):
            rows = list(islice(reader, block.stop - block.start))
            _require_rows(samples, rows, block, total)
            yield {
                "source": np.array([row["source"] for row in rows], dtype=object),
                "predicted": names[predicted.predicted[block]],
                "probability": predicted.probability[block],
                "margin": predicted.margin[block],
                "label": np.array(
                    [label_of.get(row) for row in range(block.start, block.stop)], dtype=object
                ),
                "sample": np.array([row["sample"] for row in rows], dtype=object),
            }
        if next(reader, None) is not None:
            raise InputError(f"{samples}: has more rows than the {total} that have predictions")


def write_tables(table: str | Path, parquet: str | Path, blocks: Iterable[Block]) -> None:
    """Write blocks of rows as CSV, where an empty cell means no label, and as Parquet, where null does."""
    try:
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter
    except ImportError as error:
        raise InputError(f"Parquet needs the package pyarrow ({error}): pip install pyarrow") from error

    schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in COLUMNS.items()])
    with ExitStack() as stack:
        paths = [stack.enter_context(written_whole(path)) for path in (table, parquet)]
        stream = stack.enter_context(paths[0].open("w", newline="", encoding="utf-8"))
        rows = stack.enter_context(ParquetWriter(paths[1], schema))
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(COLUMNS)
        for block in blocks:
            writer.writerows(zip(*(csv_cells(block[name]) for name in COLUMNS), strict=True))
            rows.write_table(pa.table([pa.array(block[name]) for name in COLUMNS], schema=schema))


def _require_rows(samples: str | Path, rows: list[dict[str, str]], block: slice, total: int) -> None:
    """Raise InputError unless these rows of samples.csv are those of a block."""
    missing = [name for name in ("row", "sample", "source") if rows and name not in rows[0]]
    if missing:
        raise InputError(f"{samples}: has no column {missing[0]!r} (columns: {', '.join(rows[0])})")
    if [row["row"] for row in rows] != [str(number) for number in range(block.start, block.stop)]:
        raise InputError(f"{samples}: its rows are not 0 to {total - 1}, those that have predictions")
