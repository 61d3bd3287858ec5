"""Draw one figure of an experiment, as PDF and PNG, from its cached tables alone."""

import argparse
import json

from activepool.figures.catalogue import FIGURES
from activepool.figures.printing import write_figure
from activepool.figures.results import Results, read_class_counts, read_curves
from activepool.figures.settings import Settings
from activepool.stages.program import run


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--figure", required=True, choices=list(FIGURES), help="which figure")
    parser.add_argument("--curves", required=True, help="curves.csv")
    parser.add_argument("--class-counts", required=True, help="class_counts.csv")
    parser.add_argument("--upper-references", nargs="*", default=[], help="strategies that read all labels")
    parser.add_argument(
        "--settings", type=json.loads, default={}, help="metric, confidence and colours, as a JSON object"
    )
    parser.add_argument("--output-pdf", required=True, help="PDF to write")
    parser.add_argument("--output-png", required=True, help="PNG to write")
    return parser.parse_args()


def main() -> None:
    """Read, draw and write."""
    arguments = parse()
    results = Results(read_curves(arguments.curves), read_class_counts(arguments.class_counts))
    settings = Settings.of(arguments.settings, tuple(arguments.upper_references))
    write_figure(arguments.figure, results, settings, arguments.output_pdf, arguments.output_png)


if __name__ == "__main__":
    run(main)
