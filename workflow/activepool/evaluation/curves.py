"""Joining the metrics of all runs into two tables: the curves, and the counts per class."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from activepool.errors import InputError
from activepool.evaluation.tail import tail_accuracy, tail_classes


@dataclass(frozen=True)
class RoundMetrics:
    """The content of one metrics.json and where it belongs.

    Attributes:
        strategy: None for round 0, which all strategies share.
        seed: the seed.
        round_number: the round, from 0.
        metrics: the content of metrics.json.
        source: what to call it in a message, such as its path.
    """

    strategy: str | None
    seed: int
    round_number: int
    metrics: dict[str, Any]
    source: str


def curves_table(
    measured: Iterable[RoundMetrics], strategies: Sequence[str], train_counts: np.ndarray | None
) -> pd.DataFrame:
    """Return one row per (strategy, seed, round) with every metric that is a number, and tail_accuracy.

    Shared rounds are repeated for each strategy. Rows follow the order of ``strategies``, then seed and
    round; columns are strategy, seed, round, labels and the other metrics by name. Cells hold the
    numbers as metrics.json has them; a metric that is null there is an empty cell.

    Args:
        measured: the rounds.
        strategies: their order.
        train_counts: (C,) samples of each class in the train part, which say what the tail is (see
            evaluation.tail); None where labels are not known, and with them the tail.

    Raises: InputError if two files are for the same row, or a file has no number 'labels'.
    """
    tail = np.empty(0, np.int64) if train_counts is None else tail_classes(train_counts)
    rows = []
    for strategy, one in _in_order(measured, strategies):
        key = {"strategy": strategy, "seed": one.seed, "round": one.round_number}
        of_tail = tail_accuracy(_per_class(one, train_counts)[1], tail) if len(tail) else None
        rows.append({**key, **_numbers(one), "tail_accuracy": of_tail})
    leading = ["strategy", "seed", "round", "labels"]
    metrics = sorted({name for row in rows for name in row} - set(leading))
    return pd.DataFrame(rows, columns=[*leading, *metrics], dtype=object)


def class_counts_table(
    measured: Iterable[RoundMetrics],
    strategies: Sequence[str],
    train_counts: np.ndarray | None,
    class_names: Sequence[str],
) -> pd.DataFrame:
    """Return one row per (strategy, seed, round, class): labelled samples and test accuracy of the class.

    In the order of ``curves_table``; class is the number of the class, accuracy is empty for a class
    that the test set lacks, in_train (its samples in the train part) where ``train_counts`` is None; name is
    that of the class.

    Raises: InputError if a file lacks 'class_counts' or 'per_class_accuracy', or these or the names differ in
    length.
    """
    columns = ["strategy", "seed", "round", "class", "count", "accuracy", "in_train", "name"]
    tables = []
    for strategy, one in _in_order(measured, strategies):
        counts, accuracies = _per_class(one, train_counts)
        if len(counts) != len(class_names):
            raise InputError(
                f"{one.source}: 'class_counts' has {len(counts)} classes, the dataset {len(class_names)}"
            )
        key = (strategy, one.seed, one.round_number)
        values = (*key, np.arange(len(counts)), counts, accuracies, train_counts, list(class_names))
        tables.append(pd.DataFrame(dict(zip(columns, values, strict=True))))
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=columns)


def _in_order(
    measured: Iterable[RoundMetrics], strategies: Sequence[str]
) -> Iterator[tuple[str, RoundMetrics]]:
    found: dict[tuple[str, int, int], RoundMetrics] = {}
    for one in measured:
        if one.strategy is not None and one.strategy not in strategies:
            raise InputError(f"{one.source}: strategy {one.strategy!r} is not one of {', '.join(strategies)}")
        for strategy in strategies if one.strategy is None else [one.strategy]:
            key = (strategy, one.seed, one.round_number)
            if key in found:
                raise InputError(f"{one.source}: the same strategy, seed and round as {found[key].source}")
            found[key] = one
    order = {strategy: place for place, strategy in enumerate(strategies)}
    for key in sorted(found, key=lambda key: (order[key[0]], *key[1:])):
        yield key[0], found[key]


def _numbers(one: RoundMetrics) -> dict[str, Real | None]:
    if not _is_number(one.metrics.get("labels")):
        raise InputError(f"{one.source}: 'labels' must be the number of labelled samples")
    return {name: value for name, value in one.metrics.items() if value is None or _is_number(value)}


def _is_number(value: object) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _per_class(one: RoundMetrics, train_counts: np.ndarray | None) -> tuple[np.ndarray, np.ndarray]:
    """Return counts and accuracies, each (C,)."""
    for name in ("class_counts", "per_class_accuracy"):
        if not isinstance(one.metrics.get(name), list):
            raise InputError(f"{one.source}: '{name}' must be a list with one number per class")
    counts, accuracies = one.metrics["class_counts"], one.metrics["per_class_accuracy"]
    if len(counts) != len(accuracies):
        raise InputError(
            f"{one.source}: 'class_counts' has {len(counts)} classes, 'per_class_accuracy' {len(accuracies)}"
        )
    if train_counts is not None and len(counts) != len(train_counts):
        raise InputError(
            f"{one.source}: 'class_counts' has {len(counts)} classes, the train part {len(train_counts)}"
        )
    return np.array(counts, dtype=np.int64), np.array(accuracies, dtype=np.float64)
