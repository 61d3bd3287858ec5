"""The batches of a shard, and its file.

A part is cut into batches of fixed size, and a shard has whole batches: the batches, and the bits of their
features, are the same for any number of shards.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

import h5py
import numpy as np

from activepool.compute.arrays import IntArray
from activepool.compute.blocks import row_blocks
from activepool.compute.shards import Shard
from activepool.features.batch_records import KEY_BYTES, BatchRecords
from activepool.features.settings import ExtractSettings


@dataclass(frozen=True)
class Batch:
    """A batch of rows of a part: its ``features`` (B, d), or the ``views`` (V, B, d) of its images."""

    part: str
    name: str
    rows: slice
    shape: tuple[int, ...]

    @property
    def row_numbers(self) -> IntArray:
        """The rows as an array, (B,)."""
        return np.arange(self.rows.start, self.rows.stop)


class ShardBatches:
    """The batches of a shard: ``all`` in the order of their computation, and by number in ``groups``."""

    def __init__(self, lengths: dict[str, int], width: int, settings: ExtractSettings, shard: Shard) -> None:
        """List the batches, for parts of these lengths and features of this width."""
        self._lengths, self._width, self._settings = lengths, width, settings
        self._rows = {part: shard.rows(count, settings.batch_size) for part, count in lengths.items()}
        self.all = [batch for part in lengths for batch in self._part_batches(part)]
        self.groups: defaultdict[tuple[str, str], dict[int, Batch]] = defaultdict(dict)
        for number, batch in enumerate(self.all):
            self.groups[batch.part, batch.name][number] = batch

    def _names(self, part: str) -> list[str]:
        """Return the datasets of a part, in the order of computation."""
        return ["features", "views"] if part == "train" and self._settings.views else ["features"]

    def _part_batches(self, part: str) -> Iterator[Batch]:
        rows = self._rows[part]
        for name in self._names(part):
            for block in row_blocks(rows.stop - rows.start, self._settings.batch_size):
                batch_rows = slice(rows.start + block.start, rows.start + block.stop)
                yield Batch(part, name, batch_rows, self._shape(name, block.stop - block.start))

    def _shape(self, name: str, count: int) -> tuple[int, ...]:
        return (count, self._width) if name == "features" else (self._settings.views, count, self._width)

    def write(self, file: h5py.File, records: BatchRecords) -> None:
        """Write the groups of the parts from the records of all batches."""
        for part, rows in self._rows.items():
            group = file.create_group(part)
            group.attrs.update(first_row=rows.start, part_rows=self._lengths[part])
            keys = [records.keys[number] for number in self.groups[part, "features"]]
            group["batches"] = np.array(keys, dtype=f"S{KEY_BYTES}")
            for name in self._names(part):
                shape = self._shape(name, rows.stop - rows.start)
                target = group.create_dataset(name, shape, self._settings.dtype)
                for number, batch in self.groups[part, name].items():
                    places = slice(batch.rows.start - rows.start, batch.rows.stop - rows.start)
                    target[..., places, :] = records.read(number)
