"""What the seeds of an experiment can find: the smallest differences from random, and the seeds they take."""

import numpy as np
import pandas as pd

from activepool.evaluation.power import detectable_effect, seeds_needed
from activepool.evaluation.statistics import normalised_area
from activepool.figures.quantities import quantity
from activepool.figures.results import Results, rows_by
from activepool.figures.settings import Settings
from activepool.figures.tables.area import ACCURACIES, metrics_of
from activepool.figures.typesetting import MISSING, Cell, Grid, Typeset, number_cells, text_cells

NEEDS = ("random and another strategy",)

COLUMNS = ["metric", "strategy", "reads_all_labels", "seeds", "comparisons", "difference", "deviation"]
COLUMNS += ["detectable", "seeds_for_difference", "seeds_for_one_point"]

#: One percentage point of an accuracy.
ONE_POINT = 0.01


def tabulate(results: Results, settings: Settings) -> pd.DataFrame:
    """Return one row per (metric, strategy other than random), for the area under the curve.

    ``difference`` is the mean of the paired differences from random over the seeds, and ``deviation`` their
    standard deviation, from which the rest follows. ``detectable`` is the smallest difference that a test
    with these seeds finds with a probability of 80 %; ``seeds_for_difference`` and ``seeds_for_one_point``
    are the seeds that find one as large as the difference seen here, and one percentage point of an accuracy.
    The level is divided by the number of comparisons (Bonferroni), which Holm's correction only improves on.
    """
    rows = []
    for metric in metrics_of(results.curves, settings):
        differences = results.curves.differences(metric)
        level = (1 - settings.confidence) / max(len(differences), 1)
        for strategy, curve in differences.items():
            gains = normalised_area(curve)
            mean = float(gains.mean())
            deviation = float(gains.std(ddof=1)) if len(gains) > 1 else np.nan
            point = _seeds(ONE_POINT, deviation, level) if metric in ACCURACIES else np.nan
            reads_all_labels = strategy in settings.oracles
            key = (metric, strategy, reads_all_labels, len(gains), len(differences))
            detectable = detectable_effect(len(gains), level) * deviation
            rows.append((*key, mean, deviation, detectable, _seeds(mean, deviation, level), point))
    return pd.DataFrame(rows, columns=COLUMNS)


def typeset(table: pd.DataFrame, settings: Settings) -> Typeset:
    """Return the metrics one below another, in percent."""
    grids = []
    for metric, rows in rows_by(table, "metric").items():
        measure, strategies = quantity(metric), rows["strategy"].tolist()
        difference, deviation, detectable = (
            measure.factor * rows[name].to_numpy() for name in ("difference", "deviation", "detectable")
        )
        columns = {
            "Difference from random": number_cells(difference, signed=True),
            "Deviation": number_cells(deviation),
            "Detectable": number_cells(detectable),
            "Seeds for this difference": _count_cells(rows["seeds_for_difference"]),
            "Seeds for one point": _count_cells(rows["seeds_for_one_point"]),
        }
        grids.append(Grid(measure.axis_label, strategies, columns))
    return Typeset(grids)


def _seeds(difference: float, deviation: float, level: float) -> float:
    """Return how many seeds find a difference; NaN without a deviation."""
    if np.isnan(deviation):
        return np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        effect = np.float64(abs(difference)) / deviation
    return seeds_needed(float(np.nan_to_num(effect, nan=0.0, posinf=1e6)), level)


def _count_cells(counts: pd.Series) -> list[Cell]:
    return text_cells(
        [MISSING if np.isnan(count) else "∞" if np.isinf(count) else f"{count:.0f}" for count in counts]
    )
