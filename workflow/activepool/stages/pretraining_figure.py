"""Draw the curve of a pretraining, as PDF and PNG, from its cached table alone."""

import argparse
from functools import partial

from activepool.figures.export import write_drawing
from activepool.figures.pretraining import draw, read_curve
from activepool.stages.parsing import StageParser
from activepool.stages.program import run


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_input("--curve", required=True, help="pretrain.csv")
    parser.add_output("--output-pdf", required=True, help="PDF to write")
    parser.add_output("--output-png", required=True, help="PNG to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Read, draw and write."""
    curve = read_curve(arguments.curve)
    write_drawing(partial(draw, curve), arguments.output_pdf, arguments.output_png)


if __name__ == "__main__":
    run(command_line(), main)
