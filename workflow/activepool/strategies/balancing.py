"""Balancing: picks from the rarest classes while the labelled set is imbalanced."""

import numpy as np

from activepool.diversity.class_balance import ClassMeans, NearestToClass, balanced_picks
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection, declared


@strategy(source="Aggarwal et al. 2020", reads=("features", "head", "remaining_budget"))
def balancing(query: Query) -> Selection:
    """Near the rarest class's mean and far from the majority's; at random while that can wait.

    A pick is random while the remaining budget exceeds the labels that would raise all classes with at most
    the mean count to the average of the others. Otherwise it is the sample with the smallest ratio of the
    distance to the rarest class's mean to the distance to the nearest mean of a majority class. A pick counts
    for its predicted class, but the means are those of the labelled set, because predicted labels locate rare
    classes poorly. A class without labelled samples has distance 1 to every sample.
    """
    features, head, labels = declared(query.features), declared(query.head), declared(query.labels)
    means = ClassMeans.from_labelled(features, query.labelled, labels, query.num_classes)
    length = 8 * -(-query.budget // query.num_classes) + 64
    candidates = NearestToClass(features, query.unlabelled, means, length)

    def predict(row: int) -> int:
        return int(head.predicted64(features.take(np.array([row]), np.float64))[0])

    with query.compute.mapping() as mapping:
        picks = balanced_picks(
            candidates,
            np.bincount(labels, minlength=query.num_classes),
            query.budget,
            declared(query.remaining_budget),
            predict,
            query.generator,
            mapping,
        )
    return Selection(picks)
