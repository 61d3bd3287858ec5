"""Compute what all rounds of a strategy share, once before the first."""

import argparse

import numpy as np

from activepool.compute.seeds import generator
from activepool.data.pool import unlabelled_pool
from activepool.features.store import FeatureFile
from activepool.io.index_files import read_index
from activepool.io.named_arrays import write_arrays
from activepool.stages.parsing import StageParser, natural
from activepool.stages.program import add_compute_arguments, compute_of, run
from activepool.stages.query_arguments import add_strategy_arguments
from activepool.strategies.registry import find_strategy


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    add_strategy_arguments(parser)
    parser.add_input("--features", required=True, help="features.h5")
    parser.add_input("--validation", required=True, help="validation.csv: rows outside the pool")
    parser.add_argument("--seed", type=natural, required=True)
    parser.add_output("--output", required=True, help="prepared.h5 to write")
    add_compute_arguments(parser)
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Prepare and write."""
    strategy = find_strategy(arguments.strategy)
    with FeatureFile(arguments.features) as file:
        features = file.train.features
        pool = unlabelled_pool(
            features.shape[0], read_index(arguments.validation), np.empty(0, dtype=np.int64)
        )
        draws = generator(arguments.seed, 0, f"prepare/{strategy.name}")
        arrays = strategy.prepare(features, pool, draws, compute_of(arguments), **arguments.options)
    write_arrays(arguments.output, arrays)


if __name__ == "__main__":
    run(command_line(), main)
