"""The rows that a round may pick from, and what a strategy keeps for later rounds."""

import hashlib
from collections.abc import Hashable, Mapping, MutableMapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class PoolRows:
    """The rows of one round.

    Attributes:
        everything: the pool and the labelled rows, ascending; the same in all rounds.
        unlabelled: the rows that may be picked, ascending.
    """

    everything: IntArray
    unlabelled: IntArray

    @classmethod
    def resolve(
        cls, pool: Rows | None, exclude: Rows | None, held_out: IntArray, labelled: IntArray, samples: int
    ) -> "PoolRows":
        """Return the rows of ``pool``, by default all, without those excluded, held out and labelled."""
        pickable = np.full(samples, pool is None)
        if pool is not None:
            pickable[to_rows("pool", pool, samples)] = True
        if exclude is not None:
            pickable[to_rows("exclude", exclude, samples)] = False
        pickable[held_out] = pickable[labelled] = False
        unlabelled = np.flatnonzero(pickable)
        pickable[labelled] = True
        return cls(np.flatnonzero(pickable), unlabelled)


class Memory:
    """What a strategy keeps for later rounds, in the user's dict."""

    def __init__(self, entry: MutableMapping[str, Any]) -> None:
        self._entry = entry

    @classmethod
    def from_state(
        cls, state: MutableMapping[Any, Any] | None, key: Hashable, features: FeatureMatrix
    ) -> "Memory":
        """Return the entry of ``state`` for ``key`` and these features; without a dict, nothing is kept.

        Raises InputError if ``state`` is no dict.
        """
        if state is None:
            return cls({})
        if not isinstance(state, MutableMapping):
            raise InputError(f"state is a {type(state).__name__}; it must be a dict")
        return cls(state.setdefault((key, _fingerprint(features)), {}))

    @property
    def state(self) -> Arrays | None:
        """Arrays that the last round handed on; None before the first."""
        return self._entry.get("state")

    @state.setter
    def state(self, arrays: Arrays) -> None:
        self._entry["state"] = arrays

    def prepared(
        self,
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
        if not np.array_equal(self._entry.get("rows", ()), rows):
            self._entry["prepared"] = prepare_rounds(strategy, features, rows, seed, compute, options)
            self._entry["rows"] = rows
        prepared: Arrays = self._entry["prepared"]
        return prepared


def _fingerprint(features: FeatureMatrix) -> str:
    """Return a digest of the shape of features and of some rows, spread evenly over them."""
    samples, width = features.shape
    rows = np.unique(np.linspace(0, samples - 1, FINGERPRINT_ROWS).astype(np.int64))
    digest = hashlib.sha256(f"{samples} {width}".encode())
    digest.update(features.take(rows, np.float32).tobytes())
    return digest.hexdigest()
