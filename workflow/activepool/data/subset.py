"""Subsets: a share of a dataset, to try an experiment on, or a long-tailed version of it, or both."""

from collections.abc import Mapping

import numpy as np

from activepool.compute.arrays import IntArray
from activepool.compute.seeds import generator
from activepool.data.allocation import draw_per_class
from activepool.data.imbalance import long_tail_rows
from activepool.data.settings import Imbalance


def remaining_rows(
    labels: Mapping[str, IntArray], num_classes: int, imbalance: Imbalance | None, fraction: float | None
) -> dict[str, IntArray]:
    """Return the rows of each part that stay, ascending, from the labels (n,) of each, -1 if not known.

    Of the parts ``train`` and ``test``, ``imbalance`` leaves out rows of the first; then each class of both
    keeps the share ``fraction``. None stands for all.
    """
    rows: dict[str, IntArray] = {name: np.arange(len(part_labels)) for name, part_labels in labels.items()}
    if imbalance is not None:
        rows["train"] = long_tail_rows(labels["train"], num_classes, **imbalance.model_dump())
    if fraction is not None:
        for name, part_rows in rows.items():
            rows[name] = part_rows[subset_rows(labels[name][part_rows], num_classes, fraction, name)]
    return rows


def subset_counts(counts: IntArray, fraction: float) -> IntArray:
    """Return the number of samples that each class keeps: the share, rounded, at least one if it has any."""
    counts = np.asarray(counts, dtype=np.int64)
    kept: IntArray = np.minimum(counts, np.maximum(1, np.rint(counts * fraction).astype(np.int64)))
    return kept


def subset_rows(labels: IntArray, num_classes: int, fraction: float, part: str) -> IntArray:
    """Return the rows of a part that stay, ascending: the same share of each class and of the unlabelled.

    A larger share contains a smaller one. ``part``, train or test, has its own draw.
    """
    groups = np.where(labels < 0, num_classes, labels)
    counts = subset_counts(np.bincount(groups, minlength=num_classes + 1), fraction)
    return np.sort(draw_per_class(np.arange(len(labels)), groups, counts, generator(0, 0, f"subset/{part}")))
