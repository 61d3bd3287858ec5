"""Measure each sample of a shard of the unlabelled pool, for the strategy that will pick from all."""

import argparse

from activepool.compute.blocks import BLOCK_ROWS
from activepool.data.labels import UsedLabels
from activepool.features.store import FeatureFile
from activepool.io.named_arrays import write_arrays
from activepool.stages.parsing import StageParser
from activepool.stages.program import add_shard_arguments, run, shard_of
from activepool.stages.round_query import add_query_arguments, read_query
from activepool.strategies.registry import find_strategy


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    add_query_arguments(parser)
    add_shard_arguments(parser)
    parser.add_output("--output", required=True, help="HDF5 file of the shard to write")
    return parser


def main(arguments: argparse.Namespace) -> UsedLabels | None:
    """Measure and write; return the annotations that were used."""
    strategy = find_strategy(arguments.strategy)
    with FeatureFile(arguments.features) as file:
        query, _, used = read_query(arguments, strategy, file)
        rows = shard_of(arguments).rows(len(query.unlabelled), BLOCK_ROWS)
        measured = strategy.precompute(query.part(rows), **arguments.options)
    write_arrays(arguments.output, measured)
    return used


if __name__ == "__main__":
    run(command_line(), main)
