"""Difference to random sampling: seeds paired, mean and interval of the differences, a panel a strategy."""

from collections.abc import Mapping
from math import ceil

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from activepool.figures.panels import PAGE_WIDTH, draw_curves
from activepool.figures.quantities import quantity
from activepool.figures.results import Results
from activepool.figures.settings import Settings
from activepool.figures.styles import REFERENCE_COLOUR, styles_of

#: At most so many panels in a row.
COLUMNS = 4

NOTHING = "Needs random\nand another strategy"

#: Inches: a panel, a line of its title, and the axis labels around all panels.
PANEL_WIDTH, PANEL_HEIGHT, TITLE_LINE, AROUND = 1.62, 1.35, 0.12, 0.5


def draw(results: Results, settings: Settings) -> Figure:
    """Draw ``settings.metric`` of every other strategy minus that of random; zero is random.

    Each panel shows one strategy with its band, before the means of all others in grey. Without random, or
    without another, a single panel says so.
    """
    drawn = quantity(settings.metric)
    styles = styles_of(results.curves.strategies, settings)
    differences = results.curves.differences(settings.metric)
    titles = ["\n".join(styles[strategy].lines) for strategy in differences] or [NOTHING]
    figure, panels = _grid(titles)
    for axes, strategy in zip(panels, differences, strict=False):
        _draw_means(axes, differences, drawn.factor)
        draw_curves(axes, {strategy: differences[strategy]}, styles, drawn.factor, settings.confidence)
        axes.locator_params(axis="x", nbins=4)
    for axes in panels:
        axes.axhline(0, color=REFERENCE_COLOUR, linewidth=0.8)
    if not differences:
        panels[0].set(xticks=[], yticks=[])
    figure.supxlabel("Labels", size=8)
    figure.supylabel(drawn.difference_label, size=8)
    return figure


def _grid(titles: list[str]) -> tuple[Figure, list[Axes]]:
    rows = ceil(len(titles) / COLUMNS)
    columns = ceil(len(titles) / rows)
    tallest = max(title.count("\n") + 1 for title in titles)
    width = min(PAGE_WIDTH, AROUND + columns * PANEL_WIDTH)
    figure = Figure((width, AROUND + rows * (PANEL_HEIGHT + TITLE_LINE * tallest)), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for place, axes in enumerate(grid):
        if place < len(titles):
            axes.set_title(titles[place], size=7)
            axes.tick_params(labelbottom=place + columns >= len(titles))
        else:
            axes.set_axis_off()
    return figure, list(grid[: len(titles)])


def _draw_means(axes: Axes, curves: Mapping[str, pd.DataFrame], factor: float) -> None:
    for curve in curves.values():
        mean = factor * np.mean(curve.to_numpy(), axis=1)
        axes.plot(curve.index.get_level_values("labels"), mean, color="#CCCCCC", linewidth=0.6)
