"""CLUE: k-means in which a sample counts as much as it is uncertain."""

import numpy as np

from activepool.compute.rounding import rounded
from activepool.diversity.representatives import representatives
from activepool.features.store import require_finite
from activepool.scores.uncertainty import Logits, entropy
from activepool.strategies.declaration import strategy
from activepool.strategies.options import Positive
from activepool.strategies.query import Query, Selection, declared

#: Entropies are multiples of this, and at least as large, so that every sample counts.
RESOLUTION = 2.0**-36


def precompute(query: Query, *, temperature: float = 1.0) -> dict[str, np.ndarray]:
    """Return the entropy of the probabilities of each unlabelled sample, in float64."""
    entropies = query.pool_scorer().measure64(
        query.unlabelled, lambda logits: entropy(Logits(logits.values / temperature))
    )
    require_finite(query.unlabelled, entropies)
    return {"entropy": np.maximum(rounded(entropies, 1.0, RESOLUTION), RESOLUTION)}


@strategy(source="Prabhu et al. 2021, equation 4", reads=("features", "head"), precompute=precompute)
def clue(query: Query, *, temperature: Positive = 1.0) -> Selection:
    """The sample nearest to the center of each k-means cell, in which a sample counts by its entropy.

    There are as many cells as picks; those with the largest sum of entropies come first.

    Args:
        temperature: the divisor of the logits; the paper uses 1, and 0.1 for a small domain shift.
    """
    weights = query.per_sample["entropy"]
    features = declared(query.features)
    return Selection(
        representatives(features, query.unlabelled, query.budget, query.generator, query.compute, weights)
    )
