"""Join the metrics of all strategies, seeds and rounds into curves.csv and class_counts.csv."""

import argparse
from pathlib import Path

import numpy as np

from activepool.data.label_file import LabelFile
from activepool.errors import InputError
from activepool.evaluation.curves import RoundMetrics, class_counts_table, curves_table
from activepool.io.files import read_json, write_table
from activepool.stages.parsing import StageParser
from activepool.stages.program import run as run_stage
from activepool.stages.run_paths import Run, add_runs_arguments, files_of_runs, require

METRICS = "metrics.json"


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    add_runs_arguments(parser, METRICS)
    parser.add_input(
        "--samples",
        required=True,
        help="dataset.h5 or features.h5: the train labels, which say what is rare, and the names",
    )
    parser.add_output("--output-curves", required=True, help="curves.csv to write")
    parser.add_output("--output-class-counts", required=True, help="class_counts.csv to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Read all metrics, and write both tables."""
    measured = [read_round(run, path) for run, path in files_of_runs(arguments, METRICS).items()]
    train_counts, class_names = read_classes(arguments.samples)
    given = (measured, arguments.strategies, train_counts)
    write_table(arguments.output_curves, curves_table(*given))
    write_table(arguments.output_class_counts, class_counts_table(*given, class_names))


def read_round(run: Run, path: Path) -> RoundMetrics:
    """Read the metrics of a round."""
    metrics = read_json(require(path))
    if not isinstance(metrics, dict):
        raise InputError(f"{path}: must hold a JSON object, the metrics by name")
    return RoundMetrics(*run, metrics, str(path))


def read_classes(path: str) -> tuple[np.ndarray | None, list[str]]:
    """Return the samples of each class in the train part, (C,), and the C names.

    The counts are None if the label of some sample is not known.
    """
    with LabelFile(path) as file:
        labels, names = file.train.labels, file.class_names
    return np.bincount(labels, minlength=len(names)) if (labels >= 0).all() else None, names


if __name__ == "__main__":
    run_stage(command_line(), main)
