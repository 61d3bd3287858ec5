"""A metric after every round: mean and half width of the interval over seeds."""

import pandas as pd

from activepool.evaluation.statistics import mean_interval
from activepool.figures.latex import Grid, best_of, latex_table, number_cells
from activepool.figures.quantities import quantity
from activepool.figures.results import Results
from activepool.figures.settings import Settings


def tabulate(results: Results, settings: Settings) -> pd.DataFrame:
    """Return one row per round, with ``<strategy>`` and ``<strategy>_half_width`` of ``settings.metric``.

    The metric is in its own unit (accuracies from 0 to 1). A cell is empty if the strategy lacks the round.
    """
    curves = results.curves
    points = pd.MultiIndex.from_frame(curves.table[["round", "labels"]]).unique().sort_values()
    table = pd.DataFrame(index=points)
    for strategy, curve in curves.by_strategy(settings.metric).items():
        mean, half_width = mean_interval(curve.to_numpy(), settings.confidence)
        table[strategy] = pd.Series(mean, curve.index)
        table[f"{strategy}_half_width"] = pd.Series(half_width, curve.index)
    return table.reset_index()


def typeset(table: pd.DataFrame, settings: Settings) -> str:
    """Return the table in LaTeX: strategies below, labels to the right."""
    drawn = quantity(settings.metric)
    strategies = table.columns[2::2].tolist()
    columns = {}
    for place, labels in enumerate(table["labels"]):
        values, half_widths = (drawn.factor * table.iloc[place, first::2].to_numpy(float) for first in (2, 3))
        best = best_of(values, strategies, settings, drawn.sign)
        columns[f"{labels:,}"] = number_cells(values, half_widths, best=best)
    return latex_table([Grid("Labels", strategies, columns, title=drawn.axis_label)], settings)
