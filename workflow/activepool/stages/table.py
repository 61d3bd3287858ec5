"""Make one table of an experiment, as CSV and in LaTeX, from its cached tables alone."""

import argparse
import json

from activepool.figures.registry import TABLES, TYPESET
from activepool.figures.results import read_results
from activepool.figures.settings import Settings
from activepool.io.files import write_table, written_whole
from activepool.stages.parsing import StageParser
from activepool.stages.program import run


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_argument("--table", required=True, choices=list(TABLES), help="which table")
    parser.add_input("--curves", required=True, help="curves.csv")
    parser.add_input("--class-counts", required=True, help="class_counts.csv")
    parser.add_input("--overlap", required=True, help="overlap.csv")
    parser.add_input("--ceiling", help="ceiling.csv, where there is one")
    parser.add_argument("--oracles", nargs="*", default=[], help="strategies that read all labels")
    parser.add_argument(
        "--settings", type=json.loads, default={}, help="metric and confidence, as a JSON object"
    )
    parser.add_output("--output-csv", required=True, help="CSV to write")
    parser.add_output("--output-tex", required=True, help="LaTeX to write, for the package booktabs")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Read, tabulate and write."""
    results = read_results(arguments.curves, arguments.class_counts, arguments.overlap, arguments.ceiling)
    settings = Settings.from_options(arguments.settings, tuple(arguments.oracles))
    table = TABLES[arguments.table](results, settings)
    write_table(arguments.output_csv, table)
    with written_whole(arguments.output_tex) as temporary:
        temporary.write_text(TYPESET[arguments.table](table, settings), encoding="utf-8")


if __name__ == "__main__":
    run(command_line(), main)
