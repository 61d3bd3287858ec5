"""Join the shards of an extraction into features.h5."""

import argparse

from activepool.features.gather import gather
from activepool.stages.program import run


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--dataset", required=True, help="dataset.h5 that the shards were made from")
    parser.add_argument("--shards", nargs="+", required=True, help="all shards, in any order")
    parser.add_argument("--output", required=True, help="features.h5 to write")
    return parser.parse_args()


def main() -> None:
    """Read the shards and write."""
    arguments = parse()
    gather(arguments.dataset, arguments.shards, arguments.output)


if __name__ == "__main__":
    run(main)
