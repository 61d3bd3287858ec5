"""The change of each class's test accuracy from the first round to the last."""

from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from activepool.compute.seeds import generator
from activepool.evaluation.statistics import mean_interval
from activepool.figures.classes import class_frequencies, groups_of, name_columns, shown_names
from activepool.figures.notices import needs_notice
from activepool.figures.panels import interval_note, limit_axis
from activepool.figures.quantities import Quantity
from activepool.figures.results import Results, last_round, rows_by
from activepool.figures.settings import Settings
from activepool.figures.small_multiples import COLUMNS, name_axes, panel_size, panels_of
from activepool.figures.styles import REFERENCE_COLOUR, Style, styles_of

CATEGORY = "Classes"
NEEDS = ("two rounds",)

#: Up to this many classes have a bar each; more appear as distributions over these parts of the classes.
MAX_BARS = 20
PARTS, EQUAL_PARTS = ("rare", "middle", "frequent"), ("all",)

#: Intervals of few seeds can exceed these bounds.
CHANGE = Quantity("Accuracy gained", "percentage points", 100.0, -100.0, 100.0)

#: Inches of a panel's width beside its bars.
PANEL_MARGIN = 0.2

#: Up to this many class names fit below a panel of usual width; for more names, so few panels are in a row.
MAX_NARROW_NAMES, WIDE_COLUMNS = 12, 2

#: Largest number of points in a distribution, and their horizontal spread.
MAX_POINTS, SPREAD = 300, 0.28


def draw(results: Results, settings: Settings) -> Figure:
    """Draw a panel for each strategy: the classes from the rarest to the most frequent, in percentage points.

    Few classes have a bar each, the mean over seeds with its interval; many have a box for each third of
    them, over points of the classes' means. Classes without test samples are left out.
    """
    counts = results.class_counts
    changes = {name: class_changes(rows) for name, rows in rows_by(counts, "strategy").items()}
    if all(table.empty for table in changes.values()):
        return needs_notice(NEEDS)
    frequencies = class_frequencies(counts)
    classes = frequencies.index.to_numpy()
    parts = PARTS if frequencies.nunique() > 1 else EQUAL_PARTS
    styles = styles_of(list(changes), settings)
    has_groups = len(classes) > MAX_BARS
    num_columns = WIDE_COLUMNS if MAX_NARROW_NAMES < len(classes) <= MAX_BARS else COLUMNS
    figure, panels = panels_of([style.text for style in styles.values()], num_columns)
    for axes, (strategy, table) in zip(panels, changes.items(), strict=True):
        values = CHANGE.factor * table.reindex(classes).to_numpy(dtype=np.float64)
        if has_groups:
            _draw_distributions(axes, groups_of(values, len(parts)), styles[strategy])
        else:
            _draw_bars(axes, values, styles[strategy], settings.confidence)
        axes.axhline(0, color=REFERENCE_COLOUR, linewidth=0.8)
        axes.grid(visible=False, axis="x")
    limit_axis(panels[0], CHANGE)
    if has_groups:
        panels[0].set_xticks(range(len(parts)), parts)
        x_label = f"{len(classes):,} classes" + (" by frequency" if len(parts) > 1 else "")
        note = ""
    else:
        names = shown_names(counts)
        width, _ = panel_size(len(panels), num_columns)
        name_columns(figure, panels, [names[number] for number in classes], width - PANEL_MARGIN)
        x_label = "Class, from rarest to most frequent"
        note = interval_note("Lines", results, settings)
    name_axes(figure, x_label, f"{CHANGE.title}\n({CHANGE.unit})", note)
    return figure


def class_changes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the change of accuracy of each class (index) for each seed (columns), from −1 to 1.

    ``rows`` are a strategy's rows of class_counts.csv; the change is from its first round to the last that
    all its seeds have. Classes without an accuracy are left out; with one round, all are.
    """
    first, last = (
        part.pivot(index="class", columns="seed", values="accuracy")
        for part in (rows[rows["round"] == rows["round"].min()], last_round(rows))
    )
    change = (last - first).dropna()
    return change if last_round(rows)["round"].max() > rows["round"].min() else change.iloc[:0]


def _draw_bars(axes: Axes, values: np.ndarray, style: Style, confidence: float) -> None:
    mean, half_width = mean_interval(values, confidence)
    places = np.arange(len(values))
    axes.bar(places, mean, width=0.75, color=style.colour, alpha=0.55)
    axes.errorbar(places, mean, half_width, linestyle="", color=style.colour, elinewidth=0.9)
    axes.margins(x=0.03)


def _draw_distributions(axes: Axes, parts: list[np.ndarray], style: Style) -> None:
    draws = generator(0, 0, "accuracy_change")
    for place, values in enumerate(parts):
        means = values.mean(axis=1)
        means = means[~np.isnan(means)]
        points = draws.permutation(means)[:MAX_POINTS]
        positions = place + draws.uniform(-SPREAD, SPREAD, len(points))
        axes.scatter(positions, points, s=2, color=style.colour, alpha=0.35, linewidths=0, rasterized=True)
        box: dict[str, Any] = {"widths": 0.62, "showfliers": False, "manage_ticks": False}
        for part in ("box", "whisker", "cap", "median"):
            box[f"{part}props"] = {"color": "black", "linewidth": 0.9}
        axes.boxplot([means], positions=[place], **box)
