"""Draw where in the pool each strategy picked with one seed, round by round, as PDF and PNG."""

import argparse
from functools import partial

import numpy as np

from activepool.errors import InputError
from activepool.features.projection import read_map
from activepool.figures.export import write_drawing
from activepool.figures.feature_map import draw
from activepool.figures.settings import Settings
from activepool.stages.parsing import StageParser
from activepool.stages.program import run
from activepool.stages.run_paths import add_runs_arguments, files_of_runs
from activepool.stages.selections import SELECTED, picks_of_seed


def command_line() -> StageParser:
    """Return the command line."""
    parser = StageParser(__doc__)
    parser.add_input("--map", required=True, help="map_METHOD.h5")
    add_runs_arguments(parser, SELECTED)
    parser.add_argument("--oracles", nargs="*", default=[], help="strategies that read all labels")
    parser.add_output("--output-pdf", required=True, help="PDF to write")
    parser.add_output("--output-png", required=True, help="PNG to write")
    return parser


def main(arguments: argparse.Namespace) -> None:
    """Read map and picks, draw and write."""
    feature_map = read_map(arguments.map)
    picks = picks_of_seed(files_of_runs(arguments, SELECTED), arguments.seeds[0], arguments)
    last = max(int(np.max(rows, initial=-1)) for of_strategy in picks.values() for rows in of_strategy)
    if last >= len(feature_map.coordinates):
        raise InputError(
            f"{arguments.folder}: row {last} was picked, of {len(feature_map.coordinates)} in {arguments.map}"
        )
    settings = Settings(oracles=tuple(arguments.oracles))
    write_drawing(partial(draw, feature_map, picks, settings), arguments.output_pdf, arguments.output_png)


if __name__ == "__main__":
    run(command_line(), main)
