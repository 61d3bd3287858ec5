"""The rounds of an experiment, and where the contract of files puts what each has written.

A stage that reads all of them is told the folder and what it holds, because a list of the files of thousands
of rounds is longer than a command may be.
"""

import argparse
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from activepool.errors import InputError
from activepool.stages.parsing import StageParser, count, natural


class Run(NamedTuple):
    """A round; strategy is None for round 0, which all strategies share."""

    strategy: str | None
    seed: int
    round_number: int


def add_runs_arguments(parser: StageParser, file: str) -> None:
    """Add the arguments that say which rounds there are; ``file`` is what is read of each."""
    parser.add_input(
        "--folder",
        required=True,
        paths=lambda arguments: map(str, files_of_runs(arguments, file).values()),
        help=f"of the experiment; {file} is read of each round, from <strategy>/seed<S>/round<RR>",
    )
    parser.add_argument("--initial", required=True, help="folder of round 0, which all strategies share")
    parser.add_argument("--strategies", nargs="+", required=True, help="in the order of the rows")
    parser.add_argument("--seeds", type=natural, nargs="+", required=True)
    parser.add_argument("--rounds", type=count, required=True, help="how many, with round 0")


def files_of_runs(arguments: argparse.Namespace, file: str) -> dict[Run, Path]:
    """Return the path of ``file`` in each round that the arguments of `add_runs_arguments` name."""
    folder = Path(arguments.folder)
    return {
        run: folder
        / (run.strategy or arguments.initial)
        / f"seed{run.seed}/round{run.round_number:02d}"
        / file
        for run in _runs(arguments.strategies, arguments.seeds, arguments.rounds)
    }


def _runs(strategies: Iterable[str], seeds: Iterable[int], rounds: int) -> list[Run]:
    queries = [
        Run(strategy, seed, number)
        for strategy in strategies
        for seed in seeds
        for number in range(1, rounds)
    ]
    return [*(Run(None, seed, 0) for seed in seeds), *queries]


def require(path: Path) -> Path:
    """Return ``path``; raises InputError if there is no such file."""
    if not path.is_file():
        raise InputError(f"{path}: there is no such file, and every round must have its own")
    return path
