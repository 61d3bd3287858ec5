"""A panel for each strategy, all on the same axes; or a notice if there is nothing to draw."""

from collections.abc import Sequence
from math import ceil

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from activepool.figures.panels import PAGE_WIDTH

#: Largest number of panels in a row.
COLUMNS = 4

#: In inches: a panel, a line of its title, and the axis labels around all panels.
PANEL_WIDTH, PANEL_HEIGHT, TITLE_LINE, MARGINS = 1.62, 1.35, 0.12, 0.5


def row_count(panels: int) -> int:
    """Return the number of rows in which this number of panels stands."""
    return ceil(panels / COLUMNS)


def panels_of(titles: Sequence[str]) -> tuple[Figure, list[Axes]]:
    """Return a figure with a panel for each title, and the panels."""
    rows = row_count(len(titles))
    columns = ceil(len(titles) / rows)
    lines = [title.count("\n") + 1 for title in titles]
    title_lines = sum(max(lines[start : start + columns]) for start in range(0, len(titles), columns))
    width = min(PAGE_WIDTH, MARGINS + columns * PANEL_WIDTH)
    height = MARGINS + rows * PANEL_HEIGHT + TITLE_LINE * title_lines
    figure = Figure((width, height), layout="constrained")
    grid = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True).ravel()
    for place, axes in enumerate(grid):
        if place < len(titles):
            axes.set_title(titles[place], size=7)
            axes.tick_params(labelbottom=place + columns >= len(titles))
        else:
            axes.set_axis_off()
    return figure, list(grid[: len(titles)])


def name_axes(figure: Figure, across: str, up: str, note: str = "") -> None:
    """Write the axis labels of all panels, and below them a note; the figure grows by the note."""
    if note:
        figure.set_figheight(figure.get_figheight() + TITLE_LINE)
    figure.supxlabel("\n".join([across, *([note] if note else [])]), size=8)
    figure.supylabel(up, size=8)


def notice(text: str) -> Figure:
    """Return a figure of one empty panel, with a text that says why it is empty."""
    figure, (axes,) = panels_of([text])
    axes.set(xticks=[], yticks=[])
    return figure
