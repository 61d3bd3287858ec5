"""Core-set beside one product of the pool with each pick: the same picks, in how much less time?

    python benchmarks/coreset.py --output gaussian.csv
    python benchmarks/coreset.py --features features.h5 --output real.csv
    python benchmarks/coreset.py --size 1281167 --labelled 30000 --budget 10000 --repeats 1 --output large.csv

A product a pick is the features times the pick, and the smaller of the old and the new distances; it is
measured on some picks and multiplied, since all take the same time, and gets the distances to the labelled
set for nothing. Beside it:

    picks alone    core-set, with all distances to the labelled set known as well
    next round     core-set, with what the round before has handed on
    first round    core-set, with nothing known

Measurements alternate, and the CSV holds their medians.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from activepool.compute import Compute, row_blocks
from activepool.diversity.centers import Centers
from activepool.diversity.kcenter import Nearness, greedy_k_center
from activepool.features.store import BLOCK_ROWS, FeatureMatrix
from activepool.files import write_table

#: Pools from this size on are written to a file in float16, and read as the workflow reads them.
LARGE = 200_000


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_pool_arguments(parser)
    parser.add_argument("--labelled", type=int, default=1000, help="size of the labelled set")
    parser.add_argument("--check", action="store_true", help="compare the picks with greedy in float64")
    return parser.parse_args()


def add_pool_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what the benchmarks of selecting share."""
    parser.add_argument("--features", help="HDF5 file with train/features; default: Gaussian ones are made")
    parser.add_argument("--size", type=int, default=50_000, help="N, rows of the pool, of made features")
    parser.add_argument("--width", type=int, default=2048, help="d, of made features")
    parser.add_argument("--budget", type=int, default=1000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--products", type=int, default=10, help="picks that a product is measured on")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", help="where a large pool is written (N × d × 2 bytes)")
    parser.add_argument("--output", help="CSV to write")


def open_pool(arguments: argparse.Namespace, folder: str) -> FeatureMatrix:
    """Return the features that the arguments name, made where there are none."""
    if arguments.features:
        return FeatureMatrix.of_dataset(h5py.File(arguments.features)["train/features"])
    random = np.random.default_rng(0)
    shape = (arguments.size, arguments.width)
    if arguments.size < LARGE:
        return FeatureMatrix.of_array(random.standard_normal(shape, dtype=np.float32))
    file = h5py.File(Path(folder) / "features.h5", "w")
    dataset = file.create_dataset("train/features", shape, np.float16)
    for block in row_blocks(len(dataset), BLOCK_ROWS):
        dataset[block] = random.standard_normal((block.stop - block.start, arguments.width), dtype=np.float32)
    file.flush()
    return FeatureMatrix.of_dataset(dataset)


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def report(rows: list[dict[str, object]], output: str | None) -> None:
    """Print the rows and write them, with the peak of this process's memory (mapped files included)."""
    table = pd.DataFrame(rows)
    table["peak_gb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(table.to_string(index=False, float_format="{:.3g}".format))
    if output:
        write_table(output, table)


def product_a_pick(features: FeatureMatrix, arguments: argparse.Namespace) -> float:
    """Return the seconds of a whole round that multiplies the pool with each pick, from a few picks."""
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
    """Return a row of each kind of work, with its median time and its ratio to a product a pick."""
    compute, budget = Compute("cpu", arguments.workers), arguments.budget
    labelled = np.random.default_rng(1).permutation(features.shape[0])[: arguments.labelled]
    pool = np.setdiff1d(np.arange(features.shape[0]), labelled)
    picks, _, nearness = greedy_k_center(features, pool, labelled, budget, compute)
    left = ~np.isin(pool, picks)
    next_round = (pool[left], np.concatenate([labelled, picks]), budget, compute)
    handed_on = Nearness(nearness.distance[left], nearness.seen[left])
    works: dict[str, Callable[[], object]] = {
        "first round": lambda: greedy_k_center(features, pool, labelled, budget, compute),
        "next round": lambda: greedy_k_center(features, *next_round, handed_on),
    }
    if features.shape[0] < LARGE:
        known = known_distances(features, pool, labelled, compute)
        works["picks alone"] = lambda: greedy_k_center(features, pool, labelled, budget, compute, known)
    times: dict[str, list[float]] = {name: [] for name in ("product a pick", *works)}
    for _ in range(arguments.repeats):
        times["product a pick"].append(product_a_pick(features, arguments))
        for name, work in works.items():
            times[name].append(seconds_of(work))
    medians = {name: float(np.median(seconds)) for name, seconds in times.items()}
    rows: list[dict[str, object]] = [
        {"work": name, "seconds": seconds, "times_faster": medians["product a pick"] / seconds}
        for name, seconds in medians.items()
    ]
    if arguments.check:
        expected = greedy_float64(features, pool, known.distance, budget)
        print(f"picks as in float64: {np.mean(expected == picks):.4f} of them, in this order")
    return rows


def main() -> None:
    """Measure, print and write."""
    arguments = parse()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        report(measure(open_pool(arguments, folder), arguments), arguments.output)


if __name__ == "__main__":
    main()
