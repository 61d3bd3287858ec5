"""A value for each pair of strategies as a coloured square with its number."""

from collections.abc import Sequence

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from activepool.figures.end_labels import TEXT_SIZE, text_height, text_width
from activepool.figures.panels import PAGE_WIDTH

#: Colours from 0 to 100; above DARK, text is white.
COLOURS, DARK = "Blues", 65

#: Of the colour bar's label, in points.
LABEL_SIZE = 8

#: In inches: range of a cell's side, space around names, the colour bar with its label.
MIN_SIDE, MAX_SIDE, ROOM, BAR = 0.27, 0.4, 0.14, 0.68


def draw_percentages(
    values: np.ndarray, column_names: Sequence[str], row_names: Sequence[str], label: str
) -> tuple[Figure, Axes]:
    """Return a figure of ``values``, and its axes, in which cell (row, column) lies at x = column, y = row.

    The figure is as large as names and cells need, and fits the page if cells can be small enough.

    Args:
        values: (rows, columns) from 0 to 100; a NaN cell stays empty.
        column_names: written upwards.
        row_names: from the top.
        label: of the colour bar.
    """
    rows, columns = values.shape
    left, top = (ROOM + text_width("\n".join(names).splitlines()) for names in (row_names, column_names))
    side = min(MAX_SIDE, max(MIN_SIDE, (PAGE_WIDTH - left - ROOM) / columns))
    cell_width, cell_height = (max(side, text_height(names)) for names in (column_names, row_names))
    width = left + max(cell_width * columns, text_width([label]) * LABEL_SIZE / TEXT_SIZE) + ROOM
    height = top + cell_height * rows + BAR
    figure = Figure(figsize=(width, height))
    axes = figure.add_axes(
        (left / width, BAR / height, cell_width * columns / width, cell_height * rows / height)
    )
    colours = matplotlib.colormaps[COLOURS].with_extremes(bad="white")
    image = axes.imshow(values, cmap=colours, vmin=0, vmax=100, aspect="auto")
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)
    axes.tick_params(length=0, top=True, labeltop=True, bottom=False, labelbottom=False)
    axes.set_xticks(range(columns), column_names, rotation=90)
    axes.set_yticks(range(rows), row_names)
    for (row, column), value in np.ndenumerate(values):
        if not np.isnan(value):
            colour = "white" if value > DARK else "black"
            axes.text(column, row, f"{value:.0f}", color=colour, size=TEXT_SIZE, ha="center", va="center")
    length = min(3.0, cell_width * columns)
    bar = figure.add_axes((left / width, 0.42 / height, length / width, 0.09 / height))
    figure.colorbar(image, cax=bar, orientation="horizontal").outline.set_visible(False)
    bar.set_xlabel(label, loc="left", size=LABEL_SIZE)
    return figure, axes
