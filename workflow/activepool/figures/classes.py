"""The classes in order of their frequency, for figures that show all of them, one by one or in groups."""

from collections.abc import Sequence
from math import ceil

import numpy as np
import pandas as pd

from activepool.figures.results import last_round


def by_frequency(class_counts: pd.DataFrame) -> pd.Series:
    """Return how frequent each class is, ascending, by the number of the class; ties by the lower number.

    Its samples in the train part, or where labels of these are not known, its labelled samples after the
    last round in the mean over strategies and seeds.

    Args:
        class_counts: class_counts.csv.
    """
    of_class = class_counts.groupby("class")
    if "in_train" in class_counts and class_counts["in_train"].notna().all():
        return of_class["in_train"].first().sort_values(kind="stable")
    strategies = class_counts.groupby("strategy", sort=False)
    last = pd.concat([last_round(rows) for _, rows in strategies])
    return last.groupby("class")["count"].mean().sort_values(kind="stable")


def groups_of(ordered: Sequence, most: int) -> list[np.ndarray]:
    """Return consecutive groups of ``ordered``, at most ``most``; the last may be smaller than the others."""
    size = ceil(len(ordered) / most)
    return [np.asarray(ordered[start : start + size]) for start in range(0, len(ordered), size)]
