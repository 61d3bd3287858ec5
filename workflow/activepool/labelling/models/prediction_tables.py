"""The predictions for every file of a pool, as CSV and Parquet, a block of rows at a time."""

import csv
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from activepool.compute.blocks import row_blocks
from activepool.errors import InputError, importing
from activepool.io.files import written_whole
from activepool.io.index_files import csv_cells
from activepool.labelling.models.predictions import read_predictions
from activepool.labelling.pool.table import Pool
from activepool.ledger.state import State, Status

#: The rows of one write, a row group of the Parquet file.
TABLE_ROWS = 1 << 16

#: The columns, and their types in Arrow.
COLUMNS = {
    "source": "string",
    "predicted": "string",
    "probability": "float",
    "margin": "float",
    "label": "string",
    "status": "string",
    "sample": "string",
    "calibrated": "bool",
}

#: The status of a sample that is no longer in the pool.
GONE = "gone"

#: A block of rows of a table: the values of each column.
Block = Mapping[str, np.ndarray]


def prediction_blocks(
    predictions: str | Path, pool: Pool, state: State, is_calibrated: bool, size: int = TABLE_ROWS
) -> Iterator[Block]:
    """Yield the columns of the table, a row for each file (`Pool.files_by_row`), ``size`` rows at a time.

    Raises: InputError if the pool has other rows than the predictions.
    """
    model = read_predictions(predictions)
    total, classes = len(model.predicted), np.array(model.class_names, dtype=object)
    if len(pool.samples) != total:
        raise InputError(f"{predictions}: has {total} rows, and the pool {len(pool.samples)}; run again")
    files = list(pool.files_by_row())
    for block in row_blocks(len(files), size):
        rows = np.array([row for row, _ in files[block]], dtype=np.int64)
        samples = [pool.samples[row] for row in rows]
        states = [state.samples.get(sample) for sample in samples]
        statuses = [item.status if item else Status.NEW for item in states]
        yield {
            "source": np.array([source for _, source in files[block]], dtype=object),
            "predicted": classes[model.predicted[rows]],
            "probability": model.probability[rows],
            "margin": model.margin[rows],
            "label": np.array([item.label if item else None for item in states], dtype=object),
            "status": np.where(pool.is_present[rows], np.array(statuses, dtype=object), GONE),
            "sample": np.array(samples, dtype=object),
            "calibrated": np.full(len(samples), is_calibrated),
        }


def write_tables(table: str | Path, parquet: str | Path, blocks: Iterable[Block]) -> None:
    """Write blocks of rows as CSV, where an empty cell means no label, and as Parquet, where null does."""
    with importing("pyarrow", "Parquet needs the package"):
        import pyarrow as pa
        from pyarrow.parquet import ParquetWriter
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
