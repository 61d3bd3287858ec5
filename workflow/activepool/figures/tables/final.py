"""After the last round: mean and half width of the interval over seeds, for every metric."""

import pandas as pd

from activepool.evaluation.statistics import mean_interval
from activepool.figures.results import Curves, last_round
from activepool.figures.settings import Settings


def tabulate(curves: Curves, settings: Settings) -> pd.DataFrame:
    """Return one row per strategy with ``<metric>`` and ``<metric>_half_width``, in the metric's own unit.

    A metric that some seed lacks in that round is empty.
    """
    rows = []
    for strategy, of_strategy in curves.table.groupby("strategy", sort=False):
        last = last_round(of_strategy)
        row = {
            "strategy": strategy,
            "reads_all_labels": strategy in settings.upper_references,
            "labels": last["labels"].iloc[0],
            "seeds": len(last),
        }
        for metric in curves.metrics:
            mean, half_width = mean_interval(last[metric].to_numpy(), settings.confidence)
            row |= {metric: float(mean), f"{metric}_half_width": float(half_width)}
        rows.append(row)
    return pd.DataFrame(rows)
