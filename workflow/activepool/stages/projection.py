"""Lay the features of the train part out in the plane, which the figures of the pool are drawn on."""

import argparse

from activepool.features.projection import METHODS, project, write_map
from activepool.features.store import FeatureFile
from activepool.stages.parsing import StageParser
from activepool.stages.program import run


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_input("--features", required=True, help="features.h5")
    parser.add_argument("--method", required=True, choices=METHODS)
    parser.add_argument("--workers", type=int, default=1, help="worker threads; no effect on the result")
    parser.add_output("--output", required=True, help="map_METHOD.h5 to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Project and write."""
    with FeatureFile(arguments.features) as file:
        train = file.train
        feature_map = project(train.features, train.labels, arguments.method, max(1, arguments.workers))
    write_map(arguments.output, feature_map)


if __name__ == "__main__":
    run(command_line(), main)
