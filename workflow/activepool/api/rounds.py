"""What a round of a selection is made of: the rows that may be picked, and what earlier rounds left."""

from collections.abc import Hashable, Mapping, MutableMapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from activepool.api.arrays import Rows, to_rows
from activepool.compute.arrays import IntArray
from activepool.compute.blocks import Compute
from activepool.features.store import FeatureMatrix
from activepool.strategies.assembly import Arrays, prepare_rounds
from activepool.strategies.declaration import Strategy


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
    def of(
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
    """What one strategy reuses in later rounds, kept in a dict of the user's."""

    def __init__(self, entry: MutableMapping[str, Any]) -> None:
        self._entry = entry

    @classmethod
    def of(cls, state: MutableMapping[Any, Any] | None, key: Hashable) -> "Memory":
        """Return the entry ``key`` of ``state``; without a dict, of nothing that lasts."""
        return cls({} if state is None else state.setdefault(key, {}))

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
