"""Two tables from the metrics of all runs: the curves, and the counts per class."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from activepool.errors import InputError
from activepool.evaluation.tail import tail_accuracy, tail_classes


@dataclass(frozen=True)
class RoundMetrics:
    """The content of one metrics.json, and the run it belongs to.

    Attributes:
        strategy: one of those that share the round, if it is round 0.
        round_number: the round, from 0.
        metrics: the content of metrics.json.
        source: its name in messages, such as its path.
    """

    strategy: str
    seed: int
    round_number: int
    metrics: dict[str, Any]
    source: str


def curves_table(
    runs: Iterable[RoundMetrics], strategies: Sequence[str], train_counts: np.ndarray | None
) -> pd.DataFrame:
    """Return one row per (strategy, seed, round) with every metric that is a number, and tail_accuracy.

    Rows follow the order of ``strategies``, then seed and round; columns are strategy, seed, round, labels
    and the other metrics by name. Cells hold the numbers of metrics.json unchanged; null becomes an empty
    cell.

    Args:
        runs: each strategy, seed and round once.
        strategies: their order.
        train_counts: (C,) samples of each class in the train part, which define the tail (see
            evaluation.tail); None if labels, and so the tail, are unknown.

    Raises: InputError if a file has no number 'labels'.
    """
    tail = np.empty(0, np.int64) if train_counts is None else tail_classes(train_counts)
    rows = []
    for run in _ordered(runs, strategies):
        key = {"strategy": run.strategy, "seed": run.seed, "round": run.round_number}
        accuracy = tail_accuracy(_per_class(run, train_counts)[1], tail) if len(tail) else None
        rows.append({**key, **_numbers(run), "tail_accuracy": accuracy})
    leading_columns = ["strategy", "seed", "round", "labels"]
    metrics = sorted({name for row in rows for name in row} - set(leading_columns))
    return pd.DataFrame(rows, columns=[*leading_columns, *metrics], dtype=object)


def class_counts_table(
    runs: Iterable[RoundMetrics],
    strategies: Sequence[str],
    train_counts: np.ndarray | None,
    class_names: Sequence[str],
) -> pd.DataFrame:
    """Return one row per (strategy, seed, round, class): labelled samples and test accuracy of the class.

    Rows are in the order of ``curves_table``. ``class`` is the class number and ``name`` its name;
    ``accuracy`` is empty for a class without test samples; ``in_train``, the class's samples in the train
    part, is empty if ``train_counts`` is None.

    Raises: InputError if a file lacks 'class_counts' or 'per_class_accuracy', or these or the names differ in
    length.
    """
    columns = ["strategy", "seed", "round", "class", "count", "accuracy", "in_train", "name"]
    tables = []
    for run in _ordered(runs, strategies):
        counts, accuracies = _per_class(run, train_counts)
        if len(counts) != len(class_names):
            raise InputError(
                f"{run.source}: 'class_counts' has {len(counts)} classes, the dataset {len(class_names)}"
            )
        key = (run.strategy, run.seed, run.round_number)
        values = (*key, np.arange(len(counts)), counts, accuracies, train_counts, list(class_names))
        tables.append(pd.DataFrame(dict(zip(columns, values, strict=True))))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def _ordered(runs: Iterable[RoundMetrics], strategies: Sequence[str]) -> list[RoundMetrics]:
    return sorted(runs, key=lambda run: (strategies.index(run.strategy), run.seed, run.round_number))


def _numbers(run: RoundMetrics) -> dict[str, Real | None]:
    if not _is_number(run.metrics.get("labels")):
        raise InputError(f"{run.source}: 'labels' must be the number of labelled samples")
    return {name: value for name, value in run.metrics.items() if value is None or _is_number(value)}


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _per_class(run: RoundMetrics, train_counts: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return counts and accuracies, each (C,)."""
    source, metrics = run.source, run.metrics
    for name in ("class_counts", "per_class_accuracy"):
        if not isinstance(metrics.get(name), list):
            raise InputError(f"{source}: '{name}' must be a list with one number per class")
    counts, accuracies = metrics["class_counts"], metrics["per_class_accuracy"]
    if len(counts) != len(accuracies):
        raise InputError(
            f"{source}: 'class_counts' has {len(counts)} classes, 'per_class_accuracy' {len(accuracies)}"
        )
    if train_counts is not None and len(counts) != len(train_counts):
        raise InputError(
            f"{source}: 'class_counts' has {len(counts)} classes, the train part {len(train_counts)}"
        )
    return np.array(counts, dtype=np.int64), np.array(accuracies, dtype=np.float64)
