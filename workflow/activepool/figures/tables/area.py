"""Area under the learning curve: the mean accuracy over the number of labels, and its gain over random."""

import pandas as pd

from activepool.evaluation.statistics import mean_interval, normalised_area
from activepool.figures.results import Curves
from activepool.figures.settings import Settings

ACCURACIES = ("top1", "balanced_accuracy", "top5")

COLUMNS = ["metric", "strategy", "reads_all_labels", "seeds", "labels_from", "labels_to"]
COLUMNS += ["area", "area_half_width", "difference", "difference_half_width"]


def tabulate(curves: Curves, settings: Settings) -> pd.DataFrame:
    """Return one row per (metric, strategy), accuracies from 0 to 1.

    ``area`` is the area under the curve divided by its range of labels, ``difference`` that of the
    paired difference to random: each a mean over seeds, with the half width of its interval. Without
    random there is no difference.
    """
    rows = []
    for metric in (name for name in ACCURACIES if name in curves.metrics):
        differences = curves.differences(metric)
        for strategy, curve in curves.of(metric).items():
            labels = curve.index.get_level_values("labels")
            reads_all_labels = strategy in settings.upper_references
            area = mean_interval(normalised_area(curve), settings.confidence)
            gain = differences.get(strategy, curve.iloc[:, :0])
            difference = mean_interval(normalised_area(gain), settings.confidence)
            key = (metric, strategy, reads_all_labels, curve.shape[1], labels[0], labels[-1])
            rows.append((*key, *map(float, area), *map(float, difference)))
    return pd.DataFrame(rows, columns=COLUMNS)
