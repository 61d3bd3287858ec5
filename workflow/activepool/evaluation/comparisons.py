"""Comparisons of strategies: paired t-tests over seeds, corrected for many comparisons, and pairwise wins."""

from collections.abc import Mapping, Sequence
from itertools import permutations

import numpy as np
import pandas as pd
from scipy.special import stdtr, stdtrit

from activepool.evaluation.statistics import difference


def t_statistic(differences: np.ndarray) -> np.ndarray:
    """Return √n · mean / s of paired differences, with s² the unbiased variance over the n seeds.

    Zero where every seed's difference is zero, as in the round that all strategies share; NaN for fewer
    than two seeds.

    ``differences`` (..., n) have the seeds on the last axis.
    """
    differences = np.asarray(differences, dtype=np.float64)
    seeds = differences.shape[-1]
    if seeds < 2:
        return np.full(differences.shape[:-1], np.nan)
    mean, deviation = differences.mean(axis=-1), differences.std(axis=-1, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.sqrt(seeds) * mean / deviation
    return np.where((differences == 0).all(axis=-1), 0.0, statistic)


def paired_p_value(differences: np.ndarray) -> np.ndarray:
    """Return the two-sided p-value of Student's paired t-test, (...), for (..., n) differences.

    NaN for fewer than two seeds, 1 where every difference is zero.
    """
    differences = np.asarray(differences, dtype=np.float64)
    degrees = max(differences.shape[-1] - 1, 1)
    p_values: np.ndarray = 2 * stdtr(degrees, -np.abs(t_statistic(differences)))
    return p_values


def holm(p_values: Sequence[float] | np.ndarray) -> np.ndarray:
    """Return p-values corrected for m comparisons: rejecting those below α errs at all with probability ≤ α.

    The k-th smallest becomes the largest of (m − j + 1) · p_(j) over j ≤ k, at most 1 (Holm 1979, A simple
    sequentially rejective multiple test procedure). A missing comparison (NaN) stays NaN and does not count.
    """
    p_values = np.asarray(p_values, dtype=np.float64)
    order = np.argsort(p_values)[: np.isfinite(p_values).sum()]
    corrected = np.full(len(p_values), np.nan)
    scaled = p_values[order] * np.arange(len(order), 0, -1)
    corrected[order] = np.minimum(np.maximum.accumulate(scaled), 1.0)
    return corrected


def pairwise_wins(curves: Mapping[str, pd.DataFrame], confidence: float) -> pd.DataFrame:
    """Return one row per ordered pair of strategies: the share of rounds in which the first beats the second.

    In a round, i beats j if t > t(n − 1, (1 + confidence)/2) for the paired differences of i and j over n
    seeds: the penalty matrix of Ash et al. 2020 (Deep Batch Active Learning by Diverse, Uncertain Gradient
    Lower Bounds, "Pairwise comparisons"), to which an experiment adds at most 1. Their five seeds give the
    quantile 2.776. Round 0 is the same for all and does not count.

    Args:
        curves: strategy -> curve (see evaluation.statistics) of a metric that is better when larger.
        confidence: between 0 and 1.

    Returns: columns strategy, other, seeds, rounds and beats; the last is NaN without a common round, or with
        fewer than two common seeds, because one run shows no difference.
    """
    rows = []
    for strategy, other in permutations(curves, 2):
        differences = difference(curves[strategy], curves[other])
        differences = differences[differences.index.get_level_values("round") > 0]
        rounds, seeds = differences.shape
        share_won = np.nan
        if rounds and seeds > 1:
            quantile = stdtrit(seeds - 1, (1 + confidence) / 2)
            share_won = float(np.mean(t_statistic(differences.to_numpy()) > quantile))
        rows.append((strategy, other, seeds, rounds, share_won))
    return pd.DataFrame(rows, columns=["strategy", "other", "seeds", "rounds", "beats"])
