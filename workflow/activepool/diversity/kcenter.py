"""Greedy k-center: repeatedly the sample that is farthest from all centers (Gonzalez 1985).

In active learning it is the core-set strategy (Sener and Savarese 2018, algorithm 1), whose first centers
are the labelled set.

A distance of each sample to each new center would cost a pass over the pool a pick. But the distance to
the nearest center only falls as centers are added, so an old value is an upper bound, and a sample whose
bound is not among the largest cannot be next. Only the few with the largest bounds are brought up to
date, and only against as many centers as it takes to see that they are not next.
"""

from dataclasses import dataclass

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, Compute, Mapping, row_blocks, to_numpy
from activepool.diversity.centers import Centers
from activepool.diversity.distances import distance_bounds, squared_norms
from activepool.features.store import FeatureMatrix

#: Samples with the largest bounds that are looked at together: at least, and at most. There are more of
#: them after FEW picks came of it, since then loose bounds of others were in the way.
FRONT, LARGEST_FRONT, FEW = 512, 16384, 64

#: Centers in the first pass over the pool; each later look at a sample doubles the centers it has seen.
FIRST_CENTERS = 128

#: Samples in one product with the centers.
PRODUCT_ROWS = 256


@dataclass(frozen=True)
class Nearness:
    """How near samples are to their nearest center, as far as it is known.

    Attributes:
        distance: (n,) float64, squared: not less than that to the nearest of all centers, not more than
            that to the nearest of the first ``seen``; exact, then, where all were seen.
        seen: (n,) int64, with how many of the centers, in their order, each sample was compared.
    """

    distance: np.ndarray
    seen: np.ndarray

    @classmethod
    def unknown(cls, size: int) -> "Nearness":
        """Return the nearness of ``size`` samples of which nothing is known."""
        return cls(np.full(size, np.inf), np.zeros(size, dtype=np.int64))


def first_nearness(
    features: FeatureMatrix, pool: np.ndarray, centers: np.ndarray, compute: Compute
) -> Nearness:
    """Return what a pass over ``pool`` (n,) tells of its nearness to ``centers`` (m,): some upper bounds.

    Raises InputError if a feature is not a number, or too large to be squared in float32.
    """
    nearness = Nearness.unknown(len(pool))
    first = Centers(features, centers[:BLOCK_ROWS], len(centers[:BLOCK_ROWS]), compute)

    def bound(block: slice) -> None:
        nearness.distance[block] = first.upper_bounds(first.points(pool[block]), FIRST_CENTERS)

    for _ in compute.map(bound, row_blocks(len(pool), BLOCK_ROWS)):
        pass
    return nearness


def greedy_k_center(
    features: FeatureMatrix,
    pool: np.ndarray,
    centers: np.ndarray,
    budget: int,
    compute: Compute,
    nearness: Nearness | None = None,
) -> tuple[np.ndarray, np.ndarray, Nearness]:
    """Pick ``budget`` rows of ``pool``, each the farthest from the centers and the picks before it.

    Args:
        features: (N, d).
        pool: (n,) rows to pick from, ascending; n ≥ budget.
        centers: (m,) rows of the first centers.
        budget: how many to pick.
        compute: device and workers; no effect on the result.
        nearness: of ``pool`` to these centers, as an earlier call or `first_nearness` has left it; the
            latter by default, a pass over the pool.

    Returns: the picks in their order; the squared distance at which each was picked; and the nearness of
    ``pool`` to the centers followed by the picks (the picks themselves have distance -1).

    The decisions are those of the greedy algorithm in float64, whatever the device. Equal distances go to
    the lower row. With no center all distances are infinite, and the first pick is the lowest row.
    Memory beyond the mapped features: (m + budget) × d float32 and some blocks.

    Raises InputError if a feature is not a number, or too large to be squared in float32.
    """
    if nearness is None:
        nearness = first_nearness(features, pool, centers, compute)
    nearness = Nearness(nearness.distance.copy(), nearness.seen.copy())
    all_centers = Centers(features, centers, len(centers) + budget, compute)
    search = _Search(features, pool, all_centers, nearness)
    with compute.mapping() as mapping:
        picks, distances = search.pick(budget, mapping)
    return pool[picks], distances, nearness


class _Search:
    """The centers so far, and what is known of each sample; positions are those in ``pool``."""

    def __init__(
        self, features: FeatureMatrix, pool: np.ndarray, centers: Centers, nearness: Nearness
    ) -> None:
        self.nearness = nearness
        self._features = features
        self._pool = pool
        self._centers = centers

    def pick(self, budget: int, mapping: Mapping) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions of the next ``budget`` picks, and their squared distances."""
        picks: list[tuple[int, float]] = []
        size = FRONT
        while len(picks) < budget:
            front = _largest(self.nearness.distance, size)
            self._advance(front, mapping)
            found = self._pick_from(front, budget - len(picks))
            self._centers.append(self._pool[[position for position, _ in found]])
            picks += found
            size = max(FRONT, size // 2) if len(found) >= FEW else min(2 * size, LARGEST_FRONT)
        positions = np.array([position for position, _ in picks], dtype=np.int64)
        return positions, np.array([distance for _, distance in picks])

    def _advance(self, positions: np.ndarray, mapping: Mapping) -> None:
        """Compare samples with further centers: as many again as they have seen, if there are so many."""
        distance, seen = self.nearness.distance, self.nearness.seen
        stale = positions[seen[positions] < len(self._centers)]
        stale = stale[np.argsort(seen[stale], kind="stable")]

        def compare(block: slice) -> None:
            samples = stale[block]
            start = seen[samples[0]]
            stop = min(len(self._centers), max(FIRST_CENTERS, 2 * seen[samples[-1]]))
            distance[samples] = self._centers.nearest(self._pool[samples], distance[samples], start, stop)
            seen[samples] = stop

        for _ in mapping(compare, row_blocks(len(stale), PRODUCT_ROWS)):
            pass

    def _pick_from(self, front: np.ndarray, budget: int) -> list[tuple[int, float]]:
        """Pick from the samples of the front that are up to date, while no other can be farther.

        Returns: (position, squared distance) of each pick, at most ``budget`` of them and perhaps none.
        """
        distance, seen = self.nearness.distance, self.nearness.seen
        front = front[seen[front] == len(self._centers)]
        front = front[_largest(distance[front], FRONT)]
        known = distance[front]
        distance[front] = -1
        rival = int(distance.argmax())
        distance[front] = known
        front = front[known >= distance[rival]]
        group = _Group(self._features, self._pool[front], self._centers, distance[front])
        picks = group.pick(budget, distance[rival], self._pool[rival])
        distance[front] = group.upper
        return [(int(front[member]), value) for member, value in picks]


class _Group:
    """Samples whose distances to the centers are known, and which are now picked from.

    Attributes:
        upper: (n,) bounds of the squared distances to the nearest center or pick; -1 for the picks.
    """

    def __init__(
        self, features: FeatureMatrix, rows: np.ndarray, centers: Centers, distance: np.ndarray
    ) -> None:
        self.upper = distance
        self._rows = rows
        self._features = features.take(rows)
        points = centers.points(rows)
        self._pair_lower, self._pair_upper = map(to_numpy, distance_bounds(points, points))

    def pick(self, budget: int, rival_distance: float, rival_row: int) -> list[tuple[int, float]]:
        """Pick the farthest members one by one, while no sample outside can be farther.

        A pick lowers the bounds of all. Only where it may be nearer than all before it is a bound no
        longer exact, and only if it comes to the top is it made exact again.

        Returns: (member, squared distance) of each pick.
        """
        exact = np.ones(len(self.upper), dtype=bool)
        chosen: list[int] = []
        distances: list[float] = []
        while len(chosen) < min(budget, len(self.upper)):
            best = int(self.upper.argmax())
            if (self.upper[best], -self._rows[best]) < (rival_distance, -rival_row):
                break
            if exact[best]:
                chosen.append(best)
                distances.append(float(self.upper[best]))
                exact &= self._pair_lower[best] >= self.upper
                np.minimum(self.upper, self._pair_upper[best], out=self.upper)
                self.upper[best] = -1
            else:
                self.upper[best] = self._exact(best, np.array(chosen))
                exact[best] = True
        return list(zip(chosen, distances, strict=True))

    def _exact(self, member: int, chosen: np.ndarray) -> float:
        """Return the exact squared distance of a member to the nearest center or pick."""
        near = chosen[self._pair_lower[member, chosen] <= self.upper[member]]
        differences = self._features[near].astype(np.float64) - self._features[member]
        return min(self.upper[member], squared_norms(differences).min(initial=np.inf))


def _largest(values: np.ndarray, count: int) -> np.ndarray:
    """Return the positions of the ``count`` largest values, ascending; ties by the lower position."""
    if count >= len(values):
        return np.arange(len(values))
    threshold = np.partition(values, -count)[-count]
    above = np.flatnonzero(values > threshold)
    ties = np.flatnonzero(values == threshold)[: count - len(above)]
    return np.sort(np.concatenate([above, ties]))
