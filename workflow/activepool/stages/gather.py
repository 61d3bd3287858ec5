"""Join the shards of an extraction into features.h5."""

import argparse

from activepool.features.gather import gather
from activepool.stages.parsing import StageParser
from activepool.stages.program import run


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_input("--dataset", required=True, help="dataset.h5 that the shards were made from")
    parser.add_input("--shards", nargs="+", required=True, help="all shards, in any order")
    parser.add_output("--output", required=True, help="features.h5 to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Read the shards and write."""
    gather(arguments.dataset, arguments.shards, arguments.output)


if __name__ == "__main__":
    run(command_line(), main)
