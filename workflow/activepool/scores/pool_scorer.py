"""One pass of a head over the unlabelled pool, in blocks: scores, and samples nearest to each boundary."""

from collections.abc import Callable
from functools import cached_property

import numpy as np

from activepool.compute.blocks import (
    BLOCK_ROWS,
    READ_ROWS,
    Array,
    Compute,
    array_namespace,
    row_blocks,
    to_numpy,
)
from activepool.compute.rows import row_entries, row_minima
from activepool.features.store import FeatureMatrix, require_finite
from activepool.heads.linear import LinearHead
from activepool.scores.boundaries import boundary_distances, inverse_row_distances, nearest_boundary
from activepool.scores.nearest import NearestPerClass
from activepool.scores.uncertainty import UNCERTAINTIES, Logits

#: Near-ties between classes are decided in float64: logits that differ by less than this part of the row's
#: largest logit plus the largest bias.
NEAR_TIE = 1e-5

#: Multiplications in float64 that take no longer than setting up workers.
SMALL_PRODUCT = 2**20

#: All scores by name.
SCORES = (*UNCERTAINTIES, "boundary")


class PoolScorer:
    """A head, the features that it scores, and the device that computes.

    Memory beyond the mapped features: a few blocks of BLOCK_ROWS × 4 C and READ_ROWS × d float32 per worker.
    """

    def __init__(self, features: FeatureMatrix, head: LinearHead, compute: Compute) -> None:
        self.features = features
        self.head = head
        self.compute = compute
        self._weight, self._bias = head.on(compute)

    @cached_property
    def _inverse64(self) -> np.ndarray:
        return inverse_row_distances(self.head.weight)

    @cached_property
    def _inverse(self) -> Array:
        return self.compute.array(self._inverse64.astype(np.float32))

    def checked_logits(self, rows: np.ndarray) -> Logits:
        """Return the logits (n, C) of the named rows, float32 on the device.

        Raises: InputError if a feature is NaN, infinite, or too large for a logit in float32.
        """
        xp = array_namespace(self._weight)
        values = xp.empty((len(rows), len(self._bias)), dtype=xp.float32, device=self._weight.device)
        for part in row_blocks(len(rows), READ_ROWS):
            features = self.compute.array(self.features.take(rows[part]))
            xp.matmul(features, self._weight.T, out=values[part])
        values += self._bias
        logits = Logits(values)
        with np.errstate(invalid="ignore"):  # ∞ − ∞
            require_finite(rows, to_numpy(logits.largest - logits.smallest))
        return logits

    def score(
        self, rows: np.ndarray, names: tuple[str, ...], nearest: NearestPerClass | None = None
    ) -> dict[str, np.ndarray]:
        """Score the named rows; offer their distances to each class's boundary to ``nearest``, unless None.

        Returns: ``predicted`` (n,) int32 and each named score (n,) float32, in the order of ``rows``.

        Raises InputError as `checked_logits` does.
        """

        def score_block(block: slice) -> dict[str, np.ndarray]:
            logits = self.checked_logits(rows[block])
            distances = None
            if nearest is not None:
                distances = boundary_distances(logits.values, self._inverse)
                nearest.offer(distances, rows[block])
            scores = {"predicted": self._predicted(rows[block], logits)}
            for name in names:
                is_computed = name == "boundary" and distances is not None
                scores[name] = to_numpy(row_minima(distances) if is_computed else self._scores(name, logits))
            return scores

        blocks = list(self.compute.map(score_block, row_blocks(len(rows), BLOCK_ROWS)))
        types = dict.fromkeys(names, np.float32) | {"predicted": np.int32}
        return {
            name: np.concatenate([np.empty(0, dtype), *(block[name] for block in blocks)], dtype=dtype)
            for name, dtype in types.items()
        }

    def _predicted(self, rows: np.ndarray, logits: Logits) -> np.ndarray:
        """Return the class of each row; float64 decides near-ties."""
        xp = array_namespace(logits.values)
        scale = xp.maximum(logits.largest, -logits.smallest) + xp.max(xp.abs(self._bias))
        rivals = logits.values >= (logits.largest - NEAR_TIE * scale)[:, None]
        predicted = to_numpy(logits.predicted)
        if int(xp.count_nonzero(rivals)) == len(rows):
            return predicted
        (tied,) = np.nonzero(to_numpy(xp.count_nonzero(rivals, axis=1)) > 1)
        predicted = predicted.copy()
        predicted[tied] = self.head.predicted64(self.features.take(rows[tied], np.float64))
        return predicted

    def score64(self, rows: np.ndarray, name: str) -> np.ndarray:
        """Return one score of the named rows in float64, (n,): the reference near a cut."""
        if name == "boundary":
            return self.measure64(rows, lambda logits: nearest_boundary(logits.values, self._inverse64))
        return self.measure64(rows, UNCERTAINTIES[name])

    def boundary64(self, rows: np.ndarray, labels: np.ndarray) -> np.ndarray:
        """Return the distance of each named row to the boundary of its class in ``labels``, (n,) float64."""

        def distances(logits: Logits, block: slice) -> Array:
            return row_entries(boundary_distances(logits.values, self._inverse64), labels[block])

        return self._in_blocks64(rows, distances)

    def measure64(self, rows: np.ndarray, function: Callable[[Logits], Array]) -> np.ndarray:
        """Return a function of the named rows' logits in float64, (n, ...); NaN in a logit is no error."""
        return self._in_blocks64(rows, lambda logits, block: function(logits))

    def _scores(self, name: str, logits: Logits) -> Array:
        if name == "boundary":
            return nearest_boundary(logits.values, self._inverse)
        return UNCERTAINTIES[name](logits)

    def _in_blocks64(self, rows: np.ndarray, function: Callable[[Logits, slice], Array]) -> np.ndarray:
        def compute_block(block: slice) -> np.ndarray:
            with np.errstate(invalid="ignore"):  # ∞ − ∞
                return to_numpy(function(Logits(self._logits64(rows[block])), block))

        if len(rows) * self.head.weight.size <= SMALL_PRODUCT:
            return compute_block(slice(0, len(rows)))
        return np.concatenate(list(self.compute.map(compute_block, row_blocks(len(rows), READ_ROWS))))

    def _logits64(self, rows: np.ndarray) -> np.ndarray:
        logits = np.empty((len(rows), self.head.num_classes))
        for part in row_blocks(len(rows), READ_ROWS // 2):  # of float64, which take twice the memory
            logits[part] = self.head.logits64(self.features.take(rows[part], np.float64))
        return logits
