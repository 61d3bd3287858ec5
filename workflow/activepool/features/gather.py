"""Join the shards of an extraction into features.h5. Peak memory: one block of rows."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import h5py
import numpy as np
from tqdm import tqdm

from activepool.compute.arrays import FloatArray
from activepool.compute.blocks import BLOCK_ROWS, row_blocks
from activepool.data.ranges import SpreadCheck
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
    part, rows = source.name.strip("/"), len(source["labels"])
    for name in ("labels", "sources"):
        source.copy(name, group)
    ordered = sorted((piece[part] for piece in pieces), key=_rows_of)
    _require_all_rows(part, rows, ordered)
    group["batches"] = np.concatenate([piece["batches"][:] for piece in ordered])
    for name in sorted(ordered[0].keys() & {"features", "views"}):
        model = ordered[0][name]
        target = group.create_dataset(name, (*model.shape[:-2], rows, model.shape[-1]), model.dtype)
        blocks = _blocks(ordered, name)
        # A part of a growing pool has no test labels; `join_parts` looks at the whole.
        if target.name == "/train/features" and len(source.file["test/labels"]):
            backbone = group.file.attrs["backbone"]
            check = SpreadCheck(f"backbone {backbone!r}: train/features", model.shape[1], model.dtype)
            blocks = check.checked(blocks)
        filled = 0
        for block in blocks:
            target[..., filled : filled + block.shape[-2], :] = block
            filled += block.shape[-2]


def _rows_of(piece: h5py.Group) -> tuple[int, int]:
    """Return the rows (first, end) of a part in a shard."""
    first = int(piece.attrs["first_row"])
    return first, first + len(piece["features"])


def _require_all_rows(part: str, rows: int, ordered: list[h5py.Group]) -> None:
    """Raise InputError unless the shards, ordered by their rows, have each row of the part once."""
    for piece in ordered:
        if piece.attrs["part_rows"] != rows:
            raise InputError(
                f"{piece.file.filename}: was made from {piece.attrs['part_rows']} {part} rows, but the "
                f"dataset has {rows}; extract the features again"
            )
    reached, places = 0, [(piece, *_rows_of(piece)) for piece in ordered]
    for piece, first, end in [*places, (ordered[-1], rows, rows)]:
        if first != reached:
            problem = "are missing" if first > reached else "are given twice"
            raise InputError(
                f"{piece.file.filename}: {part} rows {min(first, reached)} to {max(first, reached) - 1} "
                f"{problem}; give each shard of one extraction once"
            )
        reached = end


def _blocks(ordered: list[h5py.Group], name: str) -> Iterator[FloatArray]:
    """Yield the rows of all shards in blocks: features (B, d), or views (V, B, d)."""
    for piece in tqdm(ordered, desc=f"{ordered[0].name[1:]} {name}", unit="shard", disable=None):
        for block in row_blocks(piece[name].shape[-2], BLOCK_ROWS):
            yield piece[name][..., block, :]
