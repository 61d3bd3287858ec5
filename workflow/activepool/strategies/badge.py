"""BADGE: batch active learning by diverse gradient embeddings."""

import numpy as np

from activepool.diversity.dsquared import d_squared_sample
from activepool.diversity.gradients import GradientEmbeddings
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection, declared


def precompute(query: Query) -> dict[str, np.ndarray]:
    """Return the squared length of each unlabelled sample's gradient."""
    return {"squared_norm": _gradients(query).squared_norms(query.unlabelled)}


@strategy(source="Ash et al. 2020, algorithm 1", reads=("features", "head"), precompute=precompute)
def badge(query: Query, *, labelled_centers: bool = False) -> Selection:
    """D² sampling (k-means++) on the gradients of the head; the first pick has the largest norm.

    Args:
        labelled_centers: start with the labelled samples as centers, as in the code of Emam et al. 2021; so
            the picks keep away from them, and the first is drawn like all others.
    """
    picks = d_squared_sample(
        _gradients(query),
        query.unlabelled,
        query.per_sample["squared_norm"],
        query.budget,
        query.generator,
        query.compute,
        query.labelled if labelled_centers else None,
    )
    return Selection(picks)


def _gradients(query: Query) -> GradientEmbeddings:
    return GradientEmbeddings(declared(query.features), declared(query.head), query.compute)
