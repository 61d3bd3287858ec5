"""Greedy k-center: repeatedly the sample that is farthest from all centers (Gonzalez 1985).

In active learning this is the core-set strategy (Sener and Savarese 2018, algorithm 1), which starts with the
labelled set as centers.

Distances of all samples to each new center would cost a pass over the pool per pick. But the distance to the
nearest center only falls as centers are added, so an old value is an upper bound, and a sample whose bound is
not among the largest cannot be next. Only the few with the largest bounds are updated, and only with as many
centers as it takes to rule them out. Centers in the middle of all are near to the most samples, so they come
first.
"""

from dataclasses import dataclass

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, Compute, Mapping, in_blocks, row_blocks, to_numpy
from activepool.compute.rows import row_minima
from activepool.diversity.centers import Centers
from activepool.diversity.distances import PointReader, distance_bounds, squared_norms
from activepool.features.store import FeatureMatrix
from activepool.scores.exact import smallest

#: The front, the samples with the largest bounds, has between MIN_FRONT and MAX_FRONT samples. It grows after
#: fewer than MIN_PICKS picks, because then loose bounds of other samples were in the way.
MIN_FRONT, MAX_FRONT, MIN_PICKS = 512, 16384, 64

#: Centers in the first pass over the pool; each later update of a sample doubles the centers it has seen.
FIRST_CENTERS = 128

#: Samples in one product with the centers.
PRODUCT_ROWS = 256


@dataclass(frozen=True)
class Nearness:
    """What is known about the distance of each sample to its nearest center.

    Attributes:
        distance: (n,) float64, squared: at least the distance to the nearest of all centers, at most that to
            the nearest of the first ``seen`` centers; so it is exact once all were seen.
        seen: (n,) int64, the number of centers, in their order, that each sample was compared with.
    """

    distance: np.ndarray
    seen: np.ndarray

    @classmethod
    def unknown(cls, size: int) -> "Nearness":
        """Return the nearness of ``size`` samples before any comparison."""
        return cls(np.full(size, np.inf), np.zeros(size, dtype=np.int64))


def central_first(features: FeatureMatrix, rows: np.ndarray) -> np.ndarray:
    """Return ``rows`` (n,) in the order of their distances to their mean, the smallest first."""
    blocks = [rows[block] for block in row_blocks(len(rows), BLOCK_ROWS)]
    with np.errstate(invalid="ignore"):  # of infinite features, which the first comparison reports
        total = sum(features.take(block, np.float64).sum(axis=0) for block in blocks)
        distances = [squared_norms(features.take(block, np.float64) - total / len(rows)) for block in blocks]
    return rows[np.argsort(np.concatenate(distances), kind="stable")] if blocks else rows


def first_nearness(
    features: FeatureMatrix, pool: np.ndarray, centers: np.ndarray, compute: Compute
) -> Nearness:
    """Return upper bounds of the distances of ``pool`` (n,) to ``centers`` (m,), from one pass over the pool.

    It compares the pool with the first few centers.

    Raises InputError if a feature is NaN, infinite, or too large to be squared in float32.
    """
    nearness = Nearness.unknown(len(pool))
    points = PointReader(features, centers[:BLOCK_ROWS], compute)
    first = points(centers[:FIRST_CENTERS])

    def bound(block: slice) -> None:
        samples = points(pool[block])
        if len(first):
            _, upper = distance_bounds(samples, first)
            nearness.distance[block] = to_numpy(row_minima(upper))

    in_blocks(compute.map, bound, len(pool), BLOCK_ROWS)
    return nearness


def greedy_k_center(
    features: FeatureMatrix,
    pool: np.ndarray,
    centers: np.ndarray,
    budget: int,
    compute: Compute,
    nearness: Nearness | None = None,
) -> tuple[np.ndarray, np.ndarray, Nearness]:
    """Pick ``budget`` rows of ``pool``, each the farthest from the centers and the earlier picks.

    Args:
        features: (N, d).
        pool: (n,) rows to pick from, ascending; n ≥ budget.
        centers: (m,) rows of the first centers; fastest in the order of `central_first`.
        budget: how many to pick.
        compute: device and workers; no effect on the result.
        nearness: of ``pool`` to these centers, from an earlier call or `first_nearness`; by default the
            latter runs here, a pass over the pool.

    Returns: the picks in their order; the squared distance at which each was picked; and the nearness of
    ``pool`` to the centers followed by the picks (the picks themselves have distance -1).

    The decisions are those of the greedy algorithm in float64, whatever the device. Ties go to the lower row.
    Without centers all distances are infinite, and the first pick is the lowest row. Memory beyond the mapped
    features: (m + budget) × d float32 and some blocks.

    Raises InputError if a feature is NaN, infinite, or too large to be squared in float32.
    """
    if nearness is None:
        nearness = first_nearness(features, pool, centers, compute)
    nearness = Nearness(nearness.distance.copy(), nearness.seen.copy())
    all_centers = Centers(features, centers, len(centers) + budget, compute)
    search = _Search(features, pool, all_centers, nearness)
    with compute.mapping() as mapping:
        picks, distances = search.pick(budget, mapping)
    return pool[picks], distances, nearness


@dataclass(frozen=True)
class _Search:
    """The centers so far, and the nearness of each sample; positions are positions in ``pool``."""

    features: FeatureMatrix
    pool: np.ndarray
    centers: Centers
    nearness: Nearness

    def pick(self, budget: int, mapping: Mapping) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions of the next ``budget`` picks, and their squared distances."""
        picks: list[tuple[int, float]] = []
        size = MIN_FRONT
        while len(picks) < budget:
            front = _largest(self.nearness.distance, size)
            self._advance(front, mapping)
            front_picks = self._pick_from(front, budget - len(picks))
            self.centers.append(self.pool[[position for position, _ in front_picks]])
            picks += front_picks
            size = max(MIN_FRONT, size // 2) if len(front_picks) >= MIN_PICKS else min(2 * size, MAX_FRONT)
        positions = np.array([position for position, _ in picks], dtype=np.int64)
        return positions, np.array([distance for _, distance in picks])

    def _advance(self, positions: np.ndarray, mapping: Mapping) -> None:
        """Compare samples with further centers, up to twice the number that they have seen."""
        distance, seen = self.nearness.distance, self.nearness.seen
        stale = positions[seen[positions] < len(self.centers)]
        stale = stale[np.argsort(seen[stale], kind="stable")]

        def compare(block: slice) -> None:
            samples = stale[block]
            start = seen[samples[0]]
            stop = min(len(self.centers), max(FIRST_CENTERS, 2 * seen[samples[-1]]))
            distance[samples] = self.centers.nearest(self.pool[samples], distance[samples], start, stop)
            seen[samples] = stop

        in_blocks(mapping, compare, len(stale), PRODUCT_ROWS)

    def _pick_from(self, front: np.ndarray, budget: int) -> list[tuple[int, float]]:
        """Pick from the up-to-date samples of the front while no other sample can be farther.

        Returns: (position, squared distance) of each pick; at most ``budget``, perhaps none.
        """
        distance, seen = self.nearness.distance, self.nearness.seen
        front = front[seen[front] == len(self.centers)]
        front = front[_largest(distance[front], MIN_FRONT)]
        front_distance = distance[front]
        distance[front] = -1
        rival = int(distance.argmax())
        distance[front] = front_distance
        front = front[front_distance >= distance[rival]]
        group = _Group(self.features, self.pool[front], self.centers, distance[front])
        picks = group.pick(budget, distance[rival], self.pool[rival])
        distance[front] = group.upper
        return [(int(front[member]), value) for member, value in picks]


class _Group:
    """Candidates for the next picks; their distances to the centers are known.

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
        """Pick the farthest members one by one while no sample outside can be farther.

        Each pick lowers the bounds of all members. A bound stays exact unless the pick may be nearer than all
        centers; it is computed exactly again only when it becomes the largest.

        Returns: (member, squared distance) of each pick.
        """
        is_exact = np.ones(len(self.upper), dtype=bool)
        chosen: list[int] = []
        distances: list[float] = []
        while len(chosen) < min(budget, len(self.upper)):
            best = int(self.upper.argmax())
            if (self.upper[best], -self._rows[best]) < (rival_distance, -rival_row):
                break
            if is_exact[best]:
                chosen.append(best)
                distances.append(float(self.upper[best]))
                is_exact &= self._pair_lower[best] >= self.upper
                np.minimum(self.upper, self._pair_upper[best], out=self.upper)
                self.upper[best] = -1
            else:
                self.upper[best] = self._exact(best, np.array(chosen))
                is_exact[best] = True
        return list(zip(chosen, distances, strict=True))

    def _exact(self, member: int, chosen: np.ndarray) -> float:
        """Return the exact squared distance of a member to the nearest center or pick."""
        near = chosen[self._pair_lower[member, chosen] <= self.upper[member]]
        differences = self._features[near].astype(np.float64) - self._features[member]
        return float(min(self.upper[member], squared_norms(differences).min(initial=np.inf)))


def _largest(values: np.ndarray, count: int) -> np.ndarray:
    """Return the positions of the ``count`` largest values, ascending; ties by the lower position."""
    positions, _ = smallest(-values, min(count, len(values)))
    return np.sort(positions)
