"""Annotations of embeddings without names: only the row identifies a vector, and rows can move."""

import re
from collections.abc import Iterator

import numpy as np

from activepool.compute.arrays import FloatArray
from activepool.compute.blocks import BLOCK_ROWS, row_blocks
from activepool.data.annotations import Annotation, Annotations, TrainPart
from activepool.data.embedding_files import EmbeddingPart
from activepool.features.store import FeatureFile
from activepool.io.index_files import whole_number

#: The source of a row that has no name, see `EmbeddingPart.source_texts`.
ROW = re.compile(r"train/(\d+)")


def moved_vectors(
    features: FeatureFile, present: EmbeddingPart, path: str, annotations: Annotations
) -> Iterator[str]:
    """Yield a line for each annotation of a row that has another vector now, if rows have moved.

    Rows have moved if one of these vectors is in another row now. If none is, another network may have
    computed all vectors again, and the rows may well be the same samples.

    Args:
        features: features.h5, as a run has read the vectors.
        present: the present vectors.
        path: their file, for messages.
        annotations: annotations whose rows both have.
    """
    part = TrainPart.from_file(features)
    if (
        present.sources is not None
        or part.sources is None
        or present.width != features.train.features.shape[1]
    ):
        return
    of_rows = {_row(part, annotation): annotation for annotation in annotations.rows}
    named = {row: ROW.fullmatch(part.sources[row]) for row in of_rows if row is not None}
    rows = np.array([row for row, name in named.items() if name], dtype=np.int64)
    before = features.train.features.take(rows)
    rows_before = [int(name[1]) for name in named.values() if name]

    def is_kept(number: int) -> bool:
        row = rows_before[number]
        exists = row < len(present.labels)
        return exists and np.array_equal(before[number], _vectors(present, slice(row, row + 1))[0])

    # In the order of the rows: a table reads each batch once, going forward.
    changed = sorted(number for number in np.argsort(rows_before).tolist() if not is_kept(number))
    rows_now = _rows_now(present, before[changed]) if changed else {}
    for number in changed if rows_now else ():
        annotation, row_now = of_rows[int(rows[number])], rows_now.get(before[number].tobytes())
        its_row = "no row" if row_now is None else f"row {row_now}"
        yield (
            f"{annotations.path}:{annotation.line}: 'train/{rows_before[number]}' was the vector that "
            f"{its_row} of {path} has now; put new rows last, or correct this file and delete "
            f"{features.path}"
        )


def _row(part: TrainPart, annotation: Annotation) -> int | None:
    """Return the row that an annotation is about; None if it is a new one."""
    row = next(iter(part.rows_of(annotation.source.strip())), whole_number(annotation.index))
    return row if row is not None and row < len(part.labels) else None


def _rows_now(present: EmbeddingPart, vectors: FloatArray) -> dict[bytes, int]:
    """Return the present row of each of these vectors, by its bytes; those that are gone are missing."""
    wanted_vectors = {vector.tobytes() for vector in vectors}
    rows: dict[bytes, int] = {}
    for block in row_blocks(len(present.labels), BLOCK_ROWS):
        for row, vector in enumerate(_vectors(present, block), start=block.start):
            if (content := vector.tobytes()) in wanted_vectors:
                rows.setdefault(content, row)
    return rows


def _vectors(present: EmbeddingPart, rows: slice) -> FloatArray:
    """Return vectors as features.h5 would hold them."""
    with np.errstate(over="ignore"):
        return np.ascontiguousarray(present.features.read(rows), dtype=np.float32)
