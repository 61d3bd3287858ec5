"""Balancing: from the rarest classes, where the labelled set is imbalanced."""

import numpy as np

from activepool.diversity.class_balance import ClassMeans, NearestToClass, balanced_picks
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection


@strategy(source="Aggarwal et al. 2020", reads=("features", "head", "remaining_budget"))
def balancing(query: Query) -> Selection:
    """Near the rarest class's mean and far from the majority's; at random while that can wait.

    The labelled set is balanced enough as long as the budget left exceeds the labels that would lift all
    classes with at most the mean count to the average of the others: then a pick is random. Else it is
    the sample with the smallest ratio of the distance to the rarest class's mean to the distance to the
    nearest mean of a majority class. A pick counts as one of its predicted class; the means are those of
    the labelled set, since a predicted label says too little of where a rare class is. A class that has
    no labelled sample has the distance 1 to all.
    """
    means = ClassMeans.from_labelled(query.features, query.labelled, query.labels, query.num_classes)
    length = 8 * -(-query.budget // query.num_classes) + 64
    candidates = NearestToClass(query.features, query.unlabelled, means, length)

    def predict(row: int) -> int:
        return int(query.head.predicted64(query.features.take(np.array([row]), np.float64))[0])

    counts = np.bincount(query.labels, minlength=query.num_classes)
    with query.compute.mapping() as mapping:
        picks = balanced_picks(
            candidates, counts, query.budget, query.remaining_budget, predict, query.generator, mapping
        )
    return Selection(picks)
