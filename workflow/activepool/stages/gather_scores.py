from activepool.programs.stage import Input, Output, stage


@stage
def gather_scores(shards: list[Input], scores: Output) -> None:
    """Join the scores of all shards of the unlabelled pool into scores.h5.

    Args:
        shards: all shards, in order
        scores: scores.h5 to write
    """
    import numpy as np

    from activepool.io.score_files import ScoreTable, read_scores, write_scores
    from activepool.scores.nearest import join_lists

    tables = [read_scores(shard) for shard in shards]
    first, lists = tables[0], [table.nearest for table in tables if table.nearest is not None]
    table = ScoreTable(
        np.concatenate([table.index for table in tables]),
        None if first.predicted is None else np.concatenate([table.predicted for table in tables]),
        {name: np.concatenate([table.scores[name] for table in tables]) for name in first.scores},
        join_lists(lists) if lists else None,
        {name: np.concatenate([table.per_sample[name] for table in tables]) for name in first.per_sample},
    )
    write_scores(scores, table)


if __name__ == "__main__":
    gather_scores.run()
