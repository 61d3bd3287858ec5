"""After the last round: mean and half width of the interval over seeds, for every metric."""

import pandas as pd

from activepool.evaluation.statistics import mean_interval
from activepool.figures.latex import Grid, best_of, latex_table, number_cells
from activepool.figures.quantities import KNOWN_METRICS, quantity
from activepool.figures.results import Results, last_round, rows_by
from activepool.figures.settings import Settings

#: Number of metrics whose titles fit side by side on a page.
IN_A_LINE = 3


def tabulate(results: Results, settings: Settings) -> pd.DataFrame:
    """Return one row per strategy with ``<metric>`` and ``<metric>_half_width``, in the metric's own unit.

    A metric that some seed lacks in that round is empty.
    """
    rows = []
    curves = results.curves
    for strategy, strategy_rows in rows_by(curves.table, "strategy").items():
        last = last_round(strategy_rows)
        row = {
            "strategy": strategy,
            "reads_all_labels": strategy in settings.oracles,
            "labels": last["labels"].iloc[0],
            "seeds": len(last),
        }
        for metric in curves.metrics:
            mean, half_width = mean_interval(last[metric].to_numpy(), settings.confidence)
            row |= {metric: float(mean), f"{metric}_half_width": float(half_width)}
        rows.append(row)
    return pd.DataFrame(rows)


def typeset(table: pd.DataFrame, settings: Settings) -> str:
    """Return the table in LaTeX, with the metric of the settings and those with a name in print."""
    strategies = table["strategy"].tolist()
    columns = {}
    for metric in dict.fromkeys((settings.metric, *KNOWN_METRICS)):
        if f"{metric}_half_width" in table:
            drawn = quantity(metric)
            names = (metric, f"{metric}_half_width")
            values, half_widths = (drawn.factor * table[name].to_numpy() for name in names)
            best = best_of(values, strategies, settings, drawn.sign)
            columns[drawn.axis_label] = number_cells(values, half_widths, best=best)
    return latex_table([Grid("Strategy", strategies, columns, IN_A_LINE)], settings)
