"""What the labels brought to each class: test accuracy after the last round minus that of the first."""

from math import ceil

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from activepool.compute.seeds import generator
from activepool.evaluation.statistics import mean_interval
from activepool.figures.classes import by_frequency, groups_of, shown_names
from activepool.figures.end_labels import LINE_HEIGHT, text_width
from activepool.figures.panels import interval_note, limit_axis
from activepool.figures.quantities import Quantity
from activepool.figures.results import Results, last_round
from activepool.figures.settings import Settings
from activepool.figures.small_multiples import name_axes, notice, panels_of
from activepool.figures.styles import REFERENCE_COLOUR, Style, styles_of

CATEGORY = "Classes"

#: Up to so many classes have a bar each; more are drawn as distributions over these parts of them.
CLASSES_WITH_BARS = 20
PARTS, PARTS_OF_EQUALS = ("rare", "middle", "frequent"), ("all",)

#: Intervals of few seeds can go beyond.
CHANGE = Quantity("Accuracy gained", "percentage points", 100.0, -100.0, 100.0)

#: Inches: what the classes' names share, and between two of them.
ROOM, GAP = 1.4, 0.05

#: Points of a distribution that are drawn at most, and how far they are spread beside one another.
MOST_POINTS, SPREAD = 300, 0.28

STAGE = "accuracy_change"
NOTHING = "Needs two rounds"


def draw(results: Results, settings: Settings) -> Figure:
    """Draw a panel for each strategy: the classes from the rarest to the most frequent, in percentage points.

    With few classes a bar for each, a mean over seeds with its interval; with many a box for each third of
    them, over points of the classes' means. Classes that the test set lacks are left out.
    """
    counts = results.class_counts
    changes = {name: class_changes(rows) for name, rows in counts.groupby("strategy", sort=False)}
    if all(table.empty for table in changes.values()):
        return notice(NOTHING)
    frequencies = by_frequency(counts)
    classes = frequencies.index.to_numpy()
    parts = PARTS if frequencies.nunique() > 1 else PARTS_OF_EQUALS
    styles = styles_of(list(changes), settings)
    figure, panels = panels_of(["\n".join(styles[strategy].lines) for strategy in changes])
    many = len(classes) > CLASSES_WITH_BARS
    for axes, (strategy, table) in zip(panels, changes.items(), strict=True):
        values = CHANGE.factor * table.reindex(classes).to_numpy(dtype=np.float64)
        if many:
            _draw_distributions(axes, groups_of(values, len(parts)), styles[strategy])
        else:
            _draw_bars(axes, values, styles[strategy], settings.confidence)
        axes.axhline(0, color=REFERENCE_COLOUR, linewidth=0.8)
        axes.grid(visible=False, axis="x")
    limit_axis(panels[0], CHANGE)
    if many:
        panels[0].set_xticks(range(len(parts)), parts)
        across = f"{len(classes):,} classes" + (" by frequency" if len(parts) > 1 else "")
        note = ""
    else:
        named = shown_names(counts)
        _name_classes(figure, panels, [named[number] for number in classes])
        across = "Class, from rarest to most frequent"
        note = interval_note("Lines", results, settings)
    name_axes(figure, across, f"{CHANGE.title}\n({CHANGE.unit})", note)
    return figure


def _name_classes(figure: Figure, panels: list[Axes], names: list[str]) -> None:
    """Write the names below the bars, upwards if all have no room side by side; as many as then have room."""
    widest = text_width(names)
    upwards = len(names) * (widest + GAP) > ROOM
    room = LINE_HEIGHT if upwards else widest + GAP
    step = ceil(len(names) * room / ROOM)
    panels[0].set_xticks(range(0, len(names), step), names[::step])
    if upwards:
        for axes in panels:
            axes.tick_params(axis="x", rotation=90)
        figure.set_figheight(figure.get_figheight() + widest - LINE_HEIGHT)


def class_changes(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the change of accuracy of each class (index) with each seed (columns), from −1 to 1.

    From a strategy's rows of class_counts.csv: its first round to the last that all its seeds have. Classes
    without an accuracy are left out; with one round there are none.
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
    draws = generator(0, 0, STAGE)
    for place, values in enumerate(parts):
        means = values.mean(axis=1)
        means = means[~np.isnan(means)]
        shown = draws.permutation(means)[:MOST_POINTS]
        beside = place + draws.uniform(-SPREAD, SPREAD, len(shown))
        axes.scatter(beside, shown, s=2, color=style.colour, alpha=0.35, linewidths=0, rasterized=True)
        box = {"widths": 0.62, "showfliers": False, "manage_ticks": False}
        lines = {"color": "black", "linewidth": 0.9}
        axes.boxplot([means], positions=[place], **box, **_all_lines(lines))


def _all_lines(look: dict) -> dict:
    return {f"{part}props": look for part in ("box", "whisker", "cap", "median")}
