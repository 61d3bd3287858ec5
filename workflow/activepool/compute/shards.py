"""Shards: parts of the rows of a large file, each computed by a job of its own."""

from dataclasses import dataclass

from activepool.compute.blocks import row_blocks
from activepool.errors import InputError


@dataclass(frozen=True)
class Shard:
    """One of ``count`` shards, numbered from 0; raises InputError for any other number."""

    number: int = 0
    count: int = 1

    def __post_init__(self) -> None:
        if not 0 <= self.number < self.count:
            raise InputError(f"shard: {self.number} of {self.count} does not exist; shards count from 0")

    def rows(self, total: int, block_rows: int) -> slice:
        """Return this shard's rows of ``total``: whole blocks of ``block_rows``, perhaps none.

        Results that are computed block by block have the same bits for any number of shards.
        """
        blocks = len(row_blocks(total, block_rows))
        first, end = (number * blocks // self.count for number in (self.number, self.number + 1))
        return slice(min(first * block_rows, total), min(end * block_rows, total))
