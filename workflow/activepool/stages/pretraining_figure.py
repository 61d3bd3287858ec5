"""Draw the curve of a pretraining, as PDF and PNG, from its cached table alone."""

import argparse
from functools import partial

from activepool.figures.pretraining import draw, read_curve
from activepool.figures.printing import write_drawing
from activepool.stages.program import run


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--curve", required=True, help="pretrain.csv")
    parser.add_argument("--output-pdf", required=True, help="PDF to write")
    parser.add_argument("--output-png", required=True, help="PNG to write")
    return parser.parse_args()


def main() -> None:
    """Read, draw and write."""
    arguments = parse()
    curve = read_curve(arguments.curve)
    write_drawing(partial(draw, curve), arguments.output_pdf, arguments.output_png)


if __name__ == "__main__":
    run(main)
