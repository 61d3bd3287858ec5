"""Labels that a strategy needs for a given part of the accuracy that all labels of the pool give."""

import pandas as pd

from activepool.evaluation.savings import labels_to_reach
from activepool.figures.results import Results
from activepool.figures.settings import Settings
from activepool.figures.typesetting import Grid, Typeset, number_cells

#: Parts of the ceiling.
SHARES = (0.95, 0.99, 1.0)

COLUMNS = ["strategy", "reads_all_labels", "share", "level", "labels", "share_of_pool"]


def tabulate(results: Results, settings: Settings) -> pd.DataFrame:
    """Return one row per (strategy, share of the ceiling), in ``settings.metric``.

    ``level`` is the share times the mean of the ceiling over seeds; ``labels`` is where the strategy's mean
    curve first reaches it, and ``share_of_pool`` the part of all labels that this is; both are empty if it
    never does. Without a ceiling there are no rows.
    """
    ceiling = results.ceiling_of(settings.metric)
    if ceiling.empty:
        return pd.DataFrame(columns=COLUMNS)
    all_labels = ceiling.index.get_level_values("labels")[0]
    rows = []
    for strategy, curve in results.curves.by_strategy(settings.metric).items():
        for share in SHARES:
            level = share * float(ceiling.to_numpy().mean())
            labels = float(labels_to_reach(curve, level))
            reads_all_labels = strategy in settings.oracles
            rows.append((strategy, reads_all_labels, share, level, labels, labels / all_labels))
    return pd.DataFrame(rows, columns=COLUMNS)


def typeset(table: pd.DataFrame, settings: Settings) -> Typeset:
    """Return the labels in percent of the pool's labels, a column for each share."""
    strategies = list(dict.fromkeys(table["strategy"]))
    columns = {}
    for share, rows in table.groupby("share"):
        values = 100 * rows.set_index("strategy").reindex(strategies)["share_of_pool"].to_numpy()
        columns[f"{share:.0%}".replace("%", " %")] = number_cells(values)
    return Typeset([Grid("Share of the ceiling", strategies, columns, title="Labels needed (% of the pool)")])
