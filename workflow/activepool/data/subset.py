"""Subsets: a share of a dataset, to try an experiment on, or a long-tailed version of it, or both.

Cui et al. 2019 (Class-Balanced Loss, section 5.1) and Cao et al. 2019 (LDAM, section 4 and their code)
define both forms of a long tail. With C classes, at most n_max samples in a class, and a factor mu:

    exp:  class c keeps  int(n_max * mu^(c / (C - 1)))
    step: the first half of the classes keeps n_max, the other half  int(n_max * mu)

and a class that has fewer keeps all. With ``step`` and an odd C, the class in the middle belongs to the
larger half.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from activepool.compute.arrays import IntArray
from activepool.compute.seeds import generator
from activepool.data.allocation import draw_per_class
from activepool.data.class_names import quoted
from activepool.data.samples import Samples
from activepool.data.settings import Imbalance
from activepool.errors import InputError


def long_tail_counts(
    class_counts: IntArray, imbalance: Imbalance, class_names: Sequence[str] | None = None
) -> IntArray:
    """Return how many samples each class keeps, both (C,).

    Raises: InputError, with the name or else the number of the class, if one would lose all.
    """
    num_classes, largest = len(class_counts), int(class_counts.max(initial=0))
    factor = imbalance.factor
    if imbalance.kind == "exp":
        shares = [factor ** (c / max(1, num_classes - 1)) for c in range(num_classes)]
    else:
        shares = [1.0 if 2 * c < num_classes else factor for c in range(num_classes)]
    targets = np.array([int(largest * share) for share in shares], dtype=np.int64)
    lost = np.flatnonzero((targets == 0) & (class_counts > 0))
    if len(lost):
        lost_class = f"class {quoted(class_names[lost[0]])}" if class_names else f"class number {lost[0]}"
        raise InputError(
            f"imbalance: factor {factor} leaves no sample of {lost_class} (the largest class "
            f"has {largest}); raise the factor to at least {1 / largest:.2g}"
        )
    return np.minimum(class_counts, targets)


def long_tail_rows(labels: IntArray, class_names: Sequence[str], imbalance: Imbalance) -> IntArray:
    """Return the train rows that stay, ascending; those of label -1 all do.

    With the same seed, a larger factor keeps all samples that a smaller one keeps; see `long_tail_counts`.
    """
    labelled = np.flatnonzero(labels >= 0)
    class_counts = np.bincount(labels[labelled], minlength=len(class_names))
    counts = long_tail_counts(class_counts, imbalance, class_names)
    drawn = draw_per_class(labelled, labels[labelled], counts, generator(imbalance.seed, 0, "imbalance"))
    return np.union1d(drawn, np.flatnonzero(labels < 0))


def remaining_rows(
    labels: Mapping[str, IntArray],
    class_names: Sequence[str],
    imbalance: Imbalance | None,
    fraction: float | None,
) -> dict[str, IntArray]:
    """Return the rows of each part that stay, ascending, from the labels (n,) of each, -1 if not known.

    Of the parts ``train`` and ``test``, ``imbalance`` leaves out rows of the first; then each class of both
    keeps the share ``fraction``. None stands for all.
    """
    rows: dict[str, IntArray] = {name: np.arange(len(part_labels)) for name, part_labels in labels.items()}
    if imbalance is not None:
        rows["train"] = long_tail_rows(labels["train"], class_names, imbalance)
    if fraction is not None:
        for name, part_rows in rows.items():
            kept = subset_rows(labels[name][part_rows], len(class_names), fraction, name)
            rows[name] = part_rows[kept]
    return rows


def reduced(samples: Samples, imbalance: Imbalance | None, fraction: float | None) -> Samples:
    """Return the samples that stay, see `remaining_rows`."""
    if imbalance is None and fraction is None:
        return samples
    labels = {name: part.labels for name, part in samples.parts.items()}
    rows = remaining_rows(labels, samples.class_names, imbalance, fraction)
    train, test = (part.take(rows[name]) for name, part in samples.parts.items())
    return replace(samples, train=train, test=test)


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
