"""The results of an experiment, as rows of a table that many experiments share."""

import hashlib
from collections.abc import Mapping, Sequence
from itertools import accumulate

import numpy as np
import pandas as pd

from activepool.evaluation.statistics import curve_of, mean_interval

#: Of the intervals; the same for everybody, whatever an experiment's figures show.
CONFIDENCE = 0.95

#: The metrics of a leaderboard.
METRICS = ("top1", "balanced_accuracy")


def leaderboard_table(
    curves: pd.DataFrame, picks: Mapping[int, Mapping[str, Sequence[np.ndarray]]]
) -> pd.DataFrame:
    """Return one row per strategy and number of labels, in the order of ``curves``.

    Args:
        curves: curves.csv.
        picks: seed -> strategy -> the rows that its rounds picked, from round 0.

    Returns: the columns strategy, round, labels, seeds; for each metric its mean over the seeds and, as
        ``<metric>_half_width``, half the width of its 95 % t-interval; and picks, a digest of everything that
        the strategy has picked up to the round: two results with one digest have the same labelled sets.
    """
    tables = []
    for strategy in dict.fromkeys(curves["strategy"]):
        curve = curve_of(curves, strategy, METRICS[0])
        table = curve.index.to_frame(index=False).assign(strategy=strategy, seeds=curve.shape[1])
        for metric in METRICS:
            values = curve_of(curves, strategy, metric).reindex(curve.index)
            table[metric], table[f"{metric}_half_width"] = mean_interval(values.to_numpy(), CONFIDENCE)
        digests = picks_digests([picks[int(seed)][strategy] for seed in curve.columns])
        tables.append(table.assign(picks=[digests[number] for number in table["round"]]))
    columns = [f"{metric}{part}" for metric in METRICS for part in ("", "_half_width")]
    return pd.concat(tables)[["strategy", "round", "labels", "seeds", *columns, "picks"]]


def picks_digests(seeds: Sequence[Sequence[np.ndarray]]) -> list[str]:
    """Return, for each round, a digest of all picks up to it, of all seeds and in their order.

    Each of ``seeds`` has the picks of its rounds, from round 0; each (n,) int64.
    """
    rounds = zip(*seeds, strict=True)
    texts = (";".join(",".join(map(str, rows)) for rows in round_picks) + "\n" for round_picks in rounds)
    return [hashlib.sha256(text.encode()).hexdigest()[:16] for text in accumulate(texts)]
