"""List all samples of the pool whose labels are known: their training is the ceiling of an experiment."""

import argparse

import numpy as np

from activepool.data.label_file import LabelFile
from activepool.data.labels import UsedLabels, merged_labels, used_labels
from activepool.data.pool import unlabelled_pool
from activepool.io.index_files import read_index, write_index
from activepool.stages.parsing import StageParser
from activepool.stages.program import run


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_input("--samples", required=True, help="dataset.h5 or features.h5: the train labels")
    parser.add_argument("--annotations", help="CSV of labels that came after the samples were listed")
    parser.add_input("--validation", required=True, help="validation.csv: rows outside the pool")
    parser.add_output("--output", required=True, help="index file to write: the pool's rows of known label")
    return parser


def main(arguments: argparse.Namespace) -> UsedLabels | None:
    """List and write; return the annotations that were used."""
    with LabelFile(arguments.samples) as file:
        labels = merged_labels(file, arguments.annotations)
        pool = unlabelled_pool(len(labels), read_index(arguments.validation), np.empty(0, dtype=np.int64))
        used = used_labels(file, pool, labels[pool], arguments.annotations)
    write_index(arguments.output, {"index": pool[labels[pool] >= 0]})
    return used


if __name__ == "__main__":
    run(command_line(), main)
