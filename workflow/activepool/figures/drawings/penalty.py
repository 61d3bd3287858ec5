"""Pairwise wins: the share of rounds in which a row's strategy is significantly better than a column's."""

import numpy as np
from matplotlib.figure import Figure

from activepool.figures.heat_maps import draw_percentages
from activepool.figures.matrices import matrix_of
from activepool.figures.notices import needs_notice
from activepool.figures.results import Results
from activepool.figures.settings import Settings
from activepool.figures.styles import styles_of
from activepool.figures.tables import penalty

CATEGORY = "Comparisons"
NEEDS = ("two strategies", "two seeds", "two rounds")


def draw(results: Results, settings: Settings) -> Figure:
    """Draw the table of the same name; the last column and row are means over the other strategies.

    One seed cannot show that a strategy beats another; then a line of text says so.
    """
    matrix = matrix_of(penalty.tabulate(results, settings), "beats")
    if not matrix.notna().any(axis=None):
        return needs_notice(NEEDS)
    styles = styles_of(results.curves.strategies, settings)
    means = (matrix.mean(axis=1).to_numpy(), matrix.mean(axis=0).to_numpy())
    values = 100 * np.block(
        [[matrix.to_numpy(), means[0][:, None]], [means[1][None], np.full((1, 1), np.nan)]]
    )
    column_names = [styles[name].wrapped_name for name in matrix.columns]
    row_names = [styles[name].text for name in matrix.index]
    figure, axes = draw_percentages(
        values,
        [*column_names, "Mean, wins"],
        [*row_names, "Mean, losses"],
        "Rounds that the row wins against the column (%)",
    )
    for line in (axes.axhline, axes.axvline):
        line(len(matrix) - 0.5, color="white", linewidth=3)
    return figure
