"""Compare what the strategies picked, in every round and with every seed: overlap.csv."""

import argparse
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from activepool.evaluation.overlap import overlap_table
from activepool.io.files import write_table
from activepool.io.index_files import read_index
from activepool.stages.parsing import StageParser
from activepool.stages.program import run
from activepool.stages.run_paths import Run, add_runs_arguments, files_of_runs, require

SELECTED = "selected.csv"


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    add_runs_arguments(parser, SELECTED)
    parser.add_output("--output", required=True, help="overlap.csv to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Read all selections, compare and write."""
    paths = files_of_runs(arguments, SELECTED)
    picks = {seed: picks_of_seed(paths, seed, arguments) for seed in sorted(arguments.seeds)}
    write_table(arguments.output, overlap_table(picks))


def picks_of_seed(
    paths: Mapping[Run, Path], seed: int, arguments: argparse.Namespace
) -> dict[str, list[np.ndarray]]:
    """Return strategy -> the picks of its rounds, from 0.

    Raises: InputError if the selection of a round is not there.
    """
    initial = read_index(require(paths[Run(None, seed, 0)]))
    return {
        strategy: [
            initial,
            *(
                read_index(require(paths[Run(strategy, seed, number)]))
                for number in range(1, arguments.rounds)
            ),
        ]
        for strategy in arguments.strategies
    }


if __name__ == "__main__":
    run(command_line(), main)
