"""Set aside the validation split: class-balanced, from the train part, outside the pool and the budget."""

import argparse

from activepool.data.splits import validation_rows
from activepool.features.store import FeatureFile
from activepool.index_files import write_index
from activepool.stages.program import run


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", required=True, help="features.h5, of which the train labels are read")
    parser.add_argument("--fraction", type=float, required=True, help="of the labelled train rows, 0 to 1")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--output", required=True, help="validation.csv to write")
    return parser.parse_args()


def main() -> None:
    """Choose and write."""
    arguments = parse()
    with FeatureFile(arguments.features) as file:
        rows = validation_rows(file.train.labels, arguments.fraction, arguments.seed, file.class_names)
    write_index(arguments.output, {"index": rows})


if __name__ == "__main__":
    run(main)
