"""Check embeddings that were made elsewhere, and copy them into features.h5."""

import argparse
import json
from functools import partial

from activepool.data.embeddings import write_features
from activepool.data.settings import call_with_options
from activepool.stages.parsing import StageParser
from activepool.stages.program import run, say

#: The keys of the JSON that name files.
FILES = ("path", "labels", "test_features", "test_labels")


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_input(
        "--embeddings",
        type=json.loads,
        paths=files_of,
        required=True,
        help='JSON: {"path": ..., "labels", "test_features", "test_labels", "test_fraction", "class_names", '
        '"imbalance": {"kind", "factor", "seed"}, "fraction"}; only path is needed',
    )
    parser.add_output("--output", required=True, help="features.h5 to write")
    return parser


def files_of(arguments: argparse.Namespace) -> list[str]:
    """Return the files that the embeddings are read from."""
    return [path for key in FILES if (path := arguments.embeddings.get(key))]


def main(arguments: argparse.Namespace) -> None:
    """Check and copy."""
    write = partial(write_features, arguments.output)
    say(call_with_options("embeddings", write, arguments.embeddings))


if __name__ == "__main__":
    run(command_line(), main)
