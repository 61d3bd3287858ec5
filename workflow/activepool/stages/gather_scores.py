"""Join the scores of all shards of the unlabelled pool into scores.h5."""

import argparse

from activepool.scores.store import joined_tables, read_scores, write_scores
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


if __name__ == "__main__":
    run(command_line(), main)
