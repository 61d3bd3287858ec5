"""Labelled samples of each class, round by round: classes by rounds, a panel per strategy."""

from collections.abc import Mapping
from math import ceil

import matplotlib
import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap, PowerNorm
from matplotlib.figure import Figure

from activepool.figures.classes import class_frequencies, groups_of, shown_names
from activepool.figures.end_labels import LINE_HEIGHT, text_width
from activepool.figures.panels import PAGE_WIDTH
from activepool.figures.results import Results, rows_by
from activepool.figures.settings import Settings
from activepool.figures.small_multiples import add_colour_bar, name_axes, panel_size, panels_of, row_count
from activepool.figures.styles import styles_of

CATEGORY = "Classes"

#: Up to MAX_CLASSES classes have a row each, with their name; more form at most MAX_GROUPS groups.
MAX_CLASSES, MAX_GROUPS = 40, 25

#: Colours of counts. The lightest part of the map would look like the white behind the hatches.
COLOURS, LIGHTEST = "Blues", 0.3

#: Colour and pattern of a class without labels.
NO_LABELS, HATCH = "#BBBBBB", "//////"

#: Width reserved for class names, in inches, and the largest number of ticks.
NAME_WIDTH, MAX_TICKS = 0.2, 6


def draw(results: Results, settings: Settings) -> Figure:
    """Draw the mean count over the seeds, from the rarest class (at the bottom) to the most frequent.

    Many classes appear in groups of neighbours, with the mean over the group. Colours follow the square root,
    which separates small counts.
    """
    classes = class_frequencies(results.class_counts).index.to_numpy()
    groups = groups_of(classes, MAX_GROUPS if len(classes) > MAX_CLASSES else len(classes))
    by_strategy = rows_by(results.class_counts, "strategy")
    counts = {strategy: counts_by_round(rows, groups) for strategy, rows in by_strategy.items()}
    figure, panels = panels_of([style.text for style in styles_of(list(counts), settings).values()])
    _, height = panel_size(len(panels))
    extra_height = max(0, len(groups) * LINE_HEIGHT - height)
    figure.set_figheight(figure.get_figheight() + row_count(len(panels)) * extra_height)
    colours = ListedColormap(matplotlib.colormaps[COLOURS](np.linspace(LIGHTEST, 1, 256)))
    norm = PowerNorm(0.5, 0, max(table.to_numpy().max() for table in counts.values()))
    last = 0
    for axes, table in zip(panels, counts.values(), strict=True):
        rounds = table.columns.to_numpy(dtype=np.int64)
        last = max(last, int(rounds[-1]))
        extent = (rounds[0] - 0.5, rounds[-1] + 0.5, -0.5, len(groups) - 0.5)
        values = table.where(table > 0).to_numpy(dtype=np.float64)
        axes.imshow(values, origin="lower", extent=extent, aspect="auto", cmap=colours, norm=norm)
        axes.grid(visible=False)
        axes.patch.set(facecolor="white", edgecolor=NO_LABELS, hatch=HATCH)
    panels[0].set_xticks(range(0, last + 1, ceil((last + 1) / MAX_TICKS)))
    names = _group_names(groups, shown_names(results.class_counts))
    panels[0].set_yticks(range(len(groups)), names)
    # Long names widen the figure, not narrow the panels.
    figure.set_figwidth(min(PAGE_WIDTH, figure.get_figwidth() + max(0, text_width(names) - NAME_WIDTH)))
    add_colour_bar(figure, panels, colours, norm, "Labelled (hatched: none)")
    size = len(groups[0])
    name_axes(
        figure, "Round", f"{size:,} classes per row, rarest below" if size > 1 else "Class, rarest below"
    )
    return figure


def counts_by_round(rows: pd.DataFrame, groups: list[np.ndarray]) -> pd.DataFrame:
    """Return the labelled samples per class, a row for each group and a column for each round of all seeds.

    ``rows`` are a strategy's rows of class_counts.csv. The values are means over the seeds and the classes of
    the group.
    """
    rows = rows[rows["round"] <= rows.groupby("seed")["round"].max().min()]
    means = rows.pivot_table(index="class", columns="round", values="count", aggfunc="mean")
    return pd.DataFrame([means.loc[group].mean() for group in groups])


def _group_names(groups: list[np.ndarray], names: Mapping[int, str]) -> list[str]:
    """Return the name of each class, or the ranks of each group from the rarest."""
    size = len(groups[0])
    if size == 1:
        return [names[number] for (number,) in groups]
    return [f"{place * size + 1:,}–{place * size + len(group):,}" for place, group in enumerate(groups)]
