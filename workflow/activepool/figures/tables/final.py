"""After the last round: mean and half width of the interval over seeds, for every metric."""

import numpy as np
import pandas as pd

from activepool.evaluation.comparisons import holm, paired_p_value
from activepool.evaluation.statistics import mean_interval
from activepool.figures.quantities import KNOWN_METRICS, quantity
from activepool.figures.results import Results, last_round, rows_by
from activepool.figures.settings import Settings
from activepool.figures.typesetting import Grid, Typeset, bold_note, number_cells, significantly_best

#: Number of metrics whose titles fit side by side on a page.
MAX_COLUMNS = 3


def tabulate(results: Results, settings: Settings) -> pd.DataFrame:
    """Return one row per strategy with ``<metric>`` and ``<metric>_half_width``, in the metric's own unit.

    A metric that some seed lacks in that round is empty. ``<metric>_p_holm`` is the p-value of a paired
    t-test against random in that round, after Holm's correction for all strategies other than random.
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
    table = pd.DataFrame(rows)
    for metric in curves.metrics:
        differences = curves.differences(metric)
        p_values = [
            _p_value(differences.get(strategy), labels)
            for strategy, labels in zip(table["strategy"], table["labels"], strict=True)
        ]
        table[f"{metric}_p_holm"] = holm(p_values)
    return table


def _p_value(difference: pd.DataFrame | None, labels: int) -> float:
    """Return the p-value of the difference at this number of labels, NaN if there is none."""
    if difference is None:
        return np.nan
    last_rows = difference[difference.index.get_level_values("labels") == labels]
    return float(paired_p_value(last_rows.to_numpy()[-1])) if len(last_rows) else np.nan


def typeset(table: pd.DataFrame, settings: Settings) -> Typeset:
    """Return the metric of the settings and those with a name in print."""
    strategies = table["strategy"].tolist()
    columns = {}
    for metric in dict.fromkeys((settings.metric, *KNOWN_METRICS)):
        if f"{metric}_half_width" in table:
            measure = quantity(metric)
            names = (metric, f"{metric}_half_width")
            values, half_widths = (measure.factor * table[name].to_numpy() for name in names)
            p_holm = table[f"{metric}_p_holm"].to_numpy(dtype=np.float64)
            best = significantly_best(values, p_holm, strategies, settings, measure.sign)
            columns[measure.axis_label] = number_cells(values, half_widths, best=best)
    return Typeset([Grid("Strategy", strategies, columns, MAX_COLUMNS)], [bold_note(settings)])
