"""The tail: the rarest classes of the train part, and a head's accuracy on them."""

import numpy as np

#: The tail's share of the classes.
TAIL_SHARE = 1 / 3


def tail_classes(train_counts: np.ndarray) -> np.ndarray:
    """Return the numbers of the rarest third of the classes, ascending.

    The third is rounded up and includes the classes that tie with its last: if half of the classes are
    equally rare, that half. If it would include all classes, the tail is empty.

    ``train_counts`` (C,) are samples of each class in the train part.
    """
    last = np.sort(train_counts)[int(np.ceil(TAIL_SHARE * len(train_counts))) - 1]
    tail = np.flatnonzero(train_counts <= last)
    return tail if len(tail) < len(train_counts) else tail[:0]


def tail_accuracy(per_class_accuracy: np.ndarray, tail: np.ndarray) -> float | None:
    """Return the mean of the known ``per_class_accuracy`` (C,) over the ``tail``; None if none is known."""
    accuracies = per_class_accuracy[tail]
    accuracies = accuracies[~np.isnan(accuracies)]
    return float(accuracies.mean()) if len(accuracies) else None
