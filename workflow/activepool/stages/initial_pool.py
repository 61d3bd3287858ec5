"""Pick the samples that round 0 is trained on, at random or class-balanced."""

import argparse

import numpy as np

from activepool.data.label_file import LabelFile
from activepool.data.splits import initial_pool
from activepool.io.index_files import read_index, write_index
from activepool.stages.parsing import StageParser, count, natural
from activepool.stages.program import run


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_input("--samples", required=True, help="dataset.h5 or features.h5: the train labels")
    parser.add_input("--validation", required=True, help="validation.csv: rows outside the pool")
    parser.add_argument("--kind", required=True, choices=("random", "balanced"))
    parser.add_argument("--size", type=count, required=True, help="how many to pick")
    parser.add_argument("--seed", type=natural, required=True)
    parser.add_output("--output", required=True, help="selected.csv to write")
    parser.add_output("--output-labelled", help="labelled.csv to write: the same rows, as the labelled set")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Pick and write."""
    validation = read_index(arguments.validation)
    with LabelFile(arguments.samples) as file:
        rows = initial_pool(file.train.labels, validation, arguments.kind, arguments.size, arguments.seed)
        columns: dict[str, np.ndarray] = {"index": rows}
        if file.train.sources is not None:
            columns["source"] = file.train.sources_of(rows)
    write_index(arguments.output, columns)
    if arguments.output_labelled:
        write_index(arguments.output_labelled, {"index": rows})


if __name__ == "__main__":
    run(command_line(), main)
