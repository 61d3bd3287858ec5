"""Make one table of an experiment from its curves."""

import argparse
import json

from activepool.figures.catalogue import TABLES
from activepool.figures.results import read_curves
from activepool.figures.settings import Settings
from activepool.files import write_table
from activepool.stages.program import run


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", required=True, choices=list(TABLES), help="which table")
    parser.add_argument("--curves", required=True, help="curves.csv")
    parser.add_argument("--upper-references", nargs="*", default=[], help="strategies that read all labels")
    parser.add_argument(
        "--settings", type=json.loads, default={}, help="metric and confidence, as a JSON object"
    )
    parser.add_argument("--output", required=True, help="CSV to write")
    return parser.parse_args()


def main() -> None:
    """Read, tabulate and write."""
    arguments = parse()
    settings = Settings.of(arguments.settings, tuple(arguments.upper_references))
    write_table(arguments.output, TABLES[arguments.table](read_curves(arguments.curves), settings))


if __name__ == "__main__":
    run(main)
