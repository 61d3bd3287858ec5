"""CDAL: greedy k-center on the predicted probabilities."""

import numpy as np

from activepool.diversity.kcenter import Nearness, central_first, first_nearness, greedy_k_center
from activepool.features.row_cache import cached
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection


def precompute(query: Query) -> dict[str, np.ndarray]:
    """Return bounds of the distance of each unlabelled sample to the labelled set, in probabilities."""
    points = query.probabilities()
    centers = central_first(points, query.labelled)
    return vars(first_nearness(points, query.unlabelled, centers, query.compute))


@strategy(source="Agarwal et al. 2020, section 3", reads=("features", "head"), precompute=precompute)
def cdal(query: Query) -> Selection:
    """Repeatedly, the sample whose probabilities are farthest from those of the labelled set and the picks.

    This is core-set (the paper's CDAL-CS) on softmax vectors with Euclidean distances. (The paper compares
    images of many objects by the divergence of mixtures of such vectors.) It keeps the vectors that it has
    compared, in at most 1 GB.
    """
    points = cached(query.probabilities())
    picks, squared, _ = greedy_k_center(
        points,
        query.unlabelled,
        central_first(points, query.labelled),
        query.budget,
        query.compute,
        Nearness(**query.per_sample),
    )
    return Selection(picks, {"distance": np.sqrt(squared)})
