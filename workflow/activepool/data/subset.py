"""Subsets: a share of a dataset, to try an experiment on."""

import numpy as np

from activepool.compute.arrays import IntArray
from activepool.compute.seeds import generator
from activepool.data.allocation import draw_per_class


def subset_counts(counts: IntArray, fraction: float) -> IntArray:
    """Return the number of samples that each class keeps: the share, rounded, at least one if it has any."""
    counts = np.asarray(counts, dtype=np.int64)
    kept: IntArray = np.minimum(counts, np.maximum(1, np.rint(counts * fraction).astype(np.int64)))
    return kept


def subset_rows(labels: IntArray, num_classes: int, fraction: float, part: str) -> IntArray:
    """Return the rows of a part that stay, ascending: the same share of each class and of the unlabelled.

    A larger share contains a smaller one.

    Args:
        labels: (N,) int64; −1: not known.
        num_classes: C.
        fraction: above 0, at most 1.
        part: ``train`` or ``test``; each has its own draw.
    """
    groups = np.where(labels < 0, num_classes, labels)
    counts = subset_counts(np.bincount(groups, minlength=num_classes + 1), fraction)
    return np.sort(draw_per_class(np.arange(len(labels)), groups, counts, generator(0, 0, f"subset/{part}")))
