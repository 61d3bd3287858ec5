"""Vectors that the user's file no longer has; the pool keeps them, and so their labels.

The file has ``samples``, their names, and ``features`` (R, d), float32. Rows are only added.
"""

from collections.abc import Collection, Mapping
from pathlib import Path

import h5py
import numpy as np

from activepool.compute.arrays import FloatArray, IntArray
from activepool.compute.blocks import BLOCK_ROWS, row_blocks
from activepool.features.store import FeatureMatrix
from activepool.io.hdf5_reading import opened
from activepool.io.hdf5_writing import written_hdf5
from activepool.ledger.pool_samples import embedding_sample

#: The file, in the folder of the pool.
REMOVED = "removed.h5"


def removed_rows(path: str | Path) -> dict[str, int]:
    """Return the row of each vector in a file of removed ones; empty if there is no such file."""
    if not Path(path).is_file():
        return {}
    with opened(path) as file:
        return {sample: row for row, sample in enumerate(file["samples"].asstr()[:].tolist())}


def removed_vectors(path: str | Path, rows: IntArray) -> FloatArray:
    """Return some rows of a file of removed vectors, (R, d) float32."""
    with opened(path) as file:
        return FeatureMatrix.from_dataset(file["features"]).take(rows)


def keep_removed(
    path: str | Path, features: str | Path, rows: Mapping[str, int], dry: bool = False
) -> Collection[str]:
    """Add vectors to a file of removed ones, and return all its samples.

    Args:
        path: the file, which may not exist yet.
        features: features.h5 of the pool, from which they are copied; it may be missing or outdated: only
            vectors with the content of their sample are copied.
        rows: the row in ``features`` of each sample that was removed.
        dry: whether to write nothing, and return the samples that the file would have.
    """
    kept_rows = removed_rows(path)
    new_rows = {sample: row for sample, row in rows.items() if sample not in kept_rows}
    if not new_rows or not Path(features).is_file():
        return kept_rows
    with opened(features) as file:
        stored = file["train/features"]
        copied = {
            sample: row
            for sample, row in new_rows.items()
            if row < len(stored) and embedding_sample(stored[row]) == sample
        }
        if copied and not dry:
            _write(path, [*kept_rows, *copied], stored, np.array(list(copied.values()), dtype=np.int64))
    return [*kept_rows, *copied]


def _write(path: str | Path, samples: Collection[str], stored: h5py.Dataset, rows: IntArray) -> None:
    """Write the vectors of the existing file, then those of some rows of the features."""
    width, matrix, filled = stored.shape[1], FeatureMatrix.from_dataset(stored), 0
    with written_hdf5(path) as file:
        file.create_dataset("samples", data=np.array(list(samples), dtype=object), dtype=h5py.string_dtype())
        features = file.create_dataset("features", (len(samples), width), np.float32)
        if Path(path).is_file():
            with opened(path) as existing:
                for block in row_blocks(len(existing["features"]), BLOCK_ROWS):
                    features[block] = existing["features"][block]
                filled = len(existing["features"])
        for block in row_blocks(len(rows), BLOCK_ROWS):
            values = matrix.take(rows[block])
            features[filled : filled + len(values)] = values
            filled += len(values)
