"""The labels that a strategy needs to reach another strategy's level, and so the labels that it saves."""

import numpy as np
import pandas as pd

from activepool.evaluation.statistics import mean_interval


def labels_to_reach(curve: pd.DataFrame, level: float | np.ndarray) -> np.ndarray:
    """Return the number of labels at which the mean of ``curve`` over its seeds first reaches ``level``.

    Between two points the curve is a straight line over the number of labels. A curve that starts at or above
    the level gives its first number of labels, because there are no smaller ones. NaN if it never reaches it.

    Args:
        curve: see evaluation.statistics.
        level: of any shape, in the metric's unit; larger is better.

    Returns: float64 of the shape of ``level``.
    """
    labels = curve.index.get_level_values("labels").to_numpy(dtype=np.float64)
    values = curve.to_numpy(dtype=np.float64).mean(axis=1)
    # Where the running maximum first reaches the level, the values themselves do.
    first_above = np.searchsorted(np.maximum.accumulate(values), level)
    end = np.minimum(first_above, len(labels) - 1)
    start = np.maximum(end - 1, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        part = (level - values[start]) / (values[end] - values[start])
        interpolated = labels[start] + part * (labels[end] - labels[start])
    crossing = np.where(first_above == 0, labels[0], interpolated)
    return np.where(first_above < len(labels), crossing, np.nan)


def label_savings(curve: pd.DataFrame, reference: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Return the share of labels that ``curve`` saves relative to ``reference``, at each point of the latter.

    At a point (l, v) of the mean of ``reference``: 1 − labels_to_reach(curve, v) / l. The half width is
    Tukey's jackknife over seeds: with s the saving, and s_k the saving without seed k in both curves, it
    treats the pseudo-values n·s − (n − 1)·s_k as n independent values (Tukey 1958, Bias and confidence in not
    quite large samples). Only seeds of both curves count.

    Returns:
        index (round, labels) of ``reference``; columns ``level`` (v), ``needed`` (labels), ``saving``
        (NaN if ``curve`` does not reach the level) and ``half_width`` (NaN also if it does not reach the
        level without some seed, and for one seed).
    """
    seeds = curve.columns.intersection(reference.columns)
    curve, reference = curve[seeds], reference[seeds]
    labels = reference.index.get_level_values("labels").to_numpy(dtype=np.float64)
    level = reference.mean(axis=1).to_numpy()
    needed = labels_to_reach(curve, level)
    saving = 1 - needed / labels
    pseudo = np.full((len(labels), len(seeds)), np.nan)
    for place, seed in enumerate(seeds) if len(seeds) > 1 else ():
        remaining_seeds = seeds.drop(seed)
        remaining_level = reference[remaining_seeds].mean(axis=1).to_numpy()
        remaining_saving = 1 - labels_to_reach(curve[remaining_seeds], remaining_level) / labels
        pseudo[:, place] = len(seeds) * saving - (len(seeds) - 1) * remaining_saving
    _, half_width = mean_interval(pseudo, confidence)
    columns = {"level": level, "needed": needed, "saving": saving, "half_width": half_width}
    return pd.DataFrame(columns, index=reference.index)
