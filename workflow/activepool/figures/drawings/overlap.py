"""Overlap of the strategies' selections: picks of a round above the diagonal, of all rounds below."""

from matplotlib.figure import Figure

from activepool.figures.heat_maps import draw_percentages
from activepool.figures.notices import unmet
from activepool.figures.results import Results
from activepool.figures.settings import Settings
from activepool.figures.styles import styles_of
from activepool.figures.tables import overlap

CATEGORY = "Selections"
NEEDS = ("two strategies", "two rounds")


def draw(results: Results, settings: Settings) -> Figure:
    """Draw the table of the same name as a square; if it is empty, a line of text says so."""
    matrix = overlap.triangles(overlap.tabulate(results, settings))
    if matrix.empty:
        return unmet(NEEDS)
    styles = styles_of(list(matrix.index), settings)
    across = [styles[name].wrapped_name for name in matrix.columns]
    down = [styles[name].text for name in matrix.index]
    label = "Overlap (%): picks of a round above the diagonal, of all rounds below"
    figure, _ = draw_percentages(100 * matrix.to_numpy(), across, down, label)
    return figure
