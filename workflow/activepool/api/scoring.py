"""Scores of rows, as arrays."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from activepool.api.arrays import (
    Features,
    Rows,
    feature_matrix,
    require_matching_indexes,
    to_compute,
    to_rows,
)
from activepool.api.given_heads import to_head
from activepool.errors import InputError, nearest_name
from activepool.scores.pool_scorer import SCORES, PoolScorer


def score(
    features: Features,
    head: Any,
    *,
    scores: str | Sequence[str] = SCORES,
    rows: Rows | None = None,
    device: str | None = None,
    workers: int | None = None,
) -> dict[str, np.ndarray]:
    """Return a head's predicted class for each row, and the scores that strategies pick by.

    Args:
        features: (N, d) array, memory map, HDF5 dataset or torch tensor.
        head: what `train_head` returns, a pair (weight, bias), or a fitted linear model of scikit-learn or
            torch.
        scores: names of scores, such as ``margin``, the difference of the two largest probabilities,
            ``entropy``, in nats, and ``boundary``, the distance to the nearest decision boundary; by default,
            all.
        rows: which rows to score, as numbers or a mask; by default, all.
        device: ``cpu``, ``cuda``, ``cuda:N`` or ``auto``; by default, where the features are.
        workers: number of threads; by default, all processors. It does not affect the result.

    Returns: a dict of ``predicted`` (n,), which are among the head's classes, and the ``scores``, each (n,)
    float32.

    Raises InputError, with one line that says what is wrong.
    """
    require_matching_indexes(features, {"rows": rows})
    matrix = feature_matrix(features)
    scored_head = to_head(head, matrix, features)
    names = (scores,) if isinstance(scores, str) or not isinstance(scores, Iterable) else tuple(scores)
    for name in names:
        if not isinstance(name, str):
            raise InputError(f"scores has {name!r}; it must be a name or several: {', '.join(SCORES)}")
        if name not in SCORES:
            raise InputError(f"score {name!r} does not exist; {nearest_name(name, SCORES)}")
    numbers = np.arange(matrix.shape[0]) if rows is None else to_rows("rows", rows, matrix.shape[0])
    scorer = PoolScorer(matrix, scored_head.linear, to_compute(device, workers, features))
    columns = scorer.score(numbers, names)
    return {"predicted": scored_head.classes[columns["predicted"]], **{name: columns[name] for name in names}}
