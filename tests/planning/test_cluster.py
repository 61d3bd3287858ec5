import asyncio
from types import SimpleNamespace

import pytest

from planning.cluster import ROUNDS_PER_GROUP, Needs


class File:
    """A file as Snakemake hands it to a function of resources."""

    def __init__(self, path):
        self.path = path

    async def size(self):
        return self.path.stat().st_size


def needs(finetunes=False, in_shards=False):
    return Needs(SimpleNamespace(finetunes=finetunes, in_shards=in_shards))


def test_memory_and_time_grow_with_the_features_and_with_each_retry(tmp_path):
    (tmp_path / "features.h5").write_bytes(bytes(5_000_000))
    inputs = SimpleNamespace(features=File(tmp_path / "features.h5"))
    memory, runtime = needs().memory(100, 1.5), needs().runtime(10, 2000)
    assert [memory(None, inputs, attempt, asyncio.run) for attempt in (1, 2, 3)] == [107, 215, 430]
    assert [runtime(None, inputs, attempt, asyncio.run) for attempt in (1, 2, 3)] == [20, 40, 80]


def test_what_is_not_known_yet_is_asked_for_again(tmp_path):
    missing = SimpleNamespace(features=File(tmp_path / "features.h5"))
    with pytest.raises(FileNotFoundError):
        needs().memory(100, 1)(None, missing, 1, asyncio.run)
    assert needs(finetunes=True).memory(100, 1)(None, missing, 2, asyncio.run) == 200


def test_groups_are_consecutive_rounds_of_one_chain():
    groups = [
        needs().group(SimpleNamespace(strategy="base", seed="3", round=f"{number:02d}"))
        for number in range(2 * ROUNDS_PER_GROUP + 2)
    ]
    sizes = [groups.count(group) for group in dict.fromkeys(groups)]
    assert sizes == [1, ROUNDS_PER_GROUP, ROUNDS_PER_GROUP, 1]
    assert groups == sorted(groups, key=groups.index)
    assert groups[1] == "base_seed3_rounds1"
    assert needs(finetunes=True).group is None
    assert needs(in_shards=True).group is None
