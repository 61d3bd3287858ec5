"""Pairwise wins: the share of rounds in which one strategy is significantly better than another."""

import pandas as pd

from activepool.evaluation.comparisons import pairwise_wins
from activepool.figures.matrices import matrix_of, numbered_grid
from activepool.figures.quantities import quantity
from activepool.figures.results import Results
from activepool.figures.settings import Settings
from activepool.figures.typesetting import Typeset

NEEDS = ("two strategies", "two seeds", "two rounds")


def tabulate(results: Results, settings: Settings) -> pd.DataFrame:
    """Return one row per ordered pair of strategies (see evaluation.comparisons.pairwise_wins).

    ``beats`` is the share of the rounds after round 0, from 0 to 1, in which ``strategy`` is better than
    ``other`` in ``settings.metric`` by a paired t-test over seeds, at the level of ``settings.confidence``.
    """
    sign = quantity(settings.metric).sign
    curves = {name: sign * curve for name, curve in results.curves.by_strategy(settings.metric).items()}
    return pairwise_wins(curves, settings.confidence)


def typeset(table: pd.DataFrame, settings: Settings) -> Typeset:
    """Return the matrix, in percent of the rounds: the row wins, the column loses."""
    matrix = matrix_of(table, "beats")
    totals = {"Wins": matrix.mean(axis=1), "Losses": matrix.mean(axis=0)}
    return Typeset([numbered_grid("Beats (% of rounds)", matrix, totals)])
