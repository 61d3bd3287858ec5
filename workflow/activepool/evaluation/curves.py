"""Joining the metrics of all runs into two tables: the curves, and the counts per class."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

from activepool.errors import InputError


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


def curves_table(measured: Iterable[RoundMetrics], strategies: Sequence[str]) -> pd.DataFrame:
    """Return one row per (strategy, seed, round) with every metric that is a number.

    Shared rounds are repeated for each strategy. Rows follow the order of ``strategies``, then seed and
    round; columns are strategy, seed, round, labels and the other metrics by name. Cells hold the
    numbers as metrics.json has them; a metric that is null there is an empty cell.

    Raises: InputError if two files are for the same row, or a file has no number 'labels'.
    """
    rows = [
        {"strategy": strategy, "seed": one.seed, "round": one.round_number, **_numbers(one)}
        for strategy, one in _in_order(measured, strategies)
    ]
    leading = ["strategy", "seed", "round", "labels"]
    metrics = sorted({name for row in rows for name in row} - set(leading))
    return pd.DataFrame(rows, columns=[*leading, *metrics], dtype=object)


def class_counts_table(measured: Iterable[RoundMetrics], strategies: Sequence[str]) -> pd.DataFrame:
    """Return one row per (strategy, seed, round, class): labelled samples and test accuracy of the class.

    In the order of ``curves_table``; class is the number of the class, accuracy is empty for a class
    that the test set lacks.

    Raises: InputError if a file lacks 'class_counts' or 'per_class_accuracy', or they differ in length.
    """
    columns = ["strategy", "seed", "round", "class", "count", "accuracy"]
    tables = []
    for strategy, one in _in_order(measured, strategies):
        counts, accuracies = _per_class(one)
        key = (strategy, one.seed, one.round_number)
        values = (*key, np.arange(len(counts)), counts, accuracies)
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


def _per_class(one: RoundMetrics) -> tuple[np.ndarray, np.ndarray]:
    for name in ("class_counts", "per_class_accuracy"):
        if not isinstance(one.metrics.get(name), list):
            raise InputError(f"{one.source}: '{name}' must be a list with one number per class")
    counts, accuracies = one.metrics["class_counts"], one.metrics["per_class_accuracy"]
    if len(counts) != len(accuracies):
        raise InputError(
            f"{one.source}: 'class_counts' has {len(counts)} classes, 'per_class_accuracy' {len(accuracies)}"
        )
    return np.array(counts, dtype=np.int64), np.array(accuracies, dtype=np.float64)
