"""Core-set: greedy k-center on the features."""

import numpy as np

from activepool.diversity.kcenter import Nearness, first_nearness, greedy_k_center
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection


def precompute(query: Query) -> dict[str, np.ndarray]:
    """Return how near each unlabelled sample is to the labelled set, as far as that is known at first."""
    nearness = _handed_on(query)
    if nearness is None:
        nearness = first_nearness(query.features, query.unlabelled, query.labelled, query.compute)
    return {"distance": nearness.distance, "seen": nearness.seen}


@strategy(
    source="Sener and Savarese 2018, algorithm 1",
    reads=("features",),
    precompute=precompute,
    reads_labels=False,
    keeps_state=True,
)
def coreset(query: Query) -> Selection:
    """Repeatedly, the sample farthest in feature space from the labelled set and the picks.

    What is known of the distances to the labelled set is handed on, so that later rounds compare samples
    with the new picks alone. It is used only where the labelled set begins with the centers it belongs to.
    """
    picks, squared, nearness = greedy_k_center(
        query.features,
        query.unlabelled,
        query.labelled,
        query.budget,
        query.compute,
        Nearness(query.per_sample["distance"], query.per_sample["seen"]),
    )
    everywhere = Nearness.unknown(query.features.shape[0])
    everywhere.distance[query.unlabelled] = nearness.distance
    everywhere.seen[query.unlabelled] = nearness.seen
    state = {"distance": everywhere.distance, "seen": everywhere.seen}
    state["centers"] = np.concatenate([query.labelled, picks])
    return Selection(picks, {"distance": np.sqrt(squared)}, state)


def _handed_on(query: Query) -> Nearness | None:
    state = query.state
    if not state or not np.array_equal(state["centers"], query.labelled[: len(state["centers"])]):
        return None
    return Nearness(state["distance"][query.unlabelled], state["seen"][query.unlabelled])
