"""The input of figures and tables: the cached tables of an experiment."""

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
        """The metrics with at least one value, in the order of the table."""
        return [name for name in self.table.columns if name not in KEYS and self.table[name].notna().any()]

    def by_strategy(self, metric: str) -> dict[str, pd.DataFrame]:
        """Return each strategy's curve (see evaluation.statistics), except those without points."""
        curves = {strategy: curve_of(self.table, strategy, metric) for strategy in self.strategies}
        return {strategy: curve for strategy, curve in curves.items() if not curve.empty}

    def differences(self, metric: str) -> dict[str, pd.DataFrame]:
        """Return each other strategy's curve minus the reference's, seeds paired.

        Strategies without a common point are left out; without the reference, all are.
        """
        curves = self.by_strategy(metric)
        reference = curves.pop(REFERENCE, None)
        if reference is None:
            return {}
        differences = {strategy: difference(curve, reference) for strategy, curve in curves.items()}
        return {strategy: curve for strategy, curve in differences.items() if not curve.empty}


def last_round(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of one strategy in the last round that all its seeds have."""
    last: pd.DataFrame = rows[rows["round"] == rows.groupby("seed")["round"].max().min()]
    return last


def rows_by(table: pd.DataFrame, column: str) -> dict[str, pd.DataFrame]:
    """Return the rows for each value in a column of texts, in order of first appearance."""
    return {str(value): rows for value, rows in table.groupby(column, sort=False)}


@dataclass(frozen=True)
class Results:
    """The data that a figure or table may show.

    Attributes:
        curves: the learning curves.
        class_counts: class_counts.csv, one row per (strategy, seed, round, class).
        overlap: overlap.csv, one row per (pair of strategies, seed, round).
        ceiling: ceiling.csv, one row per seed: a training on the whole pool, in the columns of curves.csv;
            None if there is none.
    """

    curves: Curves
    class_counts: pd.DataFrame
    overlap: pd.DataFrame
    ceiling: Curves | None = None

    @property
    def class_names(self) -> list[str]:
        """The class names by number; the numbers themselves if class_counts.csv has no names."""
        return class_names_in(self.class_counts)

    def ceiling_of(self, metric: str) -> pd.DataFrame:
        """Return the ceiling as a curve (see evaluation.statistics) of one point or none."""
        curves = self.ceiling.by_strategy(metric) if self.ceiling and metric in self.ceiling.metrics else {}
        return next(iter(curves.values()), pd.DataFrame())


def class_names_in(class_counts: pd.DataFrame) -> list[str]:
    """Return the class names of a class_counts.csv, by number; the numbers themselves if it has no names."""
    if "name" not in class_counts:
        return [str(number) for number in sorted(class_counts["class"].unique())]
    return class_counts.groupby("class")["name"].first().tolist()


def read_results(
    curves: str | Path, class_counts: str | Path, overlap: str | Path, ceiling: str | Path | None = None
) -> Results:
    """Read curves.csv, class_counts.csv, overlap.csv and, if there is one, ceiling.csv.

    Raises: InputError if a column is missing.
    """
    return Results(
        read_curves(curves),
        read_class_counts(class_counts),
        read_table(overlap, ("strategy", "other", "seed", "round", "picked", "picked_so_far")),
        read_curves(ceiling) if ceiling else None,
    )


def read_curves(path: str | Path) -> Curves:
    """Read curves.csv; raises InputError if a column is missing."""
    return Curves(read_table(path, KEYS))


def read_class_counts(path: str | Path) -> pd.DataFrame:
    """Read class_counts.csv; raises InputError if a column is missing."""
    return read_table(path, ("strategy", "seed", "round", "class", "count", "accuracy"))


def read_table(path: str | Path, columns: tuple[str, ...]) -> pd.DataFrame:
    """Read a CSV; raises InputError if it cannot be read, or one of ``columns`` is missing."""
    texts = {"strategy": str, "other": str, "name": str}
    try:
        # A strategy or class may have any name, even "null": only an empty cell is a missing value.
        table = pd.read_csv(path, dtype=texts, keep_default_na=False, na_values=[""])
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable table ({error})") from error
    for column in columns:
        if column not in table.columns:
            raise InputError(f"{path}: has no column {column!r} (columns: {', '.join(table.columns)})")
    return table
