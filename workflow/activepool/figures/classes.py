"""The classes by frequency, for figures that show all classes, one by one or in groups."""

from collections import Counter
from collections.abc import Sequence
from math import ceil

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from activepool.figures.end_labels import LINE_HEIGHT, text_width
from activepool.figures.fonts import drawable_names
from activepool.figures.results import class_names_in, last_round, rows_by

#: Figures that name classes.
FIGURES_OF_CLASSES = ("accuracy_change", "class_count_heat_map", "class_counts")

#: Largest number of letters of a class name on an axis, and inches between two names.
MAX_NAME, GAP = 20, 0.05


def class_frequencies(class_counts: pd.DataFrame) -> pd.Series:
    """Return the frequency of each class in class_counts.csv, by its number, ascending; ties by lower number.

    This is its number of samples in the train part or, if not all labels of that are known, its number of
    labelled samples after the last round, averaged over strategies and seeds.
    """
    by_class = class_counts.groupby("class")
    if "in_train" in class_counts and class_counts["in_train"].notna().all():
        return by_class["in_train"].first().sort_values(kind="stable")
    last = pd.concat(map(last_round, rows_by(class_counts, "strategy").values()))
    return last.groupby("class")["count"].mean().sort_values(kind="stable")


def shown_names(class_counts: pd.DataFrame) -> dict[int, str]:
    """Return the name of each class for an axis: one that fonts can draw, cut if it is long.

    Names that are equal after cutting get the number of their class.
    """
    names = drawable_names(class_names_in(class_counts))
    short_names = [name if len(name) <= MAX_NAME else f"{name[: MAX_NAME - 1].rstrip()}…" for name in names]
    counts = Counter(short_names)
    unique_names = [
        name if counts[name] == 1 else f"{name} ({number})" for number, name in enumerate(short_names)
    ]
    return dict(zip(sorted(class_counts["class"].unique()), unique_names, strict=True))


def name_columns(figure: Figure, panels: Sequence[Axes], names: Sequence[str], room: float) -> None:
    """Write a name below each column of panels on the same axes, upwards if ``room`` inches are too few.

    Names that are written upwards make the figure taller.
    """
    widest = text_width(names)
    panels[0].set_xticks(range(len(names)), names)
    if len(names) * (widest + GAP) > room:
        for axes in panels:
            axes.tick_params(axis="x", rotation=90)
        figure.set_figheight(figure.get_figheight() + widest - LINE_HEIGHT)


def groups_of(values: np.ndarray, max_groups: int) -> list[np.ndarray]:
    """Return consecutive groups of ``values``, at most ``max_groups``; the last may be smaller."""
    size = ceil(len(values) / max_groups)
    return [values[start : start + size] for start in range(0, len(values), size)]
