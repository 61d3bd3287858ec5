"""A metric after every round: mean and half width of the interval over seeds."""

import numpy as np
import pandas as pd

from activepool.evaluation.statistics import mean_interval
from activepool.figures.quantities import quantity
from activepool.figures.results import Results, rows_by
from activepool.figures.settings import Settings
from activepool.figures.tables import difference_by_labels
from activepool.figures.typesetting import Grid, Typeset, bold_note, number_cells, significantly_best


def tabulate(results: Results, settings: Settings) -> pd.DataFrame:
    """Return one row per round, with ``<strategy>`` and ``<strategy>_half_width`` of ``settings.metric``.

    The metric is in its own unit (accuracies from 0 to 1). ``<strategy>_p_holm`` is that of the table
    ``difference_by_labels``. A cell is empty if the strategy lacks the round or, for p-values, the test.
    """
    curves = results.curves
    tests = rows_by(difference_by_labels.tabulate(results, settings), "strategy")
    points = pd.MultiIndex.from_frame(curves.table[["round", "labels"]]).unique().sort_values()
    table = pd.DataFrame(index=points)
    for strategy, curve in curves.by_strategy(settings.metric).items():
        mean, half_width = mean_interval(curve.to_numpy(), settings.confidence)
        table[strategy] = pd.Series(mean, curve.index)
        table[f"{strategy}_half_width"] = pd.Series(half_width, curve.index)
        test = tests[strategy].set_index(["round", "labels"])["p_holm"] if strategy in tests else np.nan
        table[f"{strategy}_p_holm"] = test
    return table.reset_index()


def typeset(table: pd.DataFrame, settings: Settings) -> Typeset:
    """Return strategies below, labels to the right."""
    measure = quantity(settings.metric)
    strategies = table.columns[2::3].tolist()
    columns = {}
    for place, labels in enumerate(table["labels"]):
        values, half_widths, p_holm = (table.iloc[place, first::3].to_numpy(float) for first in (2, 3, 4))
        values, half_widths = measure.factor * values, measure.factor * half_widths
        best = significantly_best(values, p_holm, strategies, settings, measure.sign)
        columns[f"{labels:,}"] = number_cells(values, half_widths, best=best)
    return Typeset([Grid("Labels", strategies, columns, title=measure.axis_label)], [bold_note(settings)])
