"""Curves over seeds: means with intervals, paired differences, areas.

A *curve* is one strategy's metric as a table: index (round, labels), one column per seed. Only points
that every seed has are kept, because a mean over fewer seeds would jump.
"""

import numpy as np
import pandas as pd
from scipy.special import stdtrit

from activepool.errors import InputError

#: The columns of curves.csv that identify a row; all others are metrics.
KEYS = ("strategy", "seed", "round", "labels")

#: A sum this small, compared with the values in it, is a rounding error.
ROUNDING = 1e-12


def curve_of(curves: pd.DataFrame, strategy: str, metric: str) -> pd.DataFrame:
    """Return the curve of ``metric`` for ``strategy``, from a table with the columns of curves.csv.

    Missing values count as missing points; a seed without values is left out.

    Raises: InputError if there is no such metric.
    """
    if metric not in curves.columns or metric in KEYS:
        metrics = ", ".join(name for name in curves.columns if name not in KEYS)
        raise InputError(f"curves: metric {metric!r} does not exist; there are {metrics}")
    points = curves.loc[curves["strategy"] == strategy, [*KEYS[1:], metric]].dropna()
    return points.pivot(index=["round", "labels"], columns="seed", values=metric).dropna()


def difference(curve: pd.DataFrame, reference: pd.DataFrame) -> pd.DataFrame:
    """Return ``curve`` minus ``reference``, seed by seed, at the points and for the seeds that both have.

    A seed's runs share the initial pool and the validation split, so the paired difference varies less than
    either curve.
    """
    left, right = curve.align(reference, join="inner")
    return left - right


def mean_interval(values: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Return the mean over seeds and the half width of its t-interval.

    mean ± t(n − 1, (1 + confidence)/2) · s/√n, with s² the unbiased variance over the n seeds. The
    half width is NaN for one seed, both are NaN for none.

    ``values`` (..., n) have the seeds on the last axis.
    """
    values = np.asarray(values, dtype=np.float64)
    seeds = values.shape[-1]
    missing = np.full(values.shape[:-1], np.nan)
    if seeds == 0:
        return missing, missing
    mean = values.mean(axis=-1)
    if seeds == 1:
        return mean, missing
    quantile = stdtrit(seeds - 1, (1 + confidence) / 2)
    return mean, quantile * values.std(axis=-1, ddof=1) / np.sqrt(seeds)


def normalised_area(curve: pd.DataFrame) -> np.ndarray:
    """Return the area under each seed's curve by the trapezoid rule, divided by the range of labels.

    This is the mean height of the curve over the number of labels, in the metric's own unit. The area of a
    single point is its value; that of no point is NaN. An area that is a rounding error of the values is 0,
    such as that of differences that cancel out.

    Returns: (n,), in the order of the columns.
    """
    labels = curve.index.get_level_values("labels").to_numpy(dtype=np.float64)
    values: np.ndarray = curve.to_numpy(dtype=np.float64)
    if len(labels) == 0:
        return np.full(values.shape[1], np.nan)
    if labels[-1] == labels[0]:
        last: np.ndarray = values[-1]
        return last
    areas = np.trapezoid(values, labels, axis=0) / (labels[-1] - labels[0])
    is_zero = np.abs(areas) <= ROUNDING * np.abs(values).max(axis=0)
    return np.where(is_zero, 0.0, areas)
