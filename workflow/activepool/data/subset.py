"""A share of a dataset, to try an experiment on before there is time for all of it."""

import numpy as np

from activepool.compute.arrays import IntArray
from activepool.compute.seeds import generator
from activepool.data.allocation import draw_per_class


def subset_counts(counts: IntArray, fraction: float) -> IntArray:
    """Return how many of its samples each class keeps: the nearest number, and at least one of some."""
    counts = np.asarray(counts, dtype=np.int64)
    kept: IntArray = np.minimum(counts, np.maximum(1, np.rint(counts * fraction).astype(np.int64)))
    return kept


def subset_rows(labels: IntArray, num_classes: int, fraction: float, part: str) -> IntArray:
    """Choose the rows of a part that stay, ascending: the same share of each class and of the unlabelled.

    A larger share contains a smaller one.

    Args:
        labels: (N,) int64; −1: not known.
        num_classes: C.
        fraction: above 0, at most 1.
        part: ``train`` or ``test``, of which each has a draw of its own.
    """
    groups = np.where(labels < 0, num_classes, labels)
    counts = subset_counts(np.bincount(groups, minlength=num_classes + 1), fraction)
    return np.sort(draw_per_class(np.arange(len(labels)), groups, counts, generator(0, 0, f"subset/{part}")))
