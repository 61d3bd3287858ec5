"""Core-set: greedy k-center on the features."""

import numpy as np

from activepool.diversity.kcenter import Nearness, central_first, first_nearness, greedy_k_center
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection, declared


def precompute(query: Query) -> dict[str, np.ndarray]:
    """Return bounds of the distance of each unlabelled sample to the labelled set."""
    if _continues(query):
        return {name: query.state[name][query.unlabelled] for name in ("distance", "seen")}
    return vars(first_nearness(declared(query.features), query.unlabelled, _centers(query), query.compute))


def _continues(query: Query) -> bool:
    """Return whether the state's distances hold: all samples that they were measured to are labelled."""
    return bool(query.state) and bool(np.isin(query.state["centers"], query.labelled).all())


def _centers(query: Query) -> np.ndarray:
    """Return the labelled set, (m,), in the order in which samples are compared with it."""
    if _continues(query):
        earlier = query.state["centers"]
        return np.concatenate([earlier, np.setdiff1d(query.labelled, earlier)])
    return central_first(declared(query.features), query.labelled)


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
    new picks.
    """
    features, centers = declared(query.features), _centers(query)
    picks, squared, nearness = greedy_k_center(
        features,
        query.unlabelled,
        centers,
        query.budget,
        query.compute,
        Nearness(**query.per_sample),
    )
    everywhere = Nearness.unknown(features.shape[0])
    everywhere.distance[query.unlabelled] = nearness.distance
    everywhere.seen[query.unlabelled] = nearness.seen
    state = vars(everywhere) | {"centers": np.concatenate([centers, picks])}
    return Selection(picks, {"distance": np.sqrt(squared)}, state)
