"""The overlap of two strategies' selections: Jaccard index, mean over seeds."""

import numpy as np
import pandas as pd

from activepool.evaluation.statistics import mean_interval
from activepool.figures.latex import latex_table
from activepool.figures.matrices import matrix_of, numbered_grid
from activepool.figures.results import Results, last_round
from activepool.figures.settings import Settings

COLUMNS = [
    "strategy",
    "other",
    "seeds",
    "rounds",
    "picked",
    "picked_half_width",
    "labelled",
    "labelled_half_width",
]


def tabulate(results: Results, settings: Settings) -> pd.DataFrame:
    """Return one row per pair of strategies, with overlaps from 0 (disjoint) to 1 (equal).

    ``picked`` is the Jaccard index of the picks of a round, averaged over the rounds, ``labelled`` that of
    the labelled sets after the last round: each is a mean over seeds, with the half width of its interval.
    """
    rows = []
    for pair, pair_rows in results.overlap.groupby(["strategy", "other"], sort=False):
        picked = pair_rows.groupby("seed")["picked"].mean()
        labelled = last_round(pair_rows)["labelled"]
        values = [mean_interval(values.to_numpy(), settings.confidence) for values in (picked, labelled)]
        rows.append((*pair, len(picked), pair_rows["round"].nunique(), *map(float, np.ravel(values))))
    return pd.DataFrame(rows, columns=COLUMNS)


def triangles(table: pd.DataFrame) -> pd.DataFrame:
    """Return the overlap as a matrix: ``picked`` above the diagonal, ``labelled`` below."""
    upper = matrix_of(table, "picked")
    lower = matrix_of(table, "labelled").T
    return upper.where(np.triu(np.ones(upper.shape, dtype=bool)), lower)


def typeset(table: pd.DataFrame, settings: Settings) -> str:
    """Return the matrix in LaTeX, in percent."""
    note = (
        "Above the diagonal: picks of a round, mean over rounds; below: labelled sets after the last round."
    )
    return latex_table([numbered_grid("Overlap (%)", triangles(table), {})], settings, [note])
