"""The overlap of two strategies' selections: Jaccard index, mean over seeds."""

import numpy as np
import pandas as pd

from activepool.evaluation.statistics import mean_interval
from activepool.figures.matrices import matrix_of, numbered_grid
from activepool.figures.results import Results, last_round
from activepool.figures.settings import Settings
from activepool.figures.typesetting import Typeset

NEEDS = ("two strategies", "two rounds")

COLUMNS = ["strategy", "other", "seeds", "rounds"]
COLUMNS += ["picked", "picked_half_width", "picked_so_far", "picked_so_far_half_width"]


def tabulate(results: Results, settings: Settings) -> pd.DataFrame:
    """Return one row per pair of strategies, with overlaps from 0 (disjoint) to 1 (equal).

    ``picked`` is the Jaccard index of the picks of a round, averaged over the rounds,
    ``picked_so_far`` that of all picks until the last round, without the initial pool: each is a mean over
    seeds, with the half width of its interval.
    """
    rows = []
    for pair, pair_rows in results.overlap.groupby(["strategy", "other"], sort=False):
        round_overlaps = pair_rows.groupby("seed")["picked"].mean()
        total_overlaps = last_round(pair_rows)["picked_so_far"]
        values = [
            mean_interval(values.to_numpy(), settings.confidence)
            for values in (round_overlaps, total_overlaps)
        ]
        rows.append((*pair, len(round_overlaps), pair_rows["round"].nunique(), *map(float, np.ravel(values))))
    return pd.DataFrame(rows, columns=COLUMNS)


def triangles(table: pd.DataFrame) -> pd.DataFrame:
    """Return the overlap as a matrix: ``picked`` above the diagonal, ``picked_so_far`` below."""
    upper = matrix_of(table, "picked")
    lower = matrix_of(table, "picked_so_far").T
    return upper.where(np.triu(np.ones(upper.shape, dtype=bool)), lower)


def typeset(table: pd.DataFrame, settings: Settings) -> Typeset:
    """Return the matrix, in percent."""
    note = "Above the diagonal: picks of a round, mean over rounds; below: picks of all rounds together."
    return Typeset([numbered_grid("Overlap (%)", triangles(table), {})], [note])
