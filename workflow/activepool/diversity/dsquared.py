"""D² sampling, the seeding of k-means++ (Arthur and Vassilvitskii 2007), by rejection.

Each pick is drawn with probability proportional to its squared distance D² to the nearest center: an earlier
pick, or one of the first centers. Distances of all samples to each center would cost a pass over
the pool per center. But D² only falls, so old values are upper bounds. A sample drawn in proportion to the
bounds, and accepted with probability D² / bound, is drawn in proportion to D². Only drawn samples are
compared with the centers, and only with as many as it takes to reject them.
"""

import numpy as np

from activepool.compute.blocks import Compute, Mapping, array_namespace, in_blocks, to_numpy
from activepool.compute.seeds import draw_in_proportion
from activepool.diversity.gradients import GradientEmbeddings, Gradients, squared_distances

#: Number of draws from the same bounds.
DRAWS = 512

#: Number of centers that a draw is compared with at first; each further step doubles it.
FIRST_CENTERS = 64

#: Samples in one product with the centers.
PRODUCT_ROWS = 256


def d_squared_sample(
    embeddings: GradientEmbeddings,
    pool: np.ndarray,
    squared_norms: np.ndarray,
    budget: int,
    generator: np.random.Generator,
    compute: Compute,
    centers: np.ndarray | None = None,
) -> np.ndarray:
    """Pick ``budget`` rows of ``pool`` by D² sampling; without centers, the longest embedding comes first.

    Args:
        embeddings: of the rows.
        pool: (n,) rows to pick from, ascending; n ≥ budget.
        squared_norms: (n,) float32, of their embeddings, by `GradientEmbeddings.squared_norms`.
        budget: how many to pick.
        compute: device and workers; the workers have no effect on the result.
        centers: (m,) rows outside the pool that count as centers from the start; by default none.

    Returns: the picks in their order, (budget,). Once all other samples have distance 0 to the centers, the
    lowest rows follow.

    Memory beyond the mapped features: (m + budget) × (d + C) float64 and some blocks.

    The picks do not depend on the last bits of a BLAS kernel: the bounds are free of them, and float64
    decides whether a draw is accepted.
    """
    if budget == 0:
        return np.empty(0, dtype=pool.dtype)
    if centers is None:
        centers = np.empty(0, dtype=pool.dtype)
    sampler = _Sampler(embeddings, pool, squared_norms, len(centers) + budget)
    with compute.mapping() as mapping:
        if len(centers):
            sampler.start_from(centers, mapping)
        else:
            sampler.start_from_longest()
        picks: np.ndarray = pool[sampler.run(budget, generator, mapping)]
    return picks


class _Sampler:
    """The centers so far, and a bound of D² for each sample; positions are positions in ``pool``.

    ``_bound[i]`` is at least the squared distance to the nearest center, and at most that to the nearest of
    the first ``_seen[i]`` centers.
    """

    def __init__(
        self, embeddings: GradientEmbeddings, pool: np.ndarray, squared_norms: np.ndarray, capacity: int
    ) -> None:
        """Take the pool, and the final number of centers."""
        self._embeddings = embeddings
        self._pool = pool
        self._squared_norm = squared_norms
        self._norm = np.sqrt(embeddings.norm_bounds(pool, squared_norms))
        self._picks = np.empty(0, dtype=np.int64)
        self._centers = embeddings.empty(capacity)
        self._num_centers = 0
        self._bound = np.full(len(pool), np.inf)
        self._seen = np.zeros(len(pool), dtype=np.int64)

    def start_from(self, centers: np.ndarray, mapping: Mapping) -> None:
        """Count rows outside the pool as the first centers."""

        def take(block: slice) -> None:
            self._centers[block] = self._embeddings.take(centers[block])

        in_blocks(mapping, take, len(centers), PRODUCT_ROWS)
        squared = self._embeddings.norm_bounds(centers, self._embeddings.squared_norms(centers))
        self._add(np.sqrt(squared))

    def start_from_longest(self) -> None:
        first = np.array([self._embeddings.longest(self._pool, self._squared_norm)])
        self._pick(first, self._embeddings.take(self._pool[first]))

    def run(self, budget: int, generator: np.random.Generator, mapping: Mapping) -> np.ndarray:
        """Pick until there are ``budget`` picks; return their positions."""
        while len(self._picks) < budget:
            if not self._bound.any():
                remaining = np.setdiff1d(np.arange(len(self._pool)), self._picks)
                return np.concatenate([self._picks, remaining[: budget - len(self._picks)]])
            drawn = draw_in_proportion(generator, self._bound, DRAWS)
            num_missing = budget - len(self._picks)
            self._accept(drawn, generator.random(DRAWS) * self._bound[drawn], num_missing, mapping)
        return self._picks

    def _accept(self, drawn: np.ndarray, threshold: np.ndarray, num_missing: int, mapping: Mapping) -> None:
        """Pick the draws whose D² is above their threshold, one after the other.

        Args:
            drawn: (draws,) positions, perhaps with repeats.
            threshold: (draws,) a uniform share of the bound by which each was drawn.
            num_missing: the largest number to pick.
            mapping: runs blocks on the workers.
        """
        gradients, distance = self._compare(drawn, threshold, mapping)
        alive = np.flatnonzero(distance > threshold)
        candidates, gradients, distance = drawn[alive], gradients[alive], distance[alive]
        pair_distances = to_numpy(squared_distances(gradients, gradients))
        accepted: list[int] = []
        for draw, limit in enumerate(threshold[alive]):
            if distance[draw] > limit and len(accepted) < num_missing:
                accepted.append(draw)
                np.minimum(distance, pair_distances[draw], out=distance)
                distance[candidates == candidates[draw]] = 0
        np.minimum.at(self._bound, candidates, distance)
        chosen = np.array(accepted, dtype=np.int64)
        self._pick(candidates[chosen], gradients[chosen])

    def _compare(
        self, drawn: np.ndarray, threshold: np.ndarray, mapping: Mapping
    ) -> tuple[Gradients, np.ndarray]:
        """Compare each draw with the centers until it is at or below its threshold or has seen all of them.

        Returns: the embeddings of the draws, and their bounds; a bound above the threshold equals D².
        """
        gradients = self._embeddings.empty(len(drawn))
        distance, seen = self._bound[drawn], self._seen[drawn]

        def take(block: slice) -> None:
            gradients[block] = self._embeddings.take(self._pool[drawn[block]])

        def compare(block: slice) -> None:
            draws = undecided[block]
            stop = min(self._num_centers, max(FIRST_CENTERS, 2 * seen[draws[-1]]))
            nearest = self._nearest(gradients[draws], slice(seen[draws[0]], stop))
            distance[draws] = np.minimum(distance[draws], nearest)
            seen[draws] = stop

        in_blocks(mapping, take, len(drawn), PRODUCT_ROWS)
        while True:
            undecided = np.flatnonzero((distance > threshold) & (seen < self._num_centers))
            if not len(undecided):
                break
            undecided = undecided[np.argsort(seen[undecided], kind="stable")]
            in_blocks(mapping, compare, len(undecided), PRODUCT_ROWS)
        np.minimum.at(self._bound, drawn, distance)
        np.maximum.at(self._seen, drawn, seen)
        return gradients, distance

    def _nearest(self, gradients: Gradients, centers: slice) -> np.ndarray:
        """Return the squared distance to the nearest of some centers, (n,)."""
        distances = squared_distances(gradients, self._centers[centers])
        return to_numpy(array_namespace(distances).min(distances, axis=1))

    def _pick(self, positions: np.ndarray, gradients: Gradients) -> None:
        if len(positions):
            self._centers[self._num_centers : self._num_centers + len(positions)] = gradients
            self._add(self._norm[positions])
            self._picks = np.concatenate([self._picks, positions])
            self._bound[positions] = 0

    def _add(self, norms: np.ndarray) -> None:
        """Count new centers, and lower all bounds: no g is farther from a center g' than ‖g‖ + ‖g'‖."""
        self._num_centers += len(norms)
        self._bound = np.minimum(self._bound, np.square(self._norm + norms.min()))
