"""Sum up what the stages of an experiment cost, in time and memory."""

import argparse
from pathlib import Path

from activepool.evaluation.costs import costs_table
from activepool.files import write_table
from activepool.provenance import Record, records_below
from activepool.stages.parsing import StageParser
from activepool.stages.program import run


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_argument("--folders", nargs="+", required=True, help="in which records lie, at any depth")
    parser.add_argument("--output", required=True, help="CSV to write; has no record of its own")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Read all records, and write."""
    paths = [path for folder in arguments.folders for path in records_below(Path(folder))]
    write_table(arguments.output, costs_table(map(Record.read, paths)))


if __name__ == "__main__":
    run(command_line(), main)
