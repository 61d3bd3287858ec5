"""A panel for each strategy, all on the same axes, and perhaps a colour bar to their right."""

from collections.abc import Sequence
from math import ceil

from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, Normalize
from matplotlib.figure import Figure

from activepool.figures.panels import PAGE_WIDTH

#: Largest number of panels in a row.
COLUMNS = 4

#: In inches: the widest panel, a line of its title, and the axis labels around all panels.
MAX_WIDTH, TITLE_LINE, MARGINS = 2.6, 0.12, 0.5

#: Inches of a colour bar.
BAR_WIDTH = 0.1

#: Height of a panel relative to its width.
RATIO = 0.83


def row_count(panels: int, max_columns: int = COLUMNS) -> int:
    """Return the number of rows for this number of panels, with at most ``max_columns`` in a row."""
    return ceil(panels / max_columns)


def panel_size(panels: int, max_columns: int = COLUMNS) -> tuple[float, float]:
    """Return width and height in inches of each of this number of panels: few in a row are larger."""
    columns = ceil(panels / row_count(panels, max_columns))
    width = min(MAX_WIDTH, (PAGE_WIDTH - MARGINS) / columns)
    return width, RATIO * width


def panels_of(titles: Sequence[str], max_columns: int = COLUMNS) -> tuple[Figure, list[Axes]]:
    """Return a figure with a panel for each title, at most ``max_columns`` in a row, and the panels."""
    rows = row_count(len(titles), max_columns)
    columns = ceil(len(titles) / rows)
    lines = [title.count("\n") + 1 for title in titles]
    title_lines = sum(max(lines[start : start + columns]) for start in range(0, len(titles), columns))
    width, height = panel_size(len(titles), max_columns)
    size = (MARGINS + columns * width, MARGINS + rows * height + TITLE_LINE * title_lines)
    figure = Figure(size, layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for place, axes in enumerate(grid):
        if place < len(titles):
            axes.set_title(titles[place], size=7)
            axes.tick_params(labelbottom=place + columns >= len(titles))
        else:
            axes.set_axis_off()
    return figure, list(grid[: len(titles)])


def name_axes(figure: Figure, x_label: str, y_label: str, note: str = "") -> None:
    """Write the axis labels of all panels, and below them a note; the figure grows by the note."""
    if note:
        figure.set_figheight(figure.get_figheight() + TITLE_LINE)
    figure.supxlabel("\n".join([x_label, *([note] if note else [])]), size=8)
    figure.supylabel(y_label, size=8)


def add_colour_bar(
    figure: Figure, panels: Sequence[Axes], colours: Colormap, norm: Normalize, label: str
) -> Axes:
    """Add the bar to a figure with constrained layout that has its final height, and return its axes."""
    thinness = figure.get_figheight() / BAR_WIDTH
    bar = figure.colorbar(ScalarMappable(norm, colours), ax=list(panels), aspect=thinness, label=label)
    bar.outline.set_visible(False)
    return bar.ax
