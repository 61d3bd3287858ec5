"""Picks that are spread over the candidates of a strategy."""

import numpy as np

from activepool.diversity.representatives import representatives
from activepool.strategies.query import Query, Selection


def spread(query: Query, is_candidate: np.ndarray) -> Selection:
    """Pick the candidate nearest to the center of each k-means cell of their features, of length 1.

    Args:
        is_candidate: (n,) for each unlabelled sample.

    There are as many cells as picks, and the largest come first. If there are fewer candidates than picks,
    random samples follow.
    """
    picks = representatives(
        query.unit_features(),
        query.unlabelled[is_candidate],
        query.budget,
        query.generator,
        query.compute,
    )
    random_picks = query.generator.permutation(query.unlabelled[~is_candidate])[: query.budget - len(picks)]
    return Selection(np.concatenate([picks, random_picks]))
