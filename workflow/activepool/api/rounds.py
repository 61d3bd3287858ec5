"""The rows that a round may pick from, and what a strategy keeps for later rounds."""

import hashlib
from collections.abc import Hashable, Mapping
from typing import Any

import numpy as np

from activepool.api.arrays import Rows, to_rows
from activepool.compute.arrays import IntArray
from activepool.compute.blocks import Compute
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix
from activepool.strategies.assembly import Arrays, prepare_rounds
from activepool.strategies.declaration import Strategy

#: Rows that tell one matrix of features from another.
FINGERPRINT_ROWS = 16


def pool_rows(
    pool: Rows | None, exclude: Rows | None, held_out: IntArray, labelled: IntArray, samples: int
) -> tuple[IntArray, IntArray]:
    """Return the rows of ``pool``, by default all, without those excluded, held out and labelled, ascending.

    Also returns them with the labelled rows: a set that stays the same in all rounds.
    """
    is_pickable = np.full(samples, pool is None)
    if pool is not None:
        is_pickable[to_rows("pool", pool, samples)] = True
    if exclude is not None:
        is_pickable[to_rows("exclude", exclude, samples)] = False
    is_pickable[held_out] = is_pickable[labelled] = False
    unlabelled = np.flatnonzero(is_pickable)
    is_pickable[labelled] = True
    return unlabelled, np.flatnonzero(is_pickable)


def memory_of(state: dict[Any, Any] | None, key: Hashable, features: FeatureMatrix) -> dict[str, Any]:
    """Return what the user's dict keeps of a strategy for later rounds with these features.

    Without a dict, nothing is kept. Raises InputError if ``state`` is not a dict.
    """
    if state is None:
        return {}
    if not isinstance(state, dict):  # a shelf, for example, keeps copies, and has no keys but text
        raise InputError(f"state is a {type(state).__name__}; it must be a dict")
    memory: dict[str, Any] = state.setdefault((key, _fingerprint(features)), {})
    return memory


def shared_arrays(
    memory: dict[str, Any],
    strategy: Strategy,
    features: FeatureMatrix,
    rows: IntArray,
    seed: int,
    compute: Compute,
    options: Mapping[str, Any],
) -> Arrays | None:
    """Return what all rounds share, computed once for the same ``rows``; None if there is nothing."""
    if strategy.prepare is None:
        return None
    if not np.array_equal(memory.get("rows", ()), rows):
        memory["prepared"] = prepare_rounds(strategy, features, rows, seed, compute, options)
        memory["rows"] = rows
    arrays: Arrays = memory["prepared"]
    return arrays


def _fingerprint(features: FeatureMatrix) -> str:
    """Return a digest of the shape of features and of some rows, spread evenly over them."""
    samples, width = features.shape
    rows = np.unique(np.linspace(0, samples - 1, FINGERPRINT_ROWS).astype(np.int64))
    digest = hashlib.sha256(f"{samples} {width}".encode())
    with np.errstate(over="ignore"):  # of rows outside the pool, which may have any values
        digest.update(features.take(rows, np.float32).tobytes())
    return digest.hexdigest()
