"""The rounds of an experiment, and where the contract of files puts what each writes."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from activepool.errors import InputError
from activepool.io.index_files import read_index


class Run(NamedTuple):
    """A round; strategy is None for the round 0 that strategies share."""

    strategy: str | None
    seed: int
    round_number: int


@dataclass(frozen=True)
class Rounds:
    """Which rounds an experiment has.

    A stage that reads all of them gets this in place of a list of files, which for thousands of rounds would
    be longer than a command may be.

    Attributes:
        folder: of the experiment; a round lies in ``<folder>/<strategy>/seed<S>/round<RR>``.
        initial: the folder of the round 0 that strategies share.
        own_initial: that of each strategy which starts from another labelled set.
        strategies: the folders of the strategies, in the order of tables.
    """

    folder: str
    initial: str
    strategies: list[str]
    seeds: list[int]
    rounds: int
    own_initial: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> "Rounds":
        """Return what a mapping describes; raises InputError if it has other keys or values."""
        try:
            rounds = cls(**content)
        except TypeError as error:
            raise InputError(f"runs: {str(error).removeprefix('Rounds.__init__() ')}") from None
        if invalid := [seed for seed in rounds.seeds if not _is_whole(seed, 0)]:
            raise InputError(f"runs: seeds: {invalid[0]!r} is not a whole number of at least 0")
        if not isinstance(rounds.own_initial, Mapping) or set(rounds.own_initial) - set(rounds.strategies):
            raise InputError("runs: own_initial: must be a folder for each of some of the strategies")
        if not _is_whole(rounds.rounds, 1):
            raise InputError(f"runs: rounds: {rounds.rounds!r} is not a whole number of at least 1")
        return rounds

    def runs(self) -> list[Run]:
        """Return all rounds, the shared first."""
        strategy_runs = [
            Run(strategy, seed, number)
            for strategy in self.strategies
            for seed in self.seeds
            for number in range(0 if strategy in self.own_initial else 1, self.rounds)
        ]
        return [*(Run(None, seed, 0) for seed in self.seeds if self.strategies_of(None)), *strategy_runs]

    def strategies_of(self, strategy: str | None) -> list[str]:
        """Return the strategies of a `Run` with this strategy: only this one, or those that share round 0."""
        if strategy is not None:
            return [strategy]
        return [name for name in self.strategies if name not in self.own_initial]

    def run(self, strategy: str, seed: int, number: int) -> Run:
        """Return a round of a strategy, which may be the round 0 that strategies share."""
        is_shared = number == 0 and strategy not in self.own_initial
        return Run(None if is_shared else strategy, seed, number)

    def path(self, run: Run, name: str) -> Path:
        """Return the path of a round's file called ``name``."""
        folder = run.strategy or self.initial
        if run.round_number == 0:
            folder = self.own_initial.get(folder, self.initial)
        return Path(self.folder, folder, f"seed{run.seed}", f"round{run.round_number:02d}", name)

    def files(self, name: str) -> dict[Run, Path]:
        """Return the path of each round's file called ``name``; raises InputError if one is missing."""
        files = {run: self.path(run, name) for run in self.runs()}
        for path in files.values():
            if not path.is_file():
                raise InputError(f"{path}: there is no such file, and every round must have its own")
        return files


def read_selections(runs: Rounds, seed: int) -> dict[str, list[np.ndarray]]:
    """Return strategy -> the picks (n,) int64 of its rounds with a seed; raises InputError if one lacks."""
    files = replace(runs, seeds=[seed]).files("selected.csv")
    picks = {run: read_index(path) for run, path in files.items()}
    by_strategy: dict[str, list[np.ndarray]] = {strategy: [] for strategy in runs.strategies}
    for run, rows in picks.items():
        for strategy in runs.strategies_of(run.strategy):
            by_strategy[strategy].append(rows)
    return by_strategy


def _is_whole(value: object, minimum: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= minimum
