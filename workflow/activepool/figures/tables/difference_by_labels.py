"""The paired difference from random after every round, with a test corrected for many strategies."""

import numpy as np
import pandas as pd

from activepool.evaluation.comparisons import paired_p_value
from activepool.evaluation.statistics import mean_interval
from activepool.figures.quantities import quantity
from activepool.figures.results import Results
from activepool.figures.settings import Settings
from activepool.figures.tables.area import corrected
from activepool.figures.typesetting import (
    Grid,
    Typeset,
    bold_note,
    number_cells,
    significantly_best,
    star_note,
)

NEEDS = ("random and another strategy", "two rounds")

COLUMNS = ["strategy", "reads_all_labels", "round", "labels", "seeds", "difference", "half_width", "p"]


def tabulate(results: Results, settings: Settings) -> pd.DataFrame:
    """Return one row per (strategy, round) with the difference from random of ``settings.metric``.

    ``difference`` is a mean over seeds in the metric's own unit, with the half width of its interval. ``p``
    belongs to the paired t-test; ``p_holm`` is corrected for all strategies other than random that have the
    round. Round 0, which all strategies share, is left out. Without random there are no rows.
    """
    rows = []
    for strategy, curve in results.curves.differences(settings.metric).items():
        curve = curve[curve.index.get_level_values("round") > 0]
        columns = (*mean_interval(curve.to_numpy(), settings.confidence), paired_p_value(curve.to_numpy()))
        key = (strategy, strategy in settings.oracles)
        for point, *values in zip(curve.index, *columns, strict=True):
            rows.append((*key, *point, curve.shape[1], *map(float, values)))
    table = pd.DataFrame(rows, columns=COLUMNS)
    return table.assign(p_holm=corrected(table, ["round", "labels"]))


def typeset(table: pd.DataFrame, settings: Settings) -> Typeset:
    """Return a row per strategy, a column per number of labels; a star: significant."""
    measure = quantity(settings.metric)
    strategies = list(dict.fromkeys(table["strategy"]))
    columns = {}
    for (_, labels), rows in table.groupby(["round", "labels"]):
        rows = rows.set_index("strategy").reindex(strategies)
        values, half_widths = (
            measure.factor * rows[name].to_numpy() for name in ("difference", "half_width")
        )
        p_holm = rows["p_holm"].to_numpy(dtype=np.float64)
        best = significantly_best(values, p_holm, strategies, settings, measure.sign)
        marked = p_holm < 1 - settings.confidence
        columns[f"{labels:,}"] = number_cells(values, half_widths, signed=True, best=best, marked=marked)
    title = measure.difference_label.replace("\n", " ")
    notes = [star_note(settings), bold_note(settings)]
    return Typeset([Grid("Labels", strategies, columns, title=title)], notes)
