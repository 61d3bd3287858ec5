"""Core-set compared with one product of the pool per pick: the same picks, in how much less time?

    python benchmarks/coreset.py --output gaussian.csv
    python benchmarks/coreset.py --features features.h5 --output real.csv
    python benchmarks/coreset.py --size 1281167 --labelled 30000 --budget 10000 --repeats 1 --output large.csv

"product per pick" is the features times the pick, and the smaller of the old and the new distances; it is
measured on some picks and scaled up, because all picks take the same time, and it gets the distances to the
labelled set for free. The other rows:

    picks alone    core-set, also with all distances to the labelled set known
    next round     core-set, with the state of the previous round
    first round    core-set, without any known distance

Measurements alternate, and the CSV holds their medians.
"""

import argparse
import tempfile
import time
from collections.abc import Callable

import numpy as np
from measuring import report, seconds_of
from synthetic import LARGE, add_pool_arguments, open_pool
from threadpoolctl import threadpool_limits

from activepool.compute.blocks import BLOCK_ROWS, Compute, row_blocks
from activepool.diversity.centers import Centers
from activepool.diversity.kcenter import Nearness, greedy_k_center
from activepool.features.store import FeatureMatrix


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_pool_arguments(parser)
    parser.add_argument("--labelled", type=int, default=1000, help="size of the labelled set")
    parser.add_argument("--check", action="store_true", help="compare the picks with greedy in float64")
    return parser.parse_args()


def product_per_pick(features: FeatureMatrix, arguments: argparse.Namespace) -> float:
    """Return the seconds of a round that multiplies the pool with each pick; extrapolated."""
    rows = min(features.shape[0], LARGE)
    points = features.block(slice(0, rows))
    norms = np.einsum("ij,ij->i", points, points)
    distance = np.full(rows, np.inf, dtype=np.float32)
    with threadpool_limits(arguments.workers):
        start = time.perf_counter()
        for pick in range(arguments.products):
            product = points @ points[pick]
            np.minimum(distance, norms + norms[pick] - 2 * product, out=distance)
            distance.argmax()
        seconds = time.perf_counter() - start
    return seconds / arguments.products * features.shape[0] / rows * arguments.budget


def known_distances(
    features: FeatureMatrix, pool: np.ndarray, labelled: np.ndarray, compute: Compute
) -> Nearness:
    """Return the exact distances of the pool to the labelled set."""
    centers = Centers(features, labelled, len(labelled), compute)
    nothing = Nearness.unknown(len(pool))

    def nearest(block: slice) -> np.ndarray:
        return centers.nearest(pool[block], nothing.distance[block], 0, len(centers))

    distance = np.concatenate(list(compute.map(nearest, row_blocks(len(pool), BLOCK_ROWS))))
    return Nearness(distance, nothing.seen + len(centers))


def greedy_float64(
    features: FeatureMatrix, pool: np.ndarray, distance: np.ndarray, budget: int
) -> np.ndarray:
    """Return the picks of the plain greedy algorithm in float64, from the distances to the labelled set."""
    points = features.take(pool, np.float64)
    points -= points.mean(axis=0)
    norms = np.einsum("ij,ij->i", points, points)
    distance, picks = distance.copy(), []
    for _ in range(budget):
        best = int(distance.argmax())
        picks.append(pool[best])
        distance = np.minimum(distance, norms + norms[best] - 2 * (points @ points[best]))
        distance[best] = -1
    return np.array(picks)


def measure(features: FeatureMatrix, arguments: argparse.Namespace) -> list[dict[str, object]]:
    """Return a row for each kind of work, with its median time and its ratio to a product per pick."""
    compute, budget = Compute("cpu", arguments.workers), arguments.budget
    labelled = np.random.default_rng(1).permutation(features.shape[0])[: arguments.labelled]
    pool = np.setdiff1d(np.arange(features.shape[0]), labelled)
    picks, _, nearness = greedy_k_center(features, pool, labelled, budget, compute)
    unpicked = ~np.isin(pool, picks)
    next_round = (pool[unpicked], np.concatenate([labelled, picks]), budget, compute)
    state = Nearness(nearness.distance[unpicked], nearness.seen[unpicked])
    works: dict[str, Callable[[], object]] = {
        "first round": lambda: greedy_k_center(features, pool, labelled, budget, compute),
        "next round": lambda: greedy_k_center(features, *next_round, state),
    }
    if features.shape[0] < LARGE:
        distances = known_distances(features, pool, labelled, compute)
        works["picks alone"] = lambda: greedy_k_center(features, pool, labelled, budget, compute, distances)
    times: dict[str, list[float]] = {name: [] for name in ("product per pick", *works)}
    for _ in range(arguments.repeats):
        times["product per pick"].append(product_per_pick(features, arguments))
        for name, work in works.items():
            times[name].append(seconds_of(work))
    medians = {name: float(np.median(seconds)) for name, seconds in times.items()}
    rows: list[dict[str, object]] = [
        {"work": name, "seconds": seconds, "times_faster": medians["product per pick"] / seconds}
        for name, seconds in medians.items()
    ]
    if arguments.check:
        expected = greedy_float64(features, pool, distances.distance, budget)
        print(f"share of picks that equal those in float64, place by place: {np.mean(expected == picks):.4f}")
    return rows


def main() -> None:
    """Measure, print and write."""
    arguments = parse()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        report(measure(open_pool(arguments, folder), arguments), arguments.output)


if __name__ == "__main__":
    main()
