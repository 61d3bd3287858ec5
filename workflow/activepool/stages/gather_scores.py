"""The stage `gather_scores`."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from activepool.programs.stage import Input, Output, stage

if TYPE_CHECKING:
    import numpy as np

    from activepool.io.score_files import ScoreTable


@stage
def gather_scores(shards: list[Input], scores: Output) -> None:
    """Join the scores of all shards of the unlabelled pool into scores.h5.

    Args:
        shards: all shards, in order
        scores: scores.h5 to write
    """
    from activepool.io.score_files import read_scores, write_scores

    write_scores(scores, joined_tables([read_scores(shard) for shard in shards]))


def joined_tables(tables: Sequence["ScoreTable"]) -> "ScoreTable":
    """Join the scores of consecutive parts of a pool."""
    import numpy as np

    from activepool.io.score_files import ScoreTable
    from activepool.scores.nearest import join_lists

    first, lists = tables[0], [table.nearest for table in tables if table.nearest is not None]
    return ScoreTable(
        np.concatenate([table.index for table in tables]),
        None if first.predicted is None else np.concatenate([table.predicted for table in tables]),
        _concatenated([table.scores for table in tables]),
        join_lists(lists) if lists else None,
        _concatenated([table.per_sample for table in tables]),
    )


def _concatenated(parts: Sequence[Mapping[str, "np.ndarray"]]) -> dict[str, "np.ndarray"]:
    import numpy as np

    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}


if __name__ == "__main__":
    gather_scores.run()
