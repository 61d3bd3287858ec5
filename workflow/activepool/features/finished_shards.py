"""A second name of each finished shard, until the shards are joined.

If Snakemake is killed, its jobs continue. The next run considers the shards that they finish incomplete, and
deletes them. Under its second name, a hard link that takes no space, a shard remains: the next extraction
takes its batches.
"""

import os
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path


def finished_path(shard: str | Path) -> Path:
    """Return the second name of a shard."""
    shard = Path(shard)
    return shard.with_name(f".{shard.name}.finished")


def keep_finished(shard: str | Path) -> None:
    """Give a finished shard its second name, if the file system has hard links."""
    remove_finished([shard])
    with suppress(OSError):
        os.link(shard, finished_path(shard))


def remove_finished(shards: Iterable[str | Path]) -> None:
    """Remove the second names of shards."""
    for shard in shards:
        finished_path(shard).unlink(missing_ok=True)
