"""Join the shards of an extraction into features.h5. Peak memory: one block of rows."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import h5py
import numpy as np
from tqdm import tqdm

from activepool.compute.blocks import BLOCK_ROWS, row_blocks
from activepool.data.ranges import Spans
from activepool.errors import InputError
from activepool.features.finished_shards import remove_finished
from activepool.features.store import PARTS
from activepool.io.hdf5_reading import opened
from activepool.io.hdf5_writing import written_hdf5


def gather(dataset: str | Path, shards: Sequence[str | Path], output: str | Path) -> None:
    """Write features.h5: the rows of all shards in order, with labels, sources and classes of the dataset.

    ``shards`` are all of one extraction, in any order. The features are contiguous in the file.

    Raises: InputError if a shard is missing, occurs twice, or belongs to another dataset or backbone; or if
    the train features lie too close together.
    """
    with ExitStack() as files:
        source = files.enter_context(opened(dataset))
        pieces = [files.enter_context(opened(path)) for path in shards]
        _require_one_extraction(pieces)
        with written_hdf5(output) as file:
            file.attrs["class_names"] = source.attrs["class_names"]
            file.attrs.update(pieces[0].attrs)
            for part in PARTS:
                _gather_part(file.create_group(part), source[part], pieces)
            if len(file["test/labels"]):  # a part of a growing pool has none; `join_parts` looks at the whole
                _require_spread(
                    f"backbone {file.attrs['backbone']!r}: train/features", file["train/features"]
                )
    remove_finished(shards)


def _require_one_extraction(pieces: list[h5py.File]) -> None:
    """Raise InputError unless all shards have the same backbone, weights and transform."""
    first = dict(pieces[0].attrs)
    for piece in pieces[1:]:
        for key in first.keys() | piece.attrs.keys():
            if piece.attrs.get(key) != first.get(key):
                raise InputError(
                    f"{piece.filename}: {key} is {piece.attrs.get(key)!r}, but {first.get(key)!r} in "
                    f"{pieces[0].filename}; all shards must come from one extraction"
                )


def _gather_part(group: h5py.Group, source: h5py.Group, pieces: list[h5py.File]) -> None:
    """Copy one part: labels and sources from the dataset, features and views from the shards."""
    part = source.name.strip("/")
    rows = len(source["labels"])
    for name in ("labels", "sources"):
        source.copy(name, group)
    ordered = sorted((piece[part] for piece in pieces), key=_rows_of)
    _require_all_rows(part, rows, ordered)
    group["batches"] = np.concatenate([piece["batches"][:] for piece in ordered])
    for name in sorted(ordered[0].keys() & {"features", "views"}):
        model = ordered[0][name]
        shape = (*model.shape[:-2], rows, model.shape[-1])
        target = group.create_dataset(name, shape, model.dtype)
        for piece in tqdm(ordered, desc=f"{part} {name}", unit="shard", disable=None):
            _copy(piece, name, target)


def _require_spread(name: str, features: h5py.Dataset) -> None:
    """Raise InputError if features, which exist only now from all shards, lie too close together."""
    spans = Spans(name, features.shape[1], features.dtype)
    for block in row_blocks(len(features), BLOCK_ROWS):
        spans.add(features[block])
    spans.require_spread()


def _rows_of(piece: h5py.Group) -> tuple[int, int]:
    """Return the rows (first, end) of a part in a shard."""
    first = int(piece.attrs["first_row"])
    return first, first + len(piece["features"])


def _require_all_rows(part: str, rows: int, ordered: list[h5py.Group]) -> None:
    """Raise InputError unless the shards, ordered by their rows, have each row of the part once."""
    reached = 0
    for piece in ordered:
        path, (first, end) = piece.file.filename, _rows_of(piece)
        if piece.attrs["part_rows"] != rows:
            raise InputError(
                f"{path}: was made from {piece.attrs['part_rows']} {part} rows, but the dataset has {rows}; "
                "extract the features again"
            )
        if first != reached:
            problem = "are missing" if first > reached else "are given twice"
            raise InputError(
                f"{path}: {part} rows {min(first, reached)} to {max(first, reached) - 1} {problem}; "
                "give each shard of one extraction once"
            )
        reached = end
    if reached != rows:
        raise InputError(
            f"{ordered[-1].file.filename}: {part} rows {reached} to {rows - 1} are missing; "
            "give each shard of one extraction once"
        )


def _copy(piece: h5py.Group, name: str, target: h5py.Dataset) -> None:
    """Copy the rows of a shard in blocks; features are (n, d), views (V, n, d)."""
    stored, first = piece[name], _rows_of(piece)[0]
    for block in row_blocks(stored.shape[-2], BLOCK_ROWS):
        target[..., first + block.start : first + block.stop, :] = stored[..., block, :]
