"""Balancing: picks from the rarest classes while the labelled set is imbalanced."""

from typing import Literal

import numpy as np

from activepool.diversity.class_balance import (
    Candidates,
    ClassMeans,
    Majority,
    NearestToClass,
    NearestToMovingClass,
    balanced_picks,
)
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection, declared


def _reads(horizon: str, counts_as: str) -> tuple[str, ...]:
    budget = ("remaining_budget",) if horizon == "experiment" else ()
    return ("features", "head" if counts_as == "prediction" else "labels_of_picks", *budget)


@strategy(source="Aggarwal et al. 2020", reads=_reads)
def balancing(
    query: Query,
    *,
    horizon: Literal["experiment", "round"] = "experiment",
    counts_as: Literal["prediction", "label"] = "prediction",
    majority: Majority = "nearest",
) -> Selection:
    """Near the rarest class's mean and far from the majority's; at random while that can wait.

    Picks are random while the budget exceeds the number of labels needed to bring the smaller classes (those
    of at most the mean count) up to the average of the others. Otherwise, a pick is the sample with the
    smallest ratio of the distance to the rarest class's mean to the distance to the mean of a majority class.
    A class without labelled samples has distance 1 to every sample. The code of Emam et al. 2021 is
    ``round``, ``label`` and ``farthest``.

    Args:
        horizon: the budget to plan with: that of this and all later rounds, or only that of this round.
        counts_as: the class that a pick counts for in its round. With ``prediction``, it is the predicted
            class; the means remain those of the labelled set, because predictions locate rare classes poorly.
            With ``label``, it is the true class, as if each pick were labelled before the next; the pick
            joins the mean of its class. This takes a pass over the pool for each pick.
        majority: which majority class to keep away from: the nearest to the sample, or the farthest.
    """
    features, labels = declared(query.features), declared(query.labels)
    counts = np.bincount(labels, minlength=query.num_classes)
    means = ClassMeans.from_labelled(features, query.labelled, labels, query.num_classes, majority)
    candidates: Candidates
    if counts_as == "label":
        candidates = NearestToMovingClass(features, query.unlabelled, means, counts)
    else:
        length = 8 * -(-query.budget // query.num_classes) + 64
        candidates = NearestToClass(features, query.unlabelled, means, length)

    def label_of(row: int) -> int:
        if counts_as == "label":
            place = np.searchsorted(query.unlabelled, row)
            return int(declared(query.labels_of_picks)[place])
        head = declared(query.head)
        return int(head.predicted64(features.take(np.array([row]), np.float64))[0])

    remaining_budget = query.budget if horizon == "round" else declared(query.remaining_budget)
    with query.compute.mapping() as mapping:
        picks = balanced_picks(
            candidates, counts, query.budget, remaining_budget, label_of, query.generator, mapping
        )
    return Selection(picks)
