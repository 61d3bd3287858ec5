"""Labels saved: how many fewer a strategy needs for the level that random reaches."""

import pandas as pd

from activepool.evaluation.savings import label_savings
from activepool.figures.quantities import quantity
from activepool.figures.results import REFERENCE, Results
from activepool.figures.settings import Settings
from activepool.figures.typesetting import Grid, Typeset, number_cells

NEEDS = ("random and another strategy", "two rounds")

COLUMNS = ["strategy", "reads_all_labels", "round", "labels"]
COLUMNS += ["level", "needed", "saving", "saving_half_width"]


def tabulate(results: Results, settings: Settings) -> pd.DataFrame:
    """Return one row per (strategy, round of random after round 0), as in evaluation.savings.label_savings.

    Random reaches ``level`` in ``settings.metric`` with ``labels``, the strategy with ``needed`` labels;
    ``saving`` is 1 − needed / labels. Cells are empty if the strategy does not reach the level. Without
    random there are no rows.
    """
    sign = quantity(settings.metric).sign
    curves = {name: sign * curve for name, curve in results.curves.by_strategy(settings.metric).items()}
    reference = curves.pop(REFERENCE, None)
    if reference is None or not curves:
        return pd.DataFrame(columns=COLUMNS)
    tables = []
    for strategy, curve in curves.items():
        savings = label_savings(curve, reference, settings.confidence).reset_index()
        savings = savings[savings["round"] > 0].rename(columns={"half_width": "saving_half_width"})
        savings = savings.assign(strategy=strategy, level=sign * savings["level"])
        tables.append(savings.assign(reads_all_labels=strategy in settings.oracles)[COLUMNS])
    return pd.concat(tables, ignore_index=True)


def typeset(table: pd.DataFrame, settings: Settings) -> Typeset:
    """Return the savings in percent: a row per strategy, a column per number of random's labels."""
    strategies = list(dict.fromkeys(table["strategy"]))
    columns = {}
    for labels, rows in table.groupby("labels"):
        rows = rows.set_index("strategy").reindex(strategies)
        values, half_widths = (100 * rows[name].to_numpy() for name in ("saving", "saving_half_width"))
        columns[f"{labels:,}"] = number_cells(values, half_widths, signed=True)
    return Typeset([Grid("Labels of random", strategies, columns, title="Labels saved (%)")])
