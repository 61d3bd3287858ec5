"""Set aside the validation split: class-balanced, from the train part, outside the pool and the budget."""

import argparse

from activepool.data.label_file import LabelFile
from activepool.data.splits import validation_rows
from activepool.io.index_files import write_index
from activepool.stages.parsing import StageParser, natural
from activepool.stages.program import run


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_input("--samples", required=True, help="dataset.h5 or features.h5: the train labels")
    parser.add_argument("--fraction", type=float, required=True, help="of the labelled train rows, 0 to 1")
    parser.add_argument("--seed", type=natural, required=True)
    parser.add_output("--output", required=True, help="validation.csv to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Choose and write."""
    with LabelFile(arguments.samples) as file:
        rows = validation_rows(file.train.labels, arguments.fraction, arguments.seed, file.class_names)
    write_index(arguments.output, {"index": rows})


if __name__ == "__main__":
    run(command_line(), main)
