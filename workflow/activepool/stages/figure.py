"""Draw one figure of an experiment, as PDF and PNG, from its cached tables alone."""

import argparse
import json

from activepool.figures.classes import FIGURES_OF_CLASSES
from activepool.figures.export import write_figure
from activepool.figures.fonts import font_notices
from activepool.figures.registry import FIGURES
from activepool.figures.results import read_results
from activepool.figures.settings import Settings
from activepool.stages.parsing import StageParser
from activepool.stages.program import run, say


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_argument("--figure", required=True, choices=list(FIGURES), help="which figure")
    parser.add_input("--curves", required=True, help="curves.csv")
    parser.add_input("--class-counts", required=True, help="class_counts.csv")
    parser.add_input("--overlap", required=True, help="overlap.csv")
    parser.add_input("--ceiling", help="ceiling.csv, where there is one")
    parser.add_argument("--oracles", nargs="*", default=[], help="strategies that read all labels")
    parser.add_argument(
        "--settings", type=json.loads, default={}, help="metric, confidence and colours, as a JSON object"
    )
    parser.add_output("--output-pdf", required=True, help="PDF to write")
    parser.add_output("--output-png", required=True, help="PNG to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Read, draw and write."""
    results = read_results(arguments.curves, arguments.class_counts, arguments.overlap, arguments.ceiling)
    if arguments.figure in FIGURES_OF_CLASSES:
        say(font_notices(results.class_names))
    settings = Settings.from_options(arguments.settings, tuple(arguments.oracles))
    write_figure(arguments.figure, results, settings, arguments.output_pdf, arguments.output_png)


if __name__ == "__main__":
    run(command_line(), main)
