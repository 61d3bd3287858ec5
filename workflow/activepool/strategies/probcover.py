"""ProbCover: balls around the picks that cover most of the pool."""

import heapq
import warnings
from typing import Annotated

import numpy as np
from annotated_types import Gt, Le

from activepool.compute.blocks import Compute
from activepool.diversity.balls import neighbours_within
from activepool.diversity.k_means import k_means
from activepool.diversity.neighbours import nearest_neighbours
from activepool.errors import InputError, SelectionWarning
from activepool.features.store import FeatureMatrix
from activepool.strategies.declaration import strategy
from activepool.strategies.options import Positive, PositiveInteger
from activepool.strategies.query import Query, Selection

#: Pairs of neighbours to keep: 2 GB.
MAX_PAIRS = 2**29

#: Balls from which their purity is estimated: its standard error is at most 0.4 % where it is 95 %.
PURITY_BALLS = 4096

Share = Annotated[float, Gt(0), Le(1)]


@strategy(source="Yehuda et al. 2022, algorithm 1", reads=("features",), reads_labels=False)
def probcover(
    query: Query,
    *,
    radius: Positive | None = None,
    purity: Share = 0.95,
    clusters: PositiveInteger | None = None,
) -> Selection:
    """Repeatedly, the sample whose ball holds the most samples that no ball holds yet.

    A ball holds the samples nearer than its radius, with features of length 1. Those around labelled samples
    count from the start. Once each ball adds only one sample (1 in the column ``covered``), the lowest rows
    are picked, which may be all of one class; a larger radius defers that. A warning says if most picks are
    such ones.

    Args:
        radius: the radius of the balls; by default, the largest radius at which a share ``purity`` of the
            balls is pure. The samples of a pure ball are all in one k-means cluster.
        purity: the share of pure balls that sets the default radius.
        clusters: the number of k-means clusters for the default radius; by default, that of the classes, or
            of the picks if there is no second class.

    Raises InputError if there are too many pairs nearer than the radius.
    """
    features = query.unit_features()
    if radius is None:
        rows = query.pool
        count = clusters or (query.num_classes if query.num_classes > 1 else max(2, query.budget))
        cell = k_means(features, rows, count, query.generator, query.compute).cell
        balls = np.sort(query.generator.permutation(len(rows))[:PURITY_BALLS])
        radius = pure_radius(features, rows, cell, balls, purity, query.compute)
    covered = covered_by(features, query.labelled, query.unlabelled, radius, query.compute)
    starts, places = _balls(features, query.unlabelled, covered, radius, query.compute)
    picks, added = largest_cover(starts, places, int(np.count_nonzero(~covered)), query.budget)
    _warn_about_lone_picks(added, radius)
    return Selection(query.unlabelled[picks], {"covered": added})


def _warn_about_lone_picks(added: np.ndarray, radius: float) -> None:
    """Warn if most picks add no other sample: the balls are too small, or already cover the pool."""
    num_lone, num_covered = int(np.count_nonzero(added <= 1)), int(np.count_nonzero(added == 0))
    if 2 * num_lone > len(added):
        direction = "below" if 2 * num_covered > num_lone else "above"
        warnings.warn(
            f"strategy 'probcover': {num_lone:,} of {len(added):,} picks cover nothing new but themselves, "
            f"so they are the lowest rows; try its option radius {direction} {radius:.4g}",
            SelectionWarning,
            stacklevel=2,
        )


def pure_radius(
    features: FeatureMatrix,
    rows: np.ndarray,
    cell: np.ndarray,
    balls: np.ndarray,
    purity: float,
    compute: Compute,
) -> float:
    """Return the largest radius with which a share of at least ``purity`` of some balls is pure.

    A ball is pure up to the distance of the nearest sample of another cell.

    Args:
        features: (N, d).
        rows: (n,) the samples.
        cell: (n,) the cell of each.
        balls: (b,) positions in ``rows`` of the centers.
        purity: from 0 to 1.
        compute: device and workers; no effect on the result.
    """
    everywhere = np.full(features.shape[0], -1)
    everywhere[rows] = cell
    _, squared = nearest_neighbours(features, rows[balls], rows, 1, compute, everywhere)
    reach = np.sqrt(squared[:, 0])
    num_pure = int(np.ceil(purity * len(reach)))
    return float(np.sort(reach)[len(reach) - num_pure]) if len(reach) else np.inf


def covered_by(
    features: FeatureMatrix, centers: np.ndarray, rows: np.ndarray, radius: float, compute: Compute
) -> np.ndarray:
    """Return which samples are nearer than ``radius`` to a center, (n,)."""
    covered = np.zeros(len(rows), dtype=bool)
    for _, _, places in neighbours_within(features, centers, rows, radius, compute):
        covered[places] = True
    return covered


def _balls(
    features: FeatureMatrix, rows: np.ndarray, covered: np.ndarray, radius: float, compute: Compute
) -> tuple[np.ndarray, np.ndarray]:
    """Return the targets in the ball of each sample: starts (n + 1,) in positions (pairs,) int32.

    Targets are the samples that are not covered, in their order. Each pair of them is found once.
    """
    from scipy.sparse import csr_array, vstack  # takes as long to import as the rest of a query

    free, targets = np.flatnonzero(~covered), rows[~covered]

    def pairs(centers: np.ndarray, *, later: bool) -> csr_array:
        counts, parts = np.zeros(len(centers), dtype=np.int64), [np.empty(0, dtype=np.int32)]
        num_pairs = -len(targets) if later else 0
        for block, count, places in neighbours_within(
            features, centers, targets, radius, compute, later=later
        ):
            counts[block] = count
            parts.append(places)
            num_pairs += (1 + later) * len(places)
            if num_pairs > MAX_PAIRS:
                raise InputError(
                    f"strategy 'probcover': more than {MAX_PAIRS:,} pairs of samples are nearer than the "
                    f"radius {radius:.4g}; set its option radius to a smaller one"
                )
        starts, places = np.concatenate([[0], np.cumsum(counts)]), np.concatenate(parts)
        return csr_array((np.ones(len(places), bool), places, starts), (len(centers), len(targets)))

    upper = pairs(targets, later=True)
    balls = upper + upper.T
    if covered.any():
        order = np.argsort(np.concatenate([free, np.flatnonzero(covered)]))
        balls = vstack([balls, pairs(rows[covered], later=False)], format="csr")[order]
    return balls.indptr, balls.indices


def largest_cover(
    starts: np.ndarray, places: np.ndarray, size: int, budget: int
) -> tuple[np.ndarray, np.ndarray]:
    """Pick sets one by one, each with the most targets that no earlier pick has.

    Args:
        starts: (n + 1,) where each set starts in ``places``.
        places: (pairs,) targets.
        size: the number of targets.
        budget: how many to pick, at most n.

    Returns: the picks in their order, and how many targets each adds; ties go to the lower set. What a set
    adds only falls, so it is counted again only when it may be the largest (lazy greedy, Minoux 1978).
    """
    is_free = np.ones(size, dtype=bool)
    heap = [(-added, number) for number, added in enumerate(np.diff(starts).tolist())]
    heapq.heapify(heap)
    picks: list[int] = []
    gains: list[int] = []
    while len(picks) < budget:
        added, number = heapq.heappop(heap)
        targets = places[starts[number] : starts[number + 1]]
        gain = int(np.count_nonzero(is_free[targets])) if added else 0
        if gain == -added:
            picks.append(number)
            gains.append(gain)
            is_free[targets] = False
        else:
            heapq.heappush(heap, (-gain, number))
    return np.array(picks, dtype=np.int64), np.array(gains, dtype=np.int64)
