"""BAIT: samples whose Fisher information covers that of the whole pool."""

from collections.abc import Callable
from typing import Literal

import numpy as np

from activepool.compute.rounding import rounded
from activepool.diversity.fisher import BinaryInformation
from activepool.diversity.greedy_trace import covering_picks
from activepool.diversity.softmax_fisher import SoftmaxInformation, memory_bytes
from activepool.errors import InputError
from activepool.features.store import require_finite
from activepool.scores.uncertainty import Logits, confidence, log_softmax
from activepool.strategies.declaration import strategy
from activepool.strategies.options import Positive
from activepool.strategies.query import Query, Selection, declared

#: Probabilities are rounded to this, so that those of equal samples are equal.
RESOLUTION = 2.0**-40

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
        regularisation: λ.
        fisher: which information: that of a binary problem, or that of softmax regression.

    Raises InputError if the full information would take more memory, or if M cannot be inverted.
    """
    labelled_information, pool_information = (_binary if fisher == "binary" else _full)(query)
    size = max(1, len(query.labelled) + query.budget)
    with query.compute.mapping() as mapping:
        matrix, target = labelled_information.total(mapping), pool_information.total(mapping)
        target += matrix
        target /= max(1, len(query.labelled) + len(query.unlabelled))
        matrix /= size
        matrix[np.diag_indices(len(matrix))] += regularisation
        try:
            picks = covering_picks(
                pool_information.scaled(query.budget / size), matrix, target, query.budget, mapping
            )
        except np.linalg.LinAlgError as error:
            raise InputError(
                "strategy 'bait': the information of the samples cannot be inverted: some features are so "
                f"large that the regularisation, {regularisation:g}, is lost beside their squares; scale the "
                "features, or set a larger one"
            ) from error
    return Selection(query.unlabelled[picks])


def _binary(query: Query) -> tuple[BinaryInformation, BinaryInformation]:
    """Return the information of the labelled set, and that of the pool."""
    features = declared(query.features)
    labelled_variances, pool_variances = _variances(query, query.labelled), query.per_sample["variance"]
    return (
        BinaryInformation(features, query.labelled, np.sqrt(labelled_variances)),
        BinaryInformation(features, query.unlabelled, np.sqrt(pool_variances)),
    )


def _full(query: Query) -> tuple[SoftmaxInformation, SoftmaxInformation]:
    """Return the same for the full information."""
    features, labelled, pool = declared(query.features), query.labelled, query.unlabelled
    samples, width, classes = len(pool), features.shape[1], declared(query.head).num_classes
    num_bytes = memory_bytes(samples, width, classes)
    if num_bytes > MEMORY:
        raise InputError(
            f"strategy 'bait': fisher 'full' takes {num_bytes / 1e9:.3g} GB for {classes} classes × {width} "
            f"features and {samples} samples, more than {MEMORY / 1e9:g} GB; set fisher to 'binary'"
        )
    return (
        SoftmaxInformation(features, labelled, _probabilities(query, labelled)),
        SoftmaxInformation(features, pool, _probabilities(query, pool)),
    )


def _variances(query: Query, rows: np.ndarray) -> np.ndarray:
    probability = _measure_rounded(query, rows, confidence)
    variances: np.ndarray = probability * (1 - probability)
    return variances


def _probabilities(query: Query, rows: np.ndarray) -> np.ndarray:
    return _measure_rounded(query, rows, lambda logits: np.exp(log_softmax(logits)))


def _measure_rounded(query: Query, rows: np.ndarray, function: Callable[[Logits], np.ndarray]) -> np.ndarray:
    """Return a function of the logits of ``rows``, rounded."""
    values = query.pool_scorer().measure64(rows, function)
    require_finite(rows, values.sum(axis=tuple(range(1, values.ndim))))
    return rounded(values, 1.0, RESOLUTION)
