"""The tail: the rarest classes of the train part, and how well a head knows them."""

import numpy as np

#: The share of the classes that are the tail.
TAIL = 1 / 3


def tail_classes(train_counts: np.ndarray) -> np.ndarray:
    """Return the numbers of the rarest third of the classes, ascending.

    The third is rounded up, and the classes that tie with the last of it belong to it too: with half of the
    classes equally rare, that half. There is no tail where all classes would be in it.

    Args:
        train_counts: (C,) samples of each class in the train part.
    """
    last = np.sort(train_counts)[int(np.ceil(TAIL * len(train_counts))) - 1]
    tail = np.flatnonzero(train_counts <= last)
    return tail if len(tail) < len(train_counts) else tail[:0]


def tail_accuracy(per_class_accuracy: np.ndarray, tail: np.ndarray) -> float | None:
    """Return the mean accuracy over the classes of ``tail`` that have one; None (an empty cell) without any.

    Args:
        per_class_accuracy: (C,), NaN for a class that the test set lacks.
        tail: numbers of classes.
    """
    accuracies = per_class_accuracy[tail]
    accuracies = accuracies[~np.isnan(accuracies)]
    return float(accuracies.mean()) if len(accuracies) else None
