"""What figures and tables are made from: the cached tables of an experiment."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from activepool.errors import InputError
from activepool.evaluation.statistics import KEYS, curve_of, difference

#: The strategy that all others are compared with.
REFERENCE = "random"


@dataclass(frozen=True)
class Curves:
    """The learning curves of an experiment.

    Attributes:
        table: curves.csv, one row per (strategy, seed, round).
    """

    table: pd.DataFrame

    @property
    def strategies(self) -> list[str]:
        """The strategies, in the order of the table."""
        return list(dict.fromkeys(self.table["strategy"]))

    @property
    def metrics(self) -> list[str]:
        """The metrics that have a value anywhere, in the order of the table."""
        return [name for name in self.table.columns if name not in KEYS and self.table[name].notna().any()]

    def of(self, metric: str) -> dict[str, pd.DataFrame]:
        """Return each strategy's curve (see evaluation.statistics), leaving out those without a point."""
        curves = {strategy: curve_of(self.table, strategy, metric) for strategy in self.strategies}
        return {strategy: curve for strategy, curve in curves.items() if not curve.empty}

    def differences(self, metric: str) -> dict[str, pd.DataFrame]:
        """Return each other strategy's curve minus that of the reference, seeds paired.

        Strategies without a common point are left out; without the reference, all are.
        """
        curves = self.of(metric)
        reference = curves.pop(REFERENCE, None)
        if reference is None:
            return {}
        differences = {strategy: difference(curve, reference) for strategy, curve in curves.items()}
        return {strategy: curve for strategy, curve in differences.items() if not curve.empty}


def last_round(rows: pd.DataFrame) -> pd.DataFrame:
    """Return those rows of one strategy that are of the last round which all its seeds have."""
    return rows[rows["round"] == rows.groupby("seed")["round"].max().min()]


@dataclass(frozen=True)
class Results:
    """What a figure may show.

    Attributes:
        curves: the learning curves.
        class_counts: class_counts.csv, one row per (strategy, seed, round, class).
    """

    curves: Curves
    class_counts: pd.DataFrame


def read_curves(path: str | Path) -> Curves:
    """Read curves.csv; raises InputError if a column is missing."""
    return Curves(read_table(path, KEYS))


def read_class_counts(path: str | Path) -> pd.DataFrame:
    """Read class_counts.csv; raises InputError if a column is missing."""
    return read_table(path, ("strategy", "seed", "round", "class", "count", "accuracy"))


def read_table(path: str | Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Read a CSV; raises InputError if it cannot be read, or one of ``columns`` is missing."""
    # A strategy may have any name, "null" too: only an empty cell is a missing value.
    form = {"dtype": {"strategy": str}, "keep_default_na": False, "na_values": [""]}
    try:
        table = pd.read_csv(path, **form)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable table ({error})") from error
    for column in columns:
        if column not in table.columns:
            raise InputError(f"{path}: has no column {column!r} (columns: {', '.join(table.columns)})")
    return table
