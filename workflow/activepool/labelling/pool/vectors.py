"""A user's own vectors, one a sample, in place of photographs."""

from collections.abc import Iterator
from pathlib import Path

import h5py
import numpy as np

from activepool.compute.arrays import FloatArray, IntArray
from activepool.compute.blocks import BLOCK_ROWS, row_blocks
from activepool.data.embedding_files import NPY
from activepool.data.listing import existing_file
from activepool.data.ranges import require_squares
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix
from activepool.ledger.pool_samples import embedding_sample

#: The digest of the vectors that the tables of a pool describe, in the folder of the pool.
VECTORS = "vectors.json"


def read_vectors(path: str | Path) -> FeatureMatrix:
    """Return vectors (N, d), left in the file.

    Args:
        path: a .npy file, or an HDF5 file with ``features`` or ``train/features``.

    Raises: InputError if it is neither, or holds no floats of that shape.
    """
    path = existing_file(path, "a .npy or HDF5 file of vectors, one a sample")
    with path.open("rb") as file:
        is_npy = file.read(len(NPY)) == NPY
    try:
        vectors = np.load(path, mmap_mode="r") if is_npy else _dataset(path)
    except InputError:
        raise
    # A damaged header makes NumPy's reader raise nearly any error.
    except Exception as error:
        raise InputError(f"{path}: cannot be read ({' '.join(str(error).split())}); save it again") from error
    if len(vectors.shape) != 2 or not vectors.size or vectors.dtype.kind != "f":
        raise InputError(
            f"{path}: holds {vectors.dtype} of shape {vectors.shape}; it must be floats of shape "
            "(samples, width)"
        )
    return FeatureMatrix.of_array(vectors) if is_npy else FeatureMatrix.of_dataset(vectors)


def require_numbers(path: str | Path, vectors: FeatureMatrix) -> None:
    """Raise InputError, with row and column, for a value of vectors (N, d) that is not finite or too large.

    Args:
        path: their file, for the message.
        vectors: the rows.
    """
    rows = np.arange(vectors.shape[0])
    for block in row_blocks(len(rows), BLOCK_ROWS):
        with np.errstate(over="ignore"):  # to infinity, which is named
            values = vectors.block(block)
        require_finite(path, values, rows[block])
        require_squares(str(path), values, block.start)


def require_finite(path: str | Path, values: FloatArray, rows: IntArray) -> None:
    """Raise InputError, with row and column, for a value that is not finite.

    Args:
        path: the file, for the message.
        values: (B, d).
        rows: (B,) their numbers in the file.
    """
    wrong = np.argwhere(~np.isfinite(values))
    if len(wrong):
        row, column = wrong[0]
        raise InputError(
            f"{path}: row {rows[row]}, column {column} is {values[row, column]} as float32; every number "
            "must be finite"
        )


def vector_samples(vectors: FeatureMatrix) -> Iterator[str]:
    """Yield the sample that each row of vectors (N, d) is."""
    for block in row_blocks(vectors.shape[0], BLOCK_ROWS):
        yield from map(embedding_sample, vectors.block(block))


def _dataset(path: Path) -> h5py.Dataset:
    if not h5py.is_hdf5(path):
        raise InputError(f"{path}: is neither .npy nor HDF5; save the array by numpy.save")
    file = h5py.File(path, "r")  # open for as long as the rows are read
    for name in ("features", "train/features"):
        if isinstance(stored := file.get(name), h5py.Dataset):
            return stored
    raise InputError(f"{path}: has neither 'features' nor 'train/features'")
