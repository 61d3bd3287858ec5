"""The classes in order of their frequency, for figures that show all of them, one by one or in groups."""

from collections import Counter
from collections.abc import Sequence
from math import ceil

import numpy as np
import pandas as pd

from activepool.figures.fonts import drawable
from activepool.figures.results import class_names_in, last_round

#: Figures on which classes have names.
FIGURES_OF_CLASSES = ("accuracy_change", "class_count_heat_map", "class_counts")

#: Letters of a class's name on an axis.
LONGEST_NAME = 20


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


def shown_names(class_counts: pd.DataFrame) -> dict[int, str]:
    """Return the name of each class as it stands on an axis: one that fonts can draw, cut where it is long.

    Names that are the same once they are cut have the number of their class with them.
    """
    names = drawable(class_names_in(class_counts))
    short = [name if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1].rstrip()}…" for name in names]
    times = Counter(short)
    shown = [name if times[name] == 1 else f"{name} ({number})" for number, name in enumerate(short)]
    return dict(zip(sorted(class_counts["class"].unique()), shown, strict=True))


def groups_of(ordered: Sequence, most: int) -> list[np.ndarray]:
    """Return consecutive groups of ``ordered``, at most ``most``; the last may be smaller than the others."""
    size = ceil(len(ordered) / most)
    return [np.asarray(ordered[start : start + size]) for start in range(0, len(ordered), size)]
