"""Area under the learning curve: the mean accuracy over the number of labels, and its gain over random."""

import numpy as np
import pandas as pd

from activepool.evaluation.comparisons import holm, paired_p_value
from activepool.evaluation.statistics import mean_interval, normalised_area
from activepool.figures.quantities import quantity
from activepool.figures.results import Curves, Results, rows_by
from activepool.figures.settings import Settings
from activepool.figures.typesetting import (
    Grid,
    Typeset,
    bold_note,
    number_cells,
    p_value_cells,
    significantly_best,
)

ACCURACIES = ("top1", "balanced_accuracy", "tail_accuracy", "top5")

COLUMNS = ["metric", "strategy", "reads_all_labels", "seeds", "labels_from", "labels_to"]
COLUMNS += ["area", "area_half_width", "difference", "difference_half_width", "p"]


def tabulate(results: Results, settings: Settings) -> pd.DataFrame:
    """Return one row per (metric, strategy): ``settings.metric`` and the accuracies, these from 0 to 1.

    ``area`` is the area under the curve divided by its range of labels, ``difference`` that of the paired
    difference from random: each is a mean over seeds, with the half width of its interval. ``p`` belongs to
    the paired t-test of this difference; ``p_holm`` is corrected for all strategies other than random that
    have the metric. Without random there is no difference.
    """
    rows = []
    curves = results.curves
    for metric in metrics_of(curves, settings):
        differences = curves.differences(metric)
        for strategy, curve in curves.by_strategy(metric).items():
            labels = curve.index.get_level_values("labels")
            reads_all_labels = strategy in settings.oracles
            area = mean_interval(normalised_area(curve), settings.confidence)
            gains = normalised_area(differences.get(strategy, curve.iloc[:, :0]))
            difference = mean_interval(gains, settings.confidence)
            key = (metric, strategy, reads_all_labels, curve.shape[1], labels[0], labels[-1])
            rows.append((*key, *map(float, area), *map(float, difference), float(paired_p_value(gains))))
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.assign(p_holm=corrected(table, ["metric"]))


def metrics_of(curves: Curves, settings: Settings) -> list[str]:
    """Return ``settings.metric`` and the accuracies, as far as the curves have them."""
    available_metrics = curves.metrics
    return [metric for metric in dict.fromkeys((settings.metric, *ACCURACIES)) if metric in available_metrics]


def corrected(table: pd.DataFrame, comparisons: list[str]) -> pd.Series:
    """Return the column ``p`` after Holm's correction within each group of equal ``comparisons``."""
    p_holm = pd.Series(np.nan, table.index)
    for _, p in table.groupby(comparisons)["p"]:
        p_holm[p.index] = holm(p.to_numpy(dtype=np.float64))
    return p_holm


def typeset(table: pd.DataFrame, settings: Settings) -> Typeset:
    """Return the metrics one below another, in percent."""
    grids = []
    for metric, rows in rows_by(table, "metric").items():
        measure, strategies = quantity(metric), rows["strategy"].tolist()
        area, gain = measure.factor * rows["area"].to_numpy(), measure.factor * rows["difference"].to_numpy()
        area_half_width, gain_half_width = (
            measure.factor * rows[f"{name}_half_width"].to_numpy() for name in ("area", "difference")
        )
        best = significantly_best(area, rows["p_holm"].to_numpy(), strategies, settings, measure.sign)
        columns = {
            "Area": number_cells(area, area_half_width, best=best),
            "Difference from random": number_cells(gain, gain_half_width, signed=True),
            "p": p_value_cells(rows["p"].to_numpy()),
            "p (Holm)": p_value_cells(rows["p_holm"].to_numpy()),
        }
        grids.append(Grid(measure.axis_label, strategies, columns))
    return Typeset(grids, [bold_note(settings)])
