"""A user's own vectors, one per sample, in place of photographs.

The pool keeps the vectors that the user's file no longer has, and so their labels, in a file of their own:
``samples`` are their names, and ``features`` (R, d) their values, float32. Rows are only added.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from activepool.compute.arrays import FloatArray, IntArray
from activepool.compute.blocks import BLOCK_ROWS, row_blocks
from activepool.data.embedding_arrays import CLASS_NAMES, LABELS, TEST, TRAIN, ArrayNames, unread_vectors
from activepool.data.embedding_files import repeated_names, require_names, require_vectors, row_names
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix
from activepool.io.hdf5 import opened, written_hdf5
from activepool.labelling.pool.files import PoolFile, require_ledger_names
from activepool.ledger.pool_samples import embedding_sample

#: The digest of the vectors that the tables of a pool describe, in the folder of the pool.
VECTORS = "vectors.json"

#: The file of removed vectors, in the folder of the pool.
REMOVED = "removed.h5"


@dataclass(frozen=True)
class VectorFile:
    """The file of a pool's vectors, of any form of `activepool.io.array_files`, and the names of two arrays.

    None stands for the usual names of the vectors, or their only array, and of the rows' names.
    """

    path: str | Path
    array: str | None = None
    source_array: str | None = None

    def vectors(self) -> FeatureMatrix:
        """Return the vectors (N, d), which stay in the file; raises InputError for other shapes."""
        file = self._names.open_file(self.path)  # open for as long as the rows are read
        stored = self._names.vectors(file)
        require_vectors(stored)
        if not stored.shape[0]:
            raise InputError(f"{stored.name}: is {stored.form}; it must have a row for each sample")
        if isinstance(stored.array, h5py.Dataset):
            return FeatureMatrix.from_dataset(stored.array)
        if stored.array is not None:
            return FeatureMatrix.from_array(stored.array)
        return FeatureMatrix.from_function(stored.shape, stored.__getitem__)

    def row_names(self) -> list[str] | None:
        """Return the names (N,) of the rows; None if the file has none.

        Raises: InputError if their number is not that of the vectors, if two rows have the same name, or with
            a line for each name that the ledger cannot hold.
        """
        with self._names.open_file(self.path) as file:
            sources = self._names.sources(file)
            if sources is None:
                return None
            require_names(sources, self._names.vectors(file).shape[0])
            names = row_names(sources)
        if problem := repeated_names(sources, names):
            raise InputError(f"{problem}; each row needs a name of its own")
        require_ledger_names(sources.name, names, "row")
        return names

    def unread(self) -> list[str]:
        """Return the names of arrays that a pool does not read: labels, classes, and other vectors."""
        names = [f"{part}{name}" for part in (*TRAIN, *TEST) for name in (*LABELS, CLASS_NAMES)]
        with self._names.open_file(self.path) as file:
            other_vectors = unread_vectors(file, [self._names.vectors(file)])
            return [*other_vectors, *(name for name in names if name in file.shapes)]

    @property
    def _names(self) -> ArrayNames:
        return ArrayNames(self.array, source_array=self.source_array)


def vector_samples(vectors: FeatureMatrix) -> Iterator[str]:
    """Yield the sample of each row of vectors (N, d)."""
    for block in row_blocks(vectors.shape[0], BLOCK_ROWS):
        yield from map(embedding_sample, vectors.block(block))


def vector_files(vectors: FeatureMatrix, names: Sequence[str] | None = None) -> list[PoolFile]:
    """Return the rows of a user's vectors (N, d), whose sources are their names, or else their numbers."""
    sources = map(str, range(vectors.shape[0])) if names is None else names
    pairs = zip(sources, vector_samples(vectors), strict=True)
    return [PoolFile(source, sample, vectors.shape[1], 0) for source, sample in pairs]


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
    """Add vectors to a file of removed ones, and return all its samples; if ``dry``, write nothing.

    They are copied from ``features`` of the pool, at the row of each sample. That file may be missing or
    outdated: only vectors with the content of their sample are copied.
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
            _write_removed(
                path, [*kept_rows, *copied], stored, np.array(list(copied.values()), dtype=np.int64)
            )
    return [*kept_rows, *copied]


def _write_removed(path: str | Path, samples: Collection[str], stored: h5py.Dataset, rows: IntArray) -> None:
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
