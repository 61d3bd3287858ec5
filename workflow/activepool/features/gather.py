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
from activepool.io.hdf5 import opened, written_hdf5


def gather(dataset: str | Path, shards: Sequence[str | Path], output: str | Path) -> None:
    """Write features.h5: the rows of all shards in order, with labels, sources and classes of the dataset.

    ``shards`` are all of one extraction, in any order. The features are contiguous in the file.

    Raises: InputError if a shard is missing, occurs twice, or belongs to another dataset or backbone; or if
    the train features lie too close together.
    """
    with ExitStack() as files:
        source = files.enter_context(opened(dataset))
        shard_files = [files.enter_context(opened(path)) for path in shards]
        _require_one_extraction(shard_files)
        with written_hdf5(output) as file:
            file.attrs["class_names"] = source.attrs["class_names"]
            file.attrs.update(shard_files[0].attrs)
            for part in PARTS:
                _gather_part(file.create_group(part), source[part], shard_files)
    remove_finished(shards)


def _require_one_extraction(shard_files: list[h5py.File]) -> None:
    """Raise InputError unless all shards have the same backbone, weights and transform."""
    first = dict(shard_files[0].attrs)
    for shard in shard_files[1:]:
        for key in first.keys() | shard.attrs.keys():
            if shard.attrs.get(key) != first.get(key):
                raise InputError(
                    f"{shard.filename}: {key} is {shard.attrs.get(key)!r}, but {first.get(key)!r} in "
                    f"{shard_files[0].filename}; all shards must come from one extraction"
                )


def _gather_part(group: h5py.Group, source: h5py.Group, shard_files: list[h5py.File]) -> None:
    """Copy one part: labels and sources from the dataset, features and views from the shards."""
    part, rows = source.name.strip("/"), len(source["labels"])
    for name in ("labels", "sources"):
        source.copy(name, group)
    shard_groups = sorted((shard[part] for shard in shard_files), key=_rows_of)
    _require_all_rows(part, rows, shard_groups)
    group["batches"] = np.concatenate([shard["batches"][:] for shard in shard_groups])
    for name in sorted(shard_groups[0].keys() & {"features", "views"}):
        example = shard_groups[0][name]
        target = group.create_dataset(name, (*example.shape[:-2], rows, example.shape[-1]), example.dtype)
        blocks = _blocks(shard_groups, name)
        # A part of a growing pool has no test labels; `join_parts` checks the whole.
        if target.name == "/train/features" and len(source.file["test/labels"]):
            backbone = group.file.attrs["backbone"]
            check = SpreadCheck(f"backbone {backbone!r}: train/features", example.shape[1], example.dtype)
            blocks = check.checked(blocks)
        start = 0
        for block in blocks:
            target[..., start : start + block.shape[-2], :] = block
            start += block.shape[-2]


def _rows_of(shard: h5py.Group) -> tuple[int, int]:
    """Return the rows (first, end) of a part in a shard."""
    first = int(shard.attrs["first_row"])
    return first, first + len(shard["features"])


def _require_all_rows(part: str, rows: int, shard_groups: list[h5py.Group]) -> None:
    """Raise InputError unless the shards, ordered by their rows, have each row of the part once."""
    for shard in shard_groups:
        if shard.attrs["part_rows"] != rows:
            raise InputError(
                f"{shard.file.filename}: was made from {shard.attrs['part_rows']} {part} rows, but the "
                f"dataset has {rows}; extract the features again"
            )
    expected, spans = 0, [(shard, *_rows_of(shard)) for shard in shard_groups]
    for shard, first, end in [*spans, (shard_groups[-1], rows, rows)]:
        if first != expected:
            problem = "are missing" if first > expected else "are given twice"
            raise InputError(
                f"{shard.file.filename}: {part} rows {min(first, expected)} to {max(first, expected) - 1} "
                f"{problem}; give each shard of one extraction once"
            )
        expected = end


def _blocks(shard_groups: list[h5py.Group], name: str) -> Iterator[FloatArray]:
    """Yield the rows of all shards in blocks: features (B, d), or views (V, B, d)."""
    for shard in tqdm(shard_groups, desc=f"{shard_groups[0].name[1:]} {name}", unit="shard", disable=None):
        for block in row_blocks(shard[name].shape[-2], BLOCK_ROWS):
            yield shard[name][..., block, :]
