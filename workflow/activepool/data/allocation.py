"""How many samples from each class, and which: the sharing of a budget over classes."""

from bisect import bisect_right

import numpy as np

from activepool.compute.arrays import IntArray
from activepool.errors import InputError


def balanced_counts(available: IntArray, budget: int) -> IntArray:
    """Share a budget over classes as equally as what each class has allows.

    Water-filling: all classes are filled to one level, a class that has less gives all it has, and what is
    left goes one each to the first classes that have more.

    Args:
        available: (C,) samples that each class has.
        budget: how many to share out.

    Returns: (C,) int64, at most ``available``, with the sum ``budget``.
    Raises: InputError if there are not that many.
    """
    available = np.asarray(available, dtype=np.int64)
    if not 0 <= budget <= available.sum():
        raise InputError(f"cannot take {budget} samples: there are {available.sum()} to take from")
    levels = range(int(available.max(initial=0)) + 1)
    level = bisect_right(levels, budget, key=lambda height: np.minimum(available, height).sum()) - 1
    counts = np.minimum(available, level)
    with_more = np.flatnonzero(available > level)
    counts[with_more[: budget - counts.sum()]] += 1
    return counts


def draw_per_class(
    candidates: IntArray, labels: IntArray, counts: IntArray, generator: np.random.Generator
) -> IntArray:
    """Draw ``counts[c]`` of the candidates of each class c, uniformly and without replacement.

    Args:
        candidates: (n,) rows to draw from.
        labels: (n,) their classes, each in 0..C-1.
        counts: (C,) how many of each class; a class that has fewer gives all it has.
        generator: where the draw comes from. With the same one, larger counts contain smaller ones.

    Returns: the drawn rows, in random order.
    """
    order = generator.permutation(len(candidates))
    drawn = order[rank_within_class(labels[order]) < counts[labels[order]]]
    return candidates[drawn]


def rank_within_class(labels: IntArray) -> IntArray:
    """Return for each of (n,) labels (from 0) how many equal ones come before it."""
    by_class = np.argsort(labels, kind="stable")
    per_class = np.bincount(labels)
    first = np.cumsum(per_class) - per_class
    ranks = np.empty(len(labels), dtype=np.int64)
    ranks[by_class] = np.arange(len(labels)) - first[labels[by_class]]
    return ranks
