"""Long-tailed versions of a dataset: fewer train samples of some classes.

Cui et al. 2019 (Class-Balanced Loss, section 5.1) and Cao et al. 2019 (LDAM, section 4 and their code)
define both forms. With C classes, at most n_max samples in a class, and a factor mu in (0, 1]:

    exp:  class c keeps  int(n_max * mu^(c / (C - 1)))
    step: the first half of the classes keeps n_max, the other half  int(n_max * mu)

and a class that has fewer keeps all.
"""

import numpy as np

from activepool.compute.arrays import IntArray
from activepool.compute.seeds import generator
from activepool.data.allocation import draw_per_class
from activepool.errors import InputError

#: The forms by name.
KINDS = ("exp", "step")


def long_tail_counts(class_counts: IntArray, kind: str, factor: float) -> IntArray:
    """Return the number of samples that each class keeps of those that it has, both (C,).

    ``factor`` is mu. With ``step`` and an odd C, the class in the middle belongs to the larger half.

    Raises: InputError if the kind or the factor is not valid, or a class would lose all its samples.
    """
    if kind not in KINDS:
        raise InputError(f"imbalance: kind {kind!r} is not known; it must be one of {', '.join(KINDS)}")
    if not 0 < factor <= 1:
        raise InputError(
            f"imbalance: factor {factor} must be above 0 and at most 1 (smallest / largest class)"
        )
    class_counts = np.asarray(class_counts, dtype=np.int64)
    num_classes, largest = len(class_counts), int(class_counts.max(initial=0))
    if kind == "exp":
        shares = [factor ** (c / max(1, num_classes - 1)) for c in range(num_classes)]
    else:
        shares = [1.0 if 2 * c < num_classes else factor for c in range(num_classes)]
    targets = np.array([int(largest * share) for share in shares], dtype=np.int64)
    lost = np.flatnonzero((targets == 0) & (class_counts > 0))
    if len(lost):
        raise InputError(
            f"imbalance: factor {factor} leaves no sample of class number {lost[0]} (the largest class "
            f"has {largest}); raise the factor to at least {1 / largest:.2g}"
        )
    return np.minimum(class_counts, targets)


def long_tail_rows(labels: IntArray, num_classes: int, kind: str, factor: float, seed: int) -> IntArray:
    """Return the train rows that stay, ascending; those of label -1 all do.

    With the same seed, a larger factor keeps all samples that a smaller one keeps; see `long_tail_counts`.
    """
    labelled = np.flatnonzero(labels >= 0)
    counts = long_tail_counts(np.bincount(labels[labelled], minlength=num_classes), kind, factor)
    drawn = draw_per_class(labelled, labels[labelled], counts, generator(seed, 0, "imbalance"))
    return np.union1d(drawn, np.flatnonzero(labels < 0))
