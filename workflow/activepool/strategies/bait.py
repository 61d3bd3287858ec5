"""BAIT: samples whose Fisher information covers that of the whole pool."""

from collections.abc import Callable
from typing import Literal

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, in_blocks
from activepool.diversity import fisher as binary_fisher
from activepool.diversity import softmax_fisher
from activepool.diversity.fisher import Information
from activepool.diversity.softmax_fisher import SoftmaxInformation
from activepool.errors import InputError
from activepool.features.store import require_finite
from activepool.scores.uncertainty import Logits, confidence, log_softmax
from activepool.strategies.declaration import strategy
from activepool.strategies.options import Positive
from activepool.strategies.query import Query, Selection, declared

#: Probabilities are rounded to this, so that those of equal samples are equal.
RESOLUTION = 2.0**-40

#: Rows in float64 at once.
ROWS = BLOCK_ROWS // 4

#: Bytes that the full information may take.
MEMORY = 8 * 10**9

Fisher = Literal["binary", "full"]


def precompute(query: Query, *, fisher: Fisher = "binary") -> dict[str, np.ndarray]:
    """Return p(1 − p) of each unlabelled sample for the binary information; nothing for the full one."""
    return {"variance": _variances(query, query.unlabelled)} if fisher == "binary" else {}


@strategy(source="Ash et al. 2021; Huseljic et al. 2024", reads=("features", "head"), precompute=precompute)
def bait(query: Query, *, regularisation: Positive = 1.0, fisher: Fisher = "binary") -> Selection:
    """Samples whose Fisher information, with that of the labelled set, best covers that of the whole pool.

    The picks minimise the trace of M⁻¹F. F is the mean information of the pool and the labelled set. With m
    labelled samples and B picks, M is λI, plus the information of the labelled set divided by m + B, plus
    that of the picks times B / (m + B), as in the authors' code. Picks are chosen one by one, twice as many
    as asked for, and half of them removed again one by one.

    Binary: the information of a sample z is that of a binary problem, p(1 − p) z zᵀ, where p is the
    probability of the predicted class. A pick takes a product with the whole pool, or a part of one: this is
    slow on large pools.

    Full: it is that of softmax regression, (diag(p) − ppᵀ) ⊗ z zᵀ, for few classes C and features d. For n
    unlabelled samples it takes about 40 ((C − 1) d)² + 16 n (C − 1)² bytes, at most 8 GB: (C − 1) d is at
    most 14,000, less in a large pool.

    Args:
        query: the round.
        regularisation: λ.
        fisher: the information.

    Raises InputError if the full information would take more memory.
    """
    picks = _by_binary(query, regularisation) if fisher == "binary" else _by_full(query, regularisation)
    return Selection(query.unlabelled[picks])


def _by_binary(query: Query, regularisation: float) -> np.ndarray:
    features = declared(query.features)
    of_labelled = Information(features, query.labelled, np.sqrt(_variances(query, query.labelled)))
    of_pool = Information(features, query.unlabelled, np.sqrt(query.per_sample["variance"]))
    with query.compute.mapping() as mapping:
        start, target = _start_and_target(
            of_labelled.total(mapping), of_pool.total(mapping), query, regularisation
        )
    scaled = Information(features, query.unlabelled, of_pool.scales * np.sqrt(_share(query)))
    return binary_fisher.covering_picks(scaled, start, target, query.budget, query.compute)


def _by_full(query: Query, regularisation: float) -> np.ndarray:
    features = declared(query.features)
    _require_memory(len(query.unlabelled), features.shape[1], declared(query.head).num_classes)
    of_labelled, of_pool = (
        SoftmaxInformation(features, rows, _probabilities(query, rows))
        for rows in (query.labelled, query.unlabelled)
    )
    with query.compute.mapping() as mapping:
        start, target = _start_and_target(
            of_labelled.total(mapping), of_pool.total(mapping), query, regularisation
        )
    return softmax_fisher.covering_picks(of_pool, start, target, _share(query), query.budget, query.compute)


def _start_and_target(
    labelled: np.ndarray, pool: np.ndarray, query: Query, regularisation: float
) -> tuple[np.ndarray, np.ndarray]:
    """Return M before the first pick, and F, both in the memory of the sums of information."""
    pool += labelled
    pool /= max(1, len(query.labelled) + len(query.unlabelled))
    labelled /= _size(query)
    labelled[np.diag_indices(len(labelled))] += regularisation
    return labelled, pool


def _share(query: Query) -> float:
    """Return the share of a pick's information that it adds to M."""
    return query.budget / _size(query)


def _size(query: Query) -> int:
    return max(1, len(query.labelled) + query.budget)


def _require_memory(samples: int, width: int, classes: int) -> None:
    needed = softmax_fisher.needed_bytes(samples, width, classes)
    if needed > MEMORY:
        raise InputError(
            f"strategy 'bait': fisher 'full' takes {needed / 1e9:.3g} GB for {classes} classes × {width} "
            f"features and {samples} samples, more than {MEMORY / 1e9:g} GB; set fisher to 'binary'"
        )


def _variances(query: Query, rows: np.ndarray) -> np.ndarray:
    probability = _measured(query, rows, confidence, np.empty(len(rows)))
    variances: np.ndarray = probability * (1 - probability)
    return variances


def _probabilities(query: Query, rows: np.ndarray) -> np.ndarray:
    classes = declared(query.head).num_classes
    return _measured(query, rows, lambda logits: np.exp(log_softmax(logits)), np.empty((len(rows), classes)))


def _measured(
    query: Query, rows: np.ndarray, function: Callable[[Logits], np.ndarray], values: np.ndarray
) -> np.ndarray:
    """Fill ``values`` with a function of the logits of ``rows``, rounded."""
    features, head = declared(query.features), declared(query.head)

    def measure(block: slice) -> None:
        with np.errstate(invalid="ignore"):  # ∞ − ∞, which is reported below
            logits = Logits(head.logits64(features.take(rows[block], np.float64)))
            values[block] = np.round(function(logits) / RESOLUTION) * RESOLUTION
        require_finite(rows[block], values[block].reshape(len(logits), -1).sum(axis=1))

    in_blocks(query.compute.map, measure, len(rows), ROWS)
    return values
