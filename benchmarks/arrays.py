"""`activepool.select` on arrays in memory, beside the few lines of NumPy that one would write.

    python benchmarks/arrays.py --output docs/measured/arrays.csv

CPU time of this process, with the threads of both; they take turns, and the table holds medians. The head is
given.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from measuring import run
from threadpoolctl import threadpool_limits

import activepool
from activepool.io.files import write_table

#: Samples, width, classes and type of the features.
SHAPES = [
    (2000, 64, 10, "float32"),
    (20_000, 64, 10, "float64"),
    (20_000, 512, 10, "float32"),
    (20_000, 2048, 100, "float32"),
    (50_000, 512, 100, "float32"),
    (50_000, 512, 100, "float16"),
]

STRATEGIES = ("confidence", "margin", "entropy")

#: Labelled samples and budget are this part of the samples.
SHARE = 20


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--workers", type=int, default=1, help="threads of both")
    parser.add_argument("--output", help="CSV to write")
    return parser.parse_args()


def main() -> None:
    """Measure each shape and strategy."""
    arguments = parse()
    rows = [
        measure(*shape, strategy, arguments.repeats, arguments.workers)
        for shape in SHAPES
        for strategy in STRATEGIES
    ]
    table = pd.DataFrame(rows)
    print(table.to_string(index=False, float_format="{:.3g}".format))
    if arguments.output:
        write_table(arguments.output, table)


def measure(
    samples: int, width: int, classes: int, dtype: str, strategy: str, repeats: int, workers: int
) -> dict[str, object]:
    """Return one row of the table."""
    random = np.random.default_rng(0)
    features = random.standard_normal((samples, width)).astype(dtype)
    weight = random.standard_normal((classes, width), dtype=np.float32) / np.float32(width**0.5)
    bias = np.zeros(classes, dtype=np.float32)
    labels = np.full(samples, -1)
    labels[random.permutation(samples)[: samples // SHARE]] = 0
    budget = samples // SHARE

    def library() -> np.ndarray:
        return activepool.select(
            strategy,
            features,
            labels=labels,
            budget=budget,
            head=(weight, bias),
            classes=classes,
            workers=workers,
        )

    def by_hand() -> np.ndarray:
        return naive(strategy, features, labels, budget, weight, bias)

    with threadpool_limits(workers):  # outside of what is measured: it takes milliseconds
        same = np.isin(library(), by_hand()).mean()
        times = np.array([[cpu_seconds(library), cpu_seconds(by_hand)] for _ in range(repeats)])
    ours, theirs = np.median(times, axis=0)
    return {
        "strategy": strategy,
        "samples": samples,
        "width": width,
        "classes": classes,
        "type": dtype,
        "workers": workers,
        "repeats": repeats,
        "cpu_seconds": ours,
        "numpy_cpu_seconds": theirs,
        "ratio": np.median(times[:, 0] / times[:, 1]),
        "same_picks": same,
    }


def naive(
    strategy: str,
    features: np.ndarray,
    labels: np.ndarray,
    budget: int,
    weight: np.ndarray,
    bias: np.ndarray,
) -> np.ndarray:
    """Return the picks by plain NumPy; float16 is multiplied as float32, for which NumPy has BLAS."""
    (unlabelled,) = np.nonzero(labels < 0)
    pool = features[unlabelled]
    if pool.dtype == np.float16:
        pool = pool.astype(np.float32)
    logits = pool @ weight.T + bias
    probabilities = np.exp(logits - logits.max(axis=1, keepdims=True))
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    if strategy == "confidence":
        scores = probabilities.max(axis=1)
    elif strategy == "margin":
        largest = np.partition(probabilities, -2, axis=1)
        scores = largest[:, -1] - largest[:, -2]
    else:
        scores = (probabilities * np.log(probabilities)).sum(axis=1)
    return unlabelled[np.argsort(scores)[:budget]]


def cpu_seconds(work: Callable[[], object]) -> float:
    """Return the CPU time of one call, of all threads together."""
    start = time.process_time()
    work()
    return time.process_time() - start


if __name__ == "__main__":
    run(main)
