"""Check embeddings that were made elsewhere, and copy them into features.h5."""

import argparse
import json
from functools import partial

from activepool.data.embeddings import write_features
from activepool.data.settings import call_with_options
from activepool.stages.program import run


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--embeddings",
        type=json.loads,
        required=True,
        help='JSON: {"path": ..., "labels", "test_features", "test_labels", "test_fraction", '
        '"imbalance": {"kind", "factor", "seed"}}; only path is needed',
    )
    parser.add_argument("--output", required=True, help="features.h5 to write")
    return parser.parse_args()


def main() -> None:
    """Check and copy."""
    arguments = parse()
    call_with_options("embeddings", partial(write_features, arguments.output), arguments.embeddings)


if __name__ == "__main__":
    run(main)
