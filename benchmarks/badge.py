"""BADGE compared with one product of the factors per pick, and with the product that embeds the pool.

    python benchmarks/badge.py --classes 100 --output gaussian.csv
    python benchmarks/badge.py --features features.h5 --head head.h5 --output real.csv
    python benchmarks/badge.py --size 1281167 --classes 1000 --budget 10000 --repeats 1 --output large.csv

"product per pick" is D² sampling on the factors of the embeddings, a (N, C) and z (N, d), held in memory:
both times those of the pick. It is measured on some picks and scaled up, because all picks take the same
time, and it gets the embeddings for free; so do "picks alone", which know the norms. The embedding's product
is the features times the head, by the library's route. Measurements alternate, and the CSV holds their
medians.
"""

import argparse
import tempfile
import time

import numpy as np
from measuring import bare_product, report, seconds_of
from synthetic import LARGE, add_pool_arguments, open_pool
from threadpoolctl import threadpool_limits

from activepool.compute.blocks import Compute
from activepool.diversity.dsquared import d_squared_sample
from activepool.diversity.gradients import GradientEmbeddings
from activepool.features.store import FeatureMatrix
from activepool.heads.linear import LinearHead, read_head


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_pool_arguments(parser)
    parser.add_argument("--head", help="head.h5; default: a random head of --classes classes")
    parser.add_argument("--classes", type=int, default=100, help="C, of the random head")
    return parser.parse_args()


def open_head(arguments: argparse.Namespace, width: int) -> LinearHead:
    """Return the head that the arguments name, or a random one with logits of variance 4."""
    if arguments.head:
        return read_head(arguments.head, width)
    weight = np.random.default_rng(2).standard_normal((arguments.classes, width), dtype=np.float32)
    return LinearHead(2 * weight / np.float32(width) ** 0.5, np.zeros(arguments.classes, dtype=np.float32))


def product_per_pick(features: FeatureMatrix, head: LinearHead, arguments: argparse.Namespace) -> float:
    """Return the seconds of a round that multiplies both factors with each pick; extrapolated."""
    rows = min(features.shape[0], LARGE)
    gradients = GradientEmbeddings(features, head, Compute()).take(np.arange(rows))
    residuals, points, norms = gradients.residuals, gradients.features, gradients.norms
    distance = np.full(rows, np.inf, dtype=np.float32)
    random = np.random.default_rng(3)
    with threadpool_limits(arguments.workers):
        start = time.perf_counter()
        for pick in range(arguments.products):
            product = (residuals @ residuals[pick]) * (points @ points[pick])
            np.minimum(distance, norms + norms[pick] - 2 * product, out=distance)
            np.maximum(distance, 0, out=distance)
            total = np.cumsum(distance, dtype=np.float64)
            np.searchsorted(total, random.random() * total[-1])
        seconds = time.perf_counter() - start
    return seconds / arguments.products * features.shape[0] / rows * arguments.budget


def measure(features: FeatureMatrix, arguments: argparse.Namespace) -> list[dict[str, object]]:
    """Return a row for each kind of work, with its median time and its ratios to the two products."""
    compute = Compute("cpu", arguments.workers)
    head = open_head(arguments, features.shape[1])
    pool = np.arange(features.shape[0])

    embeddings = GradientEmbeddings(features, head, compute)

    def sample(norms: np.ndarray) -> None:
        d_squared_sample(embeddings, pool, norms, arguments.budget, np.random.default_rng(4), compute)

    squared_norms = embeddings.squared_norms(pool)
    works = {
        "embedding's product": lambda: bare_product(features, features.shape[0], head.weight, compute),
        "badge": lambda: sample(embeddings.squared_norms(pool)),
        "picks alone": lambda: sample(squared_norms),
    }
    times: dict[str, list[float]] = {name: [] for name in ("product per pick", *works)}
    for _ in range(arguments.repeats):
        times["product per pick"].append(product_per_pick(features, head, arguments))
        for name, work in works.items():
            times[name].append(seconds_of(work))
    medians = {name: float(np.median(seconds)) for name, seconds in times.items()}
    return [
        {
            "work": name,
            "seconds": seconds,
            "times_faster": medians["product per pick"] / seconds,
            "embeddings_products": seconds / medians["embedding's product"],
        }
        for name, seconds in medians.items()
    ]


def main() -> None:
    """Measure, print and write."""
    arguments = parse()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        report(measure(open_pool(arguments, folder), arguments), arguments.output)


if __name__ == "__main__":
    main()
