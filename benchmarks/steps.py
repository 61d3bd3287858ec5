"""What a cost model needs beside products: steps that depend on the data, and the host's work on a sample.

    python benchmarks/steps.py --output docs/measured

Writes two tables, which `docs/scale_plan.py` reads. ``steps.csv``: how often the strategies that look at some
samples again and again do so, on Gaussian mixtures; these are counts, and the same on any machine.
``host.csv``: seconds for each sample of what is done on one thread of the host, on any device.
"""

import argparse
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from measuring import in_process
from rounds import Case, Work, library_round
from synthetic import mixture_head, write_mixture

from activepool.compute.blocks import Compute
from activepool.data.pool import unlabelled_pool
from activepool.diversity import centers, class_balance, dsquared, kcenter
from activepool.diversity.clusters import agglomerate
from activepool.features.store import FeatureFile
from activepool.heads.linear import write_head
from activepool.io.files import file_digest, write_table
from activepool.io.index_files import read_index, write_index
from activepool.io.score_files import ScoreTable, read_scores, write_scores
from activepool.scores.exact import exact_smallest
from activepool.strategies import base

#: What is counted of each call: module or class, its function, and (arguments) -> counts.
COUNTED: list[tuple[Any, str, Callable[..., dict[str, int]]]] = [
    (kcenter._Search, "_advance", lambda *_: {"turns": 1}),
    (
        centers.Centers,
        "nearest",
        lambda _, rows, known, start, stop: {"rows": len(rows), "pairs": len(rows) * int(stop - start)},
    ),
    (centers, "exact_distances", lambda _, left, __, right: {"rows": len(left) + len(right)}),
    (dsquared._Sampler, "_compare", lambda _, drawn, *rest: {"turns": 1, "rows": len(drawn)}),
    (
        dsquared._Sampler,
        "_nearest",
        lambda _, gradients, picks: {"pairs": len(gradients) * int(picks.stop - picks.start)},
    ),
    (class_balance.NearestToClass, "_list", lambda *_: {"passes": 1}),
    (class_balance.NearestToClass, "nearest", lambda *_: {"turns": 1}),
    (base.NearestLists, "_lengthen", lambda *_: {"passes": 1}),
]

#: Threads count one after the other.
LOCK = threading.Lock()

#: A job's program that ends when it could begin to work.
STAGE = [sys.executable, "-m", "activepool.stages.score", "--help"]

#: Samples in the measurements of the host, and the rows among them that are read one by one.
HOST_SAMPLES, HOST_ROWS, HOST_CLUSTERED, HOST_CLASSES = 4_000_000, 4000, 3000, 50


@dataclass(frozen=True)
class Pool:
    """A pool whose steps are counted."""

    strategies: tuple[str, ...]
    size: int
    width: int
    classes: int
    labelled: int
    budget: int
    imbalance: float = 1.0


#: The pools of ImageNet's size, in parts of it, and a small imbalanced one.
SIZES = (80_000, 320_000, 1_281_167)
POOLS = [Pool(("base", "badge", "coreset"), size, 2048, 1000, 30_000, 10_000) for size in SIZES]
POOLS += [Pool(("balancing",), size, 2048, 100, 1000, 1000, 100.0) for size in (15_000, 50_000)]


def main() -> None:
    """Count, measure, print and write."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--largest", type=int, default=max(SIZES), help="leave out pools larger than this")
    parser.add_argument("--repeats", type=int, default=3, help="of the host's measurements")
    parser.add_argument("--workers", type=int, default=2, help="while steps are counted")
    parser.add_argument("--folder", help="where pools are written (5.3 GB); default: a temporary folder")
    parser.add_argument("--output", type=Path, help="folder to write to")
    arguments = parser.parse_args()
    tables = {"host": in_process(host_seconds, arguments.repeats), "steps": count_all(arguments)}
    for name, table in tables.items():
        print(table.to_string(index=False))
        if arguments.output:
            write_table(arguments.output / f"{name}.csv", table)


def count_all(arguments: argparse.Namespace) -> pd.DataFrame:
    """Return a row for each pool and strategy."""
    rows = []
    for pool in POOLS:
        if pool.size <= arguments.largest:
            with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
                rows += in_process(counts_on, pool, folder, arguments.workers)
    return pd.DataFrame(rows)


def counts_on(pool: Pool, folder: str, workers: int) -> list[dict[str, object]]:
    """Return the counts of the strategies on one pool, which is written to ``folder``."""
    features, head = Path(folder, "features.h5"), Path(folder, "head.h5")
    write_mixture(features, pool.size, pool.width, pool.classes, pool.imbalance)
    write_head(head, mixture_head(pool.width, pool.classes))
    case = Case(features, head, np.arange(pool.labelled), pool.budget, "cpu", workers)
    counts: Counter[str] = Counter()
    for owner, name, count in COUNTED:
        setattr(owner, name, counting(getattr(owner, name), count, counts))
    rows = []
    for strategy in pool.strategies:
        counts.clear()
        library_round(case, Work(strategy, strategy))()
        sizes = {"size": pool.size, "width": pool.width, "classes": pool.classes}
        sizes |= {"labelled": pool.labelled, "budget": pool.budget}
        names = ("turns", "rows", "pairs", "passes")
        rows.append({"strategy": strategy, **sizes, **{name: counts[name] for name in names}})
    return rows


def counting(
    function: Callable[..., Any], count: Callable[..., dict[str, int]], counts: Counter[str]
) -> Callable[..., Any]:
    """Return a function that does the same, in any thread, and adds to ``counts``."""

    @wraps(function)
    def calling(*arguments: Any, **options: Any) -> Any:
        with LOCK:
            counts.update(count(*arguments, **options))
        return function(*arguments, **options)

    return calling


def host_seconds(repeats: int) -> pd.DataFrame:
    """Return the seconds that one thread takes for each sample (row, pair) of each work, medians."""
    with tempfile.TemporaryDirectory() as folder:
        medians = {
            name: float(np.median([timed(work) for _ in range(repeats)])) / count
            for name, (work, count) in host_works(Path(folder)).items()
        }
    return pd.DataFrame({"work": list(medians), "seconds": list(medians.values())})


def host_works(folder: Path) -> dict[str, tuple[Callable[[], object], int]]:
    """Return the works of the host, and of how many samples (rows, pairs) each is."""
    random = np.random.default_rng(0)
    distance, norm = random.random(HOST_SAMPLES), random.random(HOST_SAMPLES)
    approximate = distance.astype(np.float32)
    some = np.arange(0, HOST_SAMPLES, HOST_SAMPLES // 20_000)
    none = np.empty(0, dtype=np.int64)
    everything = np.arange(HOST_SAMPLES)
    classes = random.integers(0, HOST_CLASSES, HOST_SAMPLES)
    write_index(folder / "validation.csv", {"index": some})
    write_mixture(folder / "features.h5", 20 * HOST_ROWS, 2048, 10)
    matrix = FeatureFile(folder / "features.h5").train.features
    scattered = np.sort(random.permutation(20 * HOST_ROWS)[:HOST_ROWS])
    points = matrix.take(scattered[:HOST_CLUSTERED])

    def front() -> None:
        found = kcenter._largest(distance, kcenter.FRONT)
        kept, distance[found] = distance[found], -1
        distance.argmax()
        distance[found] = kept

    def draw() -> None:
        total = np.cumsum(distance)
        np.searchsorted(total, random.random(dsquared.DRAWS) * total[-1], side="right")
        np.minimum(distance, np.square(norm + 1.0))

    def smallest() -> None:
        exact_smallest(approximate, lambda positions: distance[positions], 10_000)

    def balanced() -> None:
        for label in range(HOST_CLASSES):
            everything[classes == label]

    return {
        "start": (lambda: subprocess.run(STAGE, check=True, stdout=subprocess.DEVNULL), 1),
        "pool": (lambda: unlabelled_pool(HOST_SAMPLES, none, some), HOST_SAMPLES),
        "index_row": (lambda: read_index(folder / "validation.csv"), len(some)),
        "member": (lambda: np.isin(some, everything), HOST_SAMPLES),
        "smallest": (smallest, HOST_SAMPLES),
        "front": (front, HOST_SAMPLES),
        "draw": (draw, HOST_SAMPLES),
        "shuffle": (lambda: random.permutation(HOST_SAMPLES).tolist(), HOST_SAMPLES),
        "of_class": (balanced, HOST_SAMPLES * HOST_CLASSES),
        "written_byte": (lambda: score_file(folder, approximate), 4 * HOST_SAMPLES * 4),
        "read_byte": (lambda: read_scores(folder / "scores.h5"), 4 * HOST_SAMPLES * 4),
        "row": (lambda: matrix.take(scattered, np.float64), HOST_ROWS),
        "ward_pair": (lambda: agglomerate(points, 20, "ward", Compute()), HOST_CLUSTERED**2 // 2),
    }


def score_file(folder: Path, scores: np.ndarray) -> None:
    """Write scores as a job does, with the digest for its record."""
    predicted = np.zeros(len(scores), dtype=np.int32)
    write_scores(folder / "scores.h5", ScoreTable(np.arange(len(scores)), predicted, {"margin": scores}))
    file_digest(folder / "scores.h5")


def timed(work: Callable[[], object]) -> float:
    """Return the seconds of one call."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
