"""LCMD: the farthest sample of the cluster with the largest spread."""

import numpy as np

from activepool.diversity.largest_cluster import largest_cluster_picks
from activepool.diversity.neighbours import nearest_neighbours
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection, declared


def precompute(query: Query) -> dict[str, np.ndarray]:
    """Return the nearest labelled sample of each unlabelled one, and the squared distance to it."""
    features = declared(query.features)
    nearest, squared = nearest_neighbours(features, query.unlabelled, query.labelled, 1, query.compute)
    return {"nearest": nearest[:, 0], "squared": squared[:, 0]}


@strategy(
    source="Holzmüller et al. 2023, algorithm 4",
    reads=("features",),
    precompute=precompute,
    reads_labels=False,
)
def lcmd(query: Query) -> Selection:
    """Repeatedly, the sample farthest from its center in the cluster with the largest sum of distances.

    Labelled samples and picks are the centers; a sample belongs to the nearest, and squared distances are
    added up. Without labelled samples, the first pick has the largest norm. (The paper compares sketched
    gradients of a network; these are the features of a linear head.)
    """
    picks, squared = largest_cluster_picks(
        declared(query.features),
        query.unlabelled,
        query.per_sample["nearest"],
        query.per_sample["squared"],
        query.budget,
        query.compute,
    )
    return Selection(picks, {"distance": np.sqrt(squared)})
