"""BAIT: samples whose Fisher information covers that of the whole pool."""

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, row_blocks
from activepool.diversity.fisher import Information, covering_picks
from activepool.features.store import require_finite
from activepool.scores.uncertainty import Logits, confidence
from activepool.strategies.declaration import strategy
from activepool.strategies.options import Positive
from activepool.strategies.query import Query, Selection, declared

#: Probabilities are rounded to this, so that those of equal samples are equal.
RESOLUTION = 2.0**-40

#: Rows in float64 at once.
ROWS = BLOCK_ROWS // 4


def precompute(query: Query) -> dict[str, np.ndarray]:
    """Return p(1 − p) of each unlabelled sample, p being the probability of its predicted class."""
    return {"variance": _variances(query, query.unlabelled)}


@strategy(source="Ash et al. 2021; Huseljic et al. 2024", reads=("features", "head"), precompute=precompute)
def bait(query: Query, *, regularisation: Positive = 1.0) -> Selection:
    """Samples whose Fisher information, with that of the labelled set, best covers that of the whole pool.

    The information of a sample z is that of a binary problem, p(1 − p) z zᵀ, where p is the probability of
    the predicted class. The picks minimise the trace of M⁻¹F: F is the mean information of the pool and the
    labelled set, M is λI plus the mean information of the labelled set and the picks. They are chosen one by
    one, twice as many as asked for, and half of them removed again one by one.

    A pick takes a product with the whole pool, or a part of one: the strategy is slow on large pools.

    Args:
        query: the round.
        regularisation: λ.
    """
    features = declared(query.features)
    labelled, size = len(query.labelled), len(query.labelled) + query.budget
    of_labelled = Information(features, query.labelled, np.sqrt(_variances(query, query.labelled)))
    of_pool = Information(features, query.unlabelled, np.sqrt(query.per_sample["variance"]))
    with query.compute.mapping() as mapping:
        information = of_labelled.total(mapping)
        target = (information + of_pool.total(mapping)) / max(1, labelled + len(of_pool))
    start = regularisation * np.eye(len(target)) + information / max(1, size)
    scaled = Information(features, query.unlabelled, of_pool.scales / np.sqrt(max(1, size)))
    picks = covering_picks(scaled, start, target, query.budget, query.compute)
    return Selection(query.unlabelled[picks])


def _variances(query: Query, rows: np.ndarray) -> np.ndarray:
    features, head = declared(query.features), declared(query.head)

    def measure(block: slice) -> np.ndarray:
        with np.errstate(invalid="ignore"):  # ∞ − ∞, which is reported below
            logits = Logits(head.logits64(features.take(rows[block], np.float64)))
            probability = np.round(confidence(logits) / RESOLUTION) * RESOLUTION
        require_finite(rows[block], probability)
        variances: np.ndarray = probability * (1 - probability)
        return variances

    blocks = query.compute.map(measure, row_blocks(len(rows), ROWS))
    return np.concatenate([np.empty(0), *blocks])
