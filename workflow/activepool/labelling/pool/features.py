"""The features of a growing pool: those of its parts, stacked.

The result is a features.h5 (`activepool.features.store`) with the rows of samples.csv, without labels and
with an empty test part.
"""

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import h5py
import numpy as np

from activepool.compute.arrays import FloatArray, TextArray
from activepool.compute.blocks import BLOCK_ROWS, row_blocks
from activepool.data.ranges import SpreadCheck, require_squares
from activepool.data.samples import UNKNOWN
from activepool.errors import InputError
from activepool.features.ranges import require_finite_values
from activepool.features.store import PARTS
from activepool.io.hdf5 import opened, written_hdf5
from activepool.labelling.pool.vectors import VectorFile, removed_rows, removed_vectors, vector_samples


def join_parts(parts: Sequence[str | Path], sources: Sequence[str], output: str | Path) -> None:
    """Write the features of a pool from those of its parts.

    Raises: InputError if the parts differ in backbone or width, if they do not have N rows together, or if
    all features are too close together.
    """
    with ExitStack() as stack:
        pieces = [stack.enter_context(opened(path)) for path in parts]
        first, width = pieces[0], pieces[0]["train/features"].shape[1]
        for piece in pieces[1:]:
            for key in ("backbone", "checkpoint_digest", "transform"):
                if piece.attrs.get(key) != first.attrs.get(key):
                    raise InputError(
                        f"{piece.filename}: {key} is {piece.attrs.get(key)!r}, but "
                        f"{first.attrs.get(key)!r} in {first.filename}; delete both, and run again"
                    )
            if (piece_width := piece["train/features"].shape[1]) != width:
                raise InputError(
                    f"{piece.filename}: has width {piece_width}, but {width} in {first.filename}; delete "
                    "both, and run again"
                )
        matrices = [piece["train/features"] for piece in pieces]
        rows = sum(len(features) for features in matrices)
        if rows != len(sources):
            raise InputError(
                f"{first.filename}: the parts have {rows} rows, and the pool {len(sources)}; run again"
            )
        attributes = {key: value for key, value in first.attrs.items() if key != "class_names"}
        blocks = (features[block] for features in matrices for block in row_blocks(len(features), BLOCK_ROWS))
        check = SpreadCheck(f"backbone {first.attrs['backbone']!r}: train/features", width, matrices[0].dtype)
        _write(output, attributes, sources, matrices[0].dtype, width, check.checked(blocks))


def copy_vectors(
    file: VectorFile,
    samples: Sequence[str],
    sources: Sequence[str],
    output: str | Path,
    removed: str | Path | None = None,
) -> None:
    """Write the features of a pool from a user's own vectors, and from ``removed`` ones that it lacks.

    The ``samples`` (N,) are the digests of the vectors, and ``sources`` (N,) the names of the rows.

    Raises: InputError, naming the row, for a value that is not finite or too large, and for vectors that are
    in neither file.
    """
    path, vectors = file.path, file.vectors()
    row_of: dict[str, int] = {}
    for row, sample in enumerate(vector_samples(vectors)):
        row_of.setdefault(sample, row)
    rows = np.array([row_of.get(sample, UNKNOWN) for sample in samples], dtype=np.int64)
    removed_row = removed_rows(removed) if removed else {}
    missing = [sample for sample, row in zip(samples, rows, strict=True) if row == UNKNOWN]
    if lost := len(set(missing) - set(removed_row)):
        raise InputError(
            f"{path}: lacks {lost:,} of the pool's {len(samples):,} vectors; it has changed since the run "
            "began: run again"
        )
    attributes = {"backbone": "given", "checkpoint_digest": "", "transform": ""}

    def blocks() -> Iterator[FloatArray]:
        for block in row_blocks(len(rows), BLOCK_ROWS):
            is_present = rows[block] != UNKNOWN
            values = np.empty((len(is_present), vectors.shape[1]), np.float32)
            values[is_present] = vectors.take(rows[block][is_present])
            require_finite_values(str(path), values[is_present], rows[block][is_present])
            require_squares(str(path), values[is_present], rows[block][is_present])
            if removed and not is_present.all():
                absent = itertools.compress(samples[block], ~is_present)
                places = np.array([removed_row[sample] for sample in absent], dtype=np.int64)
                values[~is_present] = removed_vectors(removed, places)
            yield values

    _write(output, attributes, sources, np.dtype(np.float32), vectors.shape[1], blocks())


def _write(
    output: str | Path,
    attributes: Mapping[str, object],
    sources: Sequence[str],
    dtype: np.dtype,
    width: int,
    blocks: Iterable[FloatArray],
) -> None:
    with written_hdf5(output) as file:
        file.attrs.update(attributes)
        file.attrs["class_names"] = np.empty(0, dtype=h5py.string_dtype())
        for part, names in zip(PARTS, (sources, []), strict=True):
            group = file.create_group(part)
            group["labels"] = np.full(len(names), UNKNOWN, dtype=np.int64)
            texts: TextArray = np.array(names, dtype=object)
            group.create_dataset("sources", data=texts, dtype=h5py.string_dtype())
            group.create_dataset("features", (len(names), width), dtype)
        filled = 0
        for block in blocks:
            file["train/features"][filled : filled + len(block)] = block
            filled += len(block)
