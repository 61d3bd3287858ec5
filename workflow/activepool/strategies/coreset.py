"""Core-set: greedy k-center on the features."""

import numpy as np

from activepool.diversity.kcenter import Nearness, first_nearness, greedy_k_center
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection, declared


def precompute(query: Query) -> dict[str, np.ndarray]:
    """Return bounds of the distance of each unlabelled sample to the labelled set."""
    features, state = declared(query.features), query.state
    if state and np.array_equal(state["centers"], query.labelled[: len(state["centers"])]):
        return {name: state[name][query.unlabelled] for name in ("distance", "seen")}
    return vars(first_nearness(features, query.unlabelled, query.labelled, query.compute))


@strategy(
    source="Sener and Savarese 2018, algorithm 1",
    reads=("features",),
    precompute=precompute,
    reads_labels=False,
    keeps_state=True,
)
def coreset(query: Query) -> Selection:
    """Repeatedly, the sample farthest in feature space from the labelled set and the picks.

    The distances to the labelled set pass on to the next round, which then compares samples only with the
    new picks. They are used only if the labelled set begins with the centers that they belong to.
    """
    features = declared(query.features)
    picks, squared, nearness = greedy_k_center(
        features,
        query.unlabelled,
        query.labelled,
        query.budget,
        query.compute,
        Nearness(**query.per_sample),
    )
    everywhere = Nearness.unknown(features.shape[0])
    everywhere.distance[query.unlabelled] = nearness.distance
    everywhere.seen[query.unlabelled] = nearness.seen
    centers = np.concatenate([query.labelled, picks])
    return Selection(picks, {"distance": np.sqrt(squared)}, {**vars(everywhere), "centers": centers})
