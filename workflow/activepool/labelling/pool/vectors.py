"""A user's own vectors, one per sample, in place of photographs."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import h5py

from activepool.compute.blocks import BLOCK_ROWS, row_blocks
from activepool.data.embedding_arrays import CLASS_NAMES, LABELS, TEST, TRAIN, ArrayNames, unread_vectors
from activepool.data.embedding_files import repeated_names, require_names, require_vectors, row_names
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix
from activepool.labelling.pool.names import require_ledger_names
from activepool.ledger.pool_samples import embedding_sample

#: The digest of the vectors that the tables of a pool describe, in the folder of the pool.
VECTORS = "vectors.json"


@dataclass(frozen=True)
class VectorFile:
    """The file of a pool's vectors, of any form of `activepool.io.array_files`.

    Attributes:
        path: the file.
        array: the name of the array of vectors; None if it is the only one, or has a usual name.
        source_array: the name of the array of row names; None for the usual name.
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
