"""Join the scores of all shards of the unlabelled pool into scores.h5."""

import argparse
from collections.abc import Sequence

import numpy as np

from activepool.io.score_files import ScoreTable, read_scores, write_scores
from activepool.scores.nearest import joined
from activepool.stages.parsing import StageParser
from activepool.stages.program import run


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_input("--shards", nargs="+", required=True, help="all shards, in order")
    parser.add_output("--output", required=True, help="scores.h5 to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Read the shards and write."""
    write_scores(arguments.output, joined_tables([read_scores(path) for path in arguments.shards]))


def joined_tables(tables: Sequence[ScoreTable]) -> ScoreTable:
    """Return the scores of a whole pool from those of its consecutive parts."""
    first = tables[0]
    return ScoreTable(
        np.concatenate([one.index for one in tables]),
        np.concatenate([one.predicted for one in tables]),
        {name: np.concatenate([one.scores[name] for one in tables]) for name in first.scores},
        None if first.nearest is None else joined([one.nearest for one in tables]),
    )


if __name__ == "__main__":
    run(command_line(), main)
