"""A metric after every round: mean and half width of the interval over seeds."""

import pandas as pd

from activepool.evaluation.statistics import mean_interval
from activepool.figures.results import Curves
from activepool.figures.settings import Settings


def tabulate(curves: Curves, settings: Settings) -> pd.DataFrame:
    """Return one row per round, with ``<strategy>`` and ``<strategy>_half_width`` of ``settings.metric``.

    The metric is in its own unit (accuracies from 0 to 1). A cell is empty where a strategy lacks the round.
    """
    points = pd.MultiIndex.from_frame(curves.table[["round", "labels"]]).unique().sort_values()
    table = pd.DataFrame(index=points)
    for strategy, curve in curves.of(settings.metric).items():
        mean, half_width = mean_interval(curve.to_numpy(), settings.confidence)
        table[strategy] = pd.Series(mean, curve.index)
        table[f"{strategy}_half_width"] = pd.Series(half_width, curve.index)
    return table.reset_index()
