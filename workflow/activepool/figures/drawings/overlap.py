"""Overlap of the strategies' selections: picks of a round above the diagonal, of all rounds below."""

from matplotlib.figure import Figure

from activepool.figures.heat_maps import draw_percentages
from activepool.figures.notices import needs_notice
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
        return needs_notice(NEEDS)
    styles = styles_of(list(matrix.index), settings)
    column_names = [styles[name].wrapped_name for name in matrix.columns]
    row_names = [styles[name].text for name in matrix.index]
    label = "Overlap (%): picks of a round above the diagonal, of all rounds below"
    figure, _ = draw_percentages(100 * matrix.to_numpy(), column_names, row_names, label)
    return figure
