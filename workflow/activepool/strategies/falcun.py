"""FALCUN: samples that are uncertain and whose probabilities differ from those of the picks."""

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, Mapping, row_blocks
from activepool.features.store import FeatureMatrix, require_finite
from activepool.scores.probabilities import GRID, probabilities
from activepool.strategies.declaration import strategy
from activepool.strategies.options import Positive
from activepool.strategies.query import Query, Selection, declared

#: Probabilities to keep, of the most uncertain samples: 1.6 GB. Others are computed when they are needed.
KEPT_ENTRIES = 2**28

#: A probability of 1 in 16 bits, with room for probabilities that add up to more because they are rounded.
WHOLE = 61440

#: Samples whose distances are bounded in one task, and at once in a core's cache.
BOUNDED_ROWS, CACHED_ROWS = 16384, 2048


def precompute(query: Query) -> dict[str, np.ndarray]:
    """Return each unlabelled sample's class, its probability, and 1 minus its margin to the second class."""
    points = _points(query)

    def measure(block: slice) -> tuple[np.ndarray, ...]:
        values = points.take(query.unlabelled[block], np.float64)
        require_finite(query.unlabelled[block], values.sum(axis=1))
        places, predicted = np.arange(len(values)), values.argmax(axis=1)
        largest = values[places, predicted]
        values[places, predicted] = 0
        return predicted, largest, 1 - (largest - values.max(axis=1))

    blocks = list(query.compute.map(measure, row_blocks(len(query.unlabelled), BLOCK_ROWS)))
    empty = np.empty(0, np.int64), np.empty(0), np.empty(0)
    predicted, largest, uncertainty = (np.concatenate(parts) for parts in zip(empty, *blocks, strict=True))
    return {"class": predicted, "probability": largest, "uncertainty": uncertainty}


@strategy(source="Gilhuber et al. 2024, algorithm 1", reads=("features", "head"), precompute=precompute)
def falcun(query: Query, *, gamma: Positive = 10.0) -> Selection:
    """At random in proportion to a power of u + d: uncertain, and unlike the picks.

    u is 1 − (p₁ − p₂). d is u, or the L1 distance of the sample's probabilities to those of the nearest pick
    where that is less, rescaled for each pick so that it extends from 0 to 1 over the samples that are left.

    It keeps the probabilities of the most uncertain samples, in at most 1.6 GB, and computes those of the
    others whenever it needs them.

    Args:
        query: the round.
        gamma: the exponent.
    """
    relevance, picks = _Relevance(query), np.empty(query.budget, dtype=np.int64)
    with query.compute.mapping() as mapping:
        for number in range(query.budget):
            picks[number] = _drawn(relevance.weights(gamma), query.generator)
            relevance.add(picks[number], mapping)
    return Selection(query.unlabelled[picks])


class _Relevance:
    """u and d of each unlabelled sample, exact after each pick: probabilities are on a grid."""

    def __init__(self, query: Query) -> None:
        self._points = _points(query)
        self._rows = query.unlabelled
        self._class, self._probability = query.per_sample["class"], query.per_sample["probability"]
        self._uncertainty = query.per_sample["uncertainty"]
        self._distance = self._uncertainty.copy()
        self._left = np.ones(len(self._rows), dtype=bool)
        most_uncertain = np.argsort(-self._uncertainty, kind="stable")
        kept = np.sort(most_uncertain[: KEPT_ENTRIES // self._points.shape[1]])
        self._place = np.full(len(self._rows), -1)
        self._place[kept] = np.arange(len(kept))
        self._kept_samples, self._others = kept, np.flatnonzero(self._place < 0)
        self._kept = np.empty((len(kept), self._points.shape[1]), dtype=np.float32)
        self._shares = np.empty(self._kept.shape[::-1], dtype=np.uint16)

        def keep(block: slice) -> None:
            self._kept[block] = self._computed(kept[block])
            self._shares[:, block] = _shares(self._kept[block]).T

        for _ in query.compute.map(keep, row_blocks(len(kept), BLOCK_ROWS)):
            pass

    def weights(self, gamma: float) -> np.ndarray:
        """Return (u + d)^γ of each sample, up to a factor, and 0 for picks; all equal where no d is left."""
        distances = self._distance[self._left]
        least, largest = distances.min(), distances.max()
        if largest == 0:
            return self._left.astype(np.float64)
        relevance = self._uncertainty.copy()
        if largest > least:
            relevance += (self._distance - least) / (largest - least)
        relevance[~self._left] = 0
        relevance /= relevance.max()
        weights: np.ndarray = relevance**gamma
        return weights

    def add(self, pick: int, mapping: Mapping) -> None:
        """Add a pick, and lower the distances of the samples near to it."""
        self._left[pick] = False
        picked = self._probabilities(np.array([pick]))[0]
        blocks = row_blocks(len(self._kept), BOUNDED_ROWS)
        near_kept = mapping(lambda block: self._near_kept(picked, block), blocks)
        near = np.concatenate([*near_kept, self._near_others(picked)])

        def compare(block: slice) -> None:
            differences = self._probabilities(near[block])
            differences -= picked
            distance = np.abs(differences, out=differences).sum(axis=1, dtype=np.float64)
            self._distance[near[block]] = np.minimum(self._distance[near[block]], distance)

        for _ in mapping(compare, row_blocks(len(near), BLOCK_ROWS)):
            pass

    def _near_kept(self, picked: np.ndarray, block: slice) -> np.ndarray:
        """Return the kept samples of a block that a pick may be near to.

        The distance is 2 less twice the part that both have in common, which shares show up to one per class.
        """
        shares, common = _shares(picked)[:, None], np.empty(block.stop - block.start, dtype=np.uint16)
        for part in row_blocks(len(common), CACHED_ROWS):
            columns = self._shares[:, block][:, part]
            np.minimum(columns, shares).sum(axis=0, dtype=np.uint16, out=common[part])
        samples = self._kept_samples[block]
        bound = 2 - 2 / WHOLE * (common + float(len(picked))) - _slack(len(picked))
        near: np.ndarray = samples[bound < self._distance[samples]]
        return near

    def _near_others(self, picked: np.ndarray) -> np.ndarray:
        """Return the other samples that a pick may be near to.

        The distance is at least twice the difference in the probability of any class.
        """
        samples = self._others
        difference = np.abs(self._probability[samples] - picked[self._class[samples]])
        near: np.ndarray = samples[2 * difference - _slack(len(picked)) < self._distance[samples]]
        return near

    def _probabilities(self, samples: np.ndarray) -> np.ndarray:
        """Return the probabilities of samples, (m, C) float32."""
        places = self._place[samples]
        is_kept = places >= 0
        if is_kept.all():
            values: np.ndarray = self._kept[places]
            return values
        values = np.empty((len(samples), self._points.shape[1]), dtype=np.float32)
        values[is_kept] = self._kept[places[is_kept]]
        values[~is_kept] = self._computed(samples[~is_kept])
        return values

    def _computed(self, samples: np.ndarray) -> np.ndarray:
        return self._points.take(self._rows[samples])


def _slack(classes: int) -> float:
    """Return by how much bounds of distances are off, because rounded probabilities may not add up to 1."""
    return classes / GRID


def _shares(probabilities: np.ndarray) -> np.ndarray:
    shares: np.ndarray = (probabilities * np.float64(WHOLE)).astype(np.uint16)
    return shares


def _drawn(weights: np.ndarray, generator: np.random.Generator) -> int:
    """Draw a position in proportion to its weight."""
    total = np.cumsum(weights)
    place = int(np.searchsorted(total, generator.random() * total[-1], side="right"))
    return place if place < len(total) else int(np.flatnonzero(weights)[-1])


def _points(query: Query) -> FeatureMatrix:
    return probabilities(declared(query.features), declared(query.head))
