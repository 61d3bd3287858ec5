"""FALCUN: samples that are uncertain and whose probabilities differ from those of the picks."""

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, Mapping, row_blocks
from activepool.diversity.l1_distances import L1Distances, largest_probabilities
from activepool.features.store import require_finite
from activepool.strategies.declaration import strategy
from activepool.strategies.options import Positive
from activepool.strategies.query import Query, Selection

#: Samples that are weighed in one task.
WEIGHED_ROWS = 65536


def precompute(query: Query) -> dict[str, np.ndarray]:
    """Return each unlabelled sample's largest probabilities, in descending order, and their classes."""
    points = query.probabilities()

    def measure(block: slice) -> tuple[np.ndarray, np.ndarray]:
        values = points.take(query.unlabelled[block])
        require_finite(query.unlabelled[block], values.sum(axis=1))
        return largest_probabilities(values)

    blocks = query.compute.map(measure, row_blocks(len(query.unlabelled), BLOCK_ROWS))
    classes, largest = zip(measure(slice(0, 0)), *blocks, strict=True)
    return {"classes": np.concatenate(classes), "probabilities": np.concatenate(largest)}


@strategy(source="Gilhuber et al. 2024, algorithm 1", reads=("features", "head"), precompute=precompute)
def falcun(query: Query, *, gamma: Positive = 10.0) -> Selection:
    """At random in proportion to a power of u + d: uncertain, and unlike the picks.

    u is 1 − (p₁ − p₂). d is u, or the L1 distance of the sample's probabilities to those of the nearest pick
    where that is less, rescaled for each pick so that it extends from 0 to 1 over the samples that are left.

    It keeps the probabilities of the most uncertain samples, in at most 3.4 GB, and computes those of the
    others whenever it needs them.

    Args:
        gamma: the exponent.
    """
    relevance, picks = _Relevance(query), np.empty(query.budget, dtype=np.int64)
    with query.compute.mapping() as mapping:
        for number in range(query.budget):
            picks[number] = relevance.draw(gamma, query.generator, mapping)
            relevance.add(picks[number], mapping)
    return Selection(query.unlabelled[picks])


class _Relevance:
    """u and d of each unlabelled sample, exact after each pick; d of a pick is NaN."""

    def __init__(self, query: Query) -> None:
        largest = query.per_sample["probabilities"]
        self._uncertainty = 1 - (largest[:, 0] - largest[:, 1:2].sum(axis=1, dtype=np.float64))
        self._distance = self._uncertainty.copy()
        self._cumulative_weight = np.empty(len(largest))
        self._blocks = row_blocks(len(largest), WEIGHED_ROWS)
        classes, order = query.per_sample["classes"], np.argsort(-self._uncertainty, kind="stable")
        self._l1_distances = L1Distances(
            query.probabilities(), query.unlabelled, classes, largest, order, query.compute
        )

    def draw(self, gamma: float, generator: np.random.Generator, mapping: Mapping) -> int:
        """Draw a sample in proportion to (u + d)^γ; where no d is left, all are equally likely."""
        least, largest = np.array(list(mapping(self._extent, self._blocks))).T
        extent = np.fmin.reduce(least), np.fmax.reduce(largest)

        def weigh(block: slice) -> float:
            relevance = self._relevance(block, *extent)
            unit = float(relevance.max())
            relevance /= unit or 1.0  # a large γ would leave no weight otherwise
            np.cumsum(relevance**gamma, out=self._cumulative_weight[block])
            return unit

        units = np.array(list(mapping(weigh, self._blocks)))
        factors = (units / units.max()) ** gamma
        ends = np.cumsum(self._cumulative_weight[[block.stop - 1 for block in self._blocks]] * factors)
        weight = generator.random() * ends[-1]
        number = _position(ends, weight)
        block, before = self._blocks[number], ends[number - 1] if number else 0.0
        place = _position(self._cumulative_weight[block], (weight - before) / factors[number])
        return int(block.start) + place

    def add(self, pick: int, mapping: Mapping) -> None:
        """Add a pick, and lower the distances of the samples near to it."""
        self._distance[pick] = np.nan
        for samples, distances in self._l1_distances.near(pick, self._distance, mapping):
            self._distance[samples] = np.minimum(self._distance[samples], distances)

    def _extent(self, block: slice) -> tuple[float, float]:
        """Return the smallest and the largest d of a block, NaN if all of it is picked."""
        return np.fmin.reduce(self._distance[block]), np.fmax.reduce(self._distance[block])

    def _relevance(self, block: slice, least: float, largest: float) -> np.ndarray:
        """Return u + d of a block, with d rescaled, and 0 for picks; 1 for all others where no d is left."""
        relevance: np.ndarray = self._distance[block] - least
        if largest == 0:
            relevance += 1
        else:
            relevance /= largest - least if largest > least else 1.0
            relevance += self._uncertainty[block]
        np.fmax(relevance, 0, out=relevance)
        return relevance


def _position(ends: np.ndarray, weight: float) -> int:
    """Return the first position whose end, a cumulative weight, is larger, or the last that has a weight."""
    last = np.searchsorted(ends, ends[-1], side="left")
    return int(min(np.searchsorted(ends, weight, side="right"), last))
