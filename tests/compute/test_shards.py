import pytest

from activepool.compute.shards import Shard
from activepool.errors import InputError


@pytest.mark.parametrize("count", [1, 2, 5, 40])
def test_shards_cover_each_row_once_in_whole_batches(count):
    rows = [Shard(number, count).rows(23, 4) for number in range(count)]
    assert [row for part in rows for row in range(part.start, part.stop)] == list(range(23))
    assert all(part.start % 4 == 0 or part.start == 23 for part in rows)


def test_shard_that_does_not_exist_is_refused():
    with pytest.raises(InputError, match="shard: 3 of 3 does not exist; shards count from 0"):
        Shard(3, 3)
