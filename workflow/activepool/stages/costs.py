"""Sum up what the stages of an experiment cost, in time and memory."""

import argparse
from functools import partial
from pathlib import Path

from activepool.evaluation.costs import costs_table
from activepool.figures.costs import draw, typeset
from activepool.figures.export import write_drawing
from activepool.io.files import write_table, written_whole
from activepool.records.provenance import Record, records_below
from activepool.stages.parsing import StageParser
from activepool.stages.program import run


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_argument("--folders", nargs="+", required=True, help="in which records lie, at any depth")
    parser.add_argument("--output", required=True, help="CSV to write; none of the outputs has a record")
    parser.add_argument("--output-tex", required=True, help="the same in LaTeX, to write")
    parser.add_argument("--output-pdf", required=True, help="PDF to write")
    parser.add_argument("--output-png", required=True, help="PNG to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Read all records, and write."""
    paths = [path for folder in arguments.folders for path in records_below(Path(folder))]
    table = costs_table(map(Record.read, paths))
    write_table(arguments.output, table)
    with written_whole(arguments.output_tex) as temporary:
        temporary.write_text(typeset(table), encoding="utf-8")
    write_drawing(partial(draw, table), arguments.output_pdf, arguments.output_png)


if __name__ == "__main__":
    run(command_line(), main)
