"""Allocation of a budget to classes: how many samples of each, and which."""

from bisect import bisect_right
from typing import Literal

import numpy as np

from activepool.compute.arrays import IntArray
from activepool.compute.rows import ranks_in_groups
from activepool.errors import InputError

#: The classes that give the remainder, among those that have more: the first ones, or the largest.
Remainder = Literal["first", "largest"]


def balanced_counts(available: IntArray, budget: int, remainder: Remainder = "first") -> IntArray:
    """Allocate a budget to classes as equally as the samples ``available`` of each, (C,), allow: (C,) int64.

    Water-filling: each class gives the same number of samples, or all that it has if it has fewer; some of
    the classes that have more give one each of the ``remainder``, equal ones by the lower number.

    Raises: InputError if there are fewer samples than the budget.
    """
    available = np.asarray(available, dtype=np.int64)
    if not 0 <= budget <= available.sum():
        raise InputError(f"cannot take {budget} samples: there are {available.sum()} to take from")
    levels = range(int(available.max(initial=0)) + 1)
    level = bisect_right(levels, budget, key=lambda height: np.minimum(available, height).sum()) - 1
    counts = np.minimum(available, level)
    with_more = np.flatnonzero(available > level)
    if remainder == "largest":
        with_more = with_more[np.argsort(-available[with_more], kind="stable")]
    counts[with_more[: budget - counts.sum()]] += 1
    return counts


def draw_per_class(
    candidates: IntArray, labels: IntArray, counts: IntArray, generator: np.random.Generator
) -> IntArray:
    """Return ``counts[c]`` of the candidates of each class c, drawn without replacement, in random order.

    The rows ``candidates`` (n,) have the classes ``labels`` (n,), each in 0..C-1; a class that has fewer than
    its count (C,) gives all. With the same generator, a draw of more contains a draw of fewer.
    """
    order = generator.permutation(len(candidates))
    drawn = order[rank_within_class(labels[order]) < counts[labels[order]]]
    return candidates[drawn]


def rank_within_class(labels: IntArray) -> IntArray:
    """Return for each of (n,) labels (from 0) the number of equal labels before it."""
    ranks = np.empty(len(labels), dtype=np.int64)
    ranks[np.argsort(labels, kind="stable")] = ranks_in_groups(np.bincount(labels))
    return ranks
