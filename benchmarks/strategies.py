"""Every strategy compared with its naive transcription, its unavoidable product, and reading the features.

    python benchmarks/strategies.py --output results/benchmarks/strategies.csv
    python benchmarks/strategies.py --features features.h5 --output results/benchmarks/real.csv

Writes a CSV, explained in benchmarks/README.md, and a figure of the same name as PDF and PNG. Each
measurement runs in a separate process that reads the features from a file, like the workflow; its time
excludes imports. Within a size all works take turns, repeat by repeat; the table holds medians and their
ratios.
"""

import argparse
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import Measured, in_process, measure, run
from pools import initial_pool, train_on, write_part
from rounds import Case, library_product, library_reading
from synthetic import write_mixture
from tasks import Task, tasks_of
from tqdm import tqdm

from activepool.compute.devices import resolve_device
from activepool.errors import InputError
from activepool.features.store import FeatureFile
from activepool.io.files import write_table

#: Rows whose picks depend on the use of random numbers; they are not compared with the naive ones.
RANDOM_PICKS = (
    *("random", "balanced_random", "badge", "partitioned_badge", "clue", "probcover"),
    *("kmeans", "typiclust", "dropquery", "alfamix", "falcun", "refine_coreset"),
)

#: Budget and labelled set are at most the pool size over this.
MIN_POOL_FACTOR = 5

#: Frequency of the first class over that of the last in synthetic features, so that balancing has to act.
IMBALANCE = 100


#: The columns to print; the file has all columns.
PRINTED = [
    *("strategy", "part", "size", "seconds", "cpu_seconds", "peak_gb"),
    *("times_naive", "times_naive_cpu", "products_cpu", "same_picks"),
]


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--features", type=Path, help="features.h5; default: a synthetic Gaussian mixture")
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[5000, 15_000, 50_000], help="N, of each pool"
    )
    parser.add_argument("--width", type=int, default=2048, help="d, of synthetic features")
    parser.add_argument("--classes", type=int, default=100, help="C, of synthetic features")
    parser.add_argument("--budget", type=int, default=1000, help="at most a fifth of the pool is picked")
    parser.add_argument("--labelled", type=int, default=1000, help="size of the labelled set, likewise")
    parser.add_argument("--strategies", nargs="+", help="default: all built-in ones")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--naive-limit", type=float, default=60, help="seconds for a naive loop; 0: no naive")
    parser.add_argument("--naive-type", choices=("float32", "float64"), default="float32")
    parser.add_argument(
        "--largest-clustered", type=int, default=5000, help="largest number of samples to cluster in full"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--folder", help="folder for the features; default: a temporary folder")
    parser.add_argument("--output", required=True, help="CSV to write; the figure goes beside it")
    return parser.parse_args()


def main() -> None:
    """Measure one size after another; write the table after each, and the figure at the end."""
    arguments = parse()
    arguments.device = resolve_device(arguments.device)
    rows: list[dict[str, object]] = []
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        source = arguments.features or Path(folder) / "all.h5"
        if not arguments.features:
            write_mixture(source, max(arguments.sizes), arguments.width, arguments.classes, IMBALANCE)
        for size in sorted(arguments.sizes):
            rows += measure_size(make_case(source, size, Path(folder), arguments), arguments)
            write_table(arguments.output, pd.DataFrame(rows))
    print(pd.DataFrame(rows)[PRINTED].to_string(index=False, float_format="{:.3g}".format))
    from draw import draw

    draw(arguments.output)


def make_case(source: Path, size: int, folder: Path, arguments: argparse.Namespace) -> Case:
    """Write the features and the head of one size."""
    features, head = folder / "features.h5", folder / "head.h5"
    write_part(source, features, size)
    with FeatureFile(features) as file:
        labels = file.train.labels
    if len(labels) < size:
        raise InputError(f"{source}: has {len(labels)} labelled rows, fewer than the size {size}")
    labelled = initial_pool(labels, min(arguments.labelled, size // MIN_POOL_FACTOR))
    in_process(train_on, features, labelled, head, arguments.workers)
    budget = min(arguments.budget, size // MIN_POOL_FACTOR)
    where = {"device": arguments.device, "workers": arguments.workers}
    naive = {"dtype": arguments.naive_type, "limit": arguments.naive_limit}
    return Case(features, head, labelled, budget, **where, **naive)


def measure_size(case: Case, arguments: argparse.Namespace) -> list[dict[str, object]]:
    """Return the rows of one size."""
    with FeatureFile(case.features) as file:
        size, width, classes = *file.train.features.shape, len(file.class_names)
    tasks = list(tasks_of(case, size, classes, arguments))
    times: dict[object, list[Measured]] = defaultdict(list)
    for _ in range(arguments.repeats):
        times["reading"].append(in_process(measure, case.device, library_reading, case))
        for shape in {task.product for task in tasks} - {None}:
            times[shape].append(in_process(measure, case.device, library_product, case, *shape))
        for task in tqdm(tasks, desc=f"{size} samples", disable=None):
            times[task.key, "library"].append(in_process(measure, case.device, task.library, case, task.work))
            spent = sum(measured.seconds for measured in times[task.key, "naive"])
            if task.has_naive and spent < case.limit:
                device = task.naive_device(case)
                times[task.key, "naive"].append(in_process(measure, device, task.naive, case, task.work))
    facts = {"size": size, "width": width, "classes": classes, "budget": case.budget}
    facts |= {"labelled": len(case.labelled), "device": case.device, "workers": case.workers}
    return [{**named(task), **facts, **row_of(case, task, times)} for task in tasks]


def named(task: Task) -> dict[str, object]:
    """Return the columns that name a row."""
    return {"strategy": task.work.name, "part": task.part}


def row_of(case: Case, task: Task, times: dict[object, list[Measured]]) -> dict[str, object]:
    """Return the measurements of one task as columns: medians and their ratios."""
    ours, naive = times[task.key, "library"], times[task.key, "naive"]
    seconds, naive_seconds = median(ours, "seconds"), naive_median(naive, "seconds", "unmeasured")
    cpu_seconds = median(ours, "cpu_seconds")
    naive_cpu_seconds = naive_median(naive, "cpu_seconds", "unmeasured_cpu")
    products, readings = times[task.product] if task.product else [], times["reading"]
    product, reading = median(products, "seconds"), median(readings, "seconds")
    return {
        "repeats": len(ours),
        "seconds": seconds,
        "cpu_seconds": cpu_seconds,
        "baseline_gb": median(ours, "baseline_gb"),
        "peak_gb": median(ours, "peak_gb"),
        "gpu_gb": median(ours, "gpu_gb"),
        "naive_seconds": naive_seconds,
        "naive_cpu_seconds": naive_cpu_seconds,
        "naive_scaled": any(measured.result.unmeasured for measured in naive) if naive else None,
        "naive_repeats": len(naive),
        "naive_device": task.naive_device(case) if naive else None,
        "naive_type": case.dtype if naive else None,
        "naive_baseline_gb": median(naive, "baseline_gb"),
        "naive_peak_gb": median(naive, "peak_gb"),
        "naive_gpu_gb": median(naive, "gpu_gb"),
        "product_columns": task.product[1] if task.product else None,
        "product_seconds": product,
        "reading_seconds": reading,
        "times_naive": naive_seconds / seconds,
        "times_naive_cpu": naive_cpu_seconds / cpu_seconds,
        "products": seconds / product,
        "products_cpu": cpu_seconds / median(products, "cpu_seconds"),
        "readings": seconds / reading,
        "readings_cpu": cpu_seconds / median(readings, "cpu_seconds"),
        **agreement(task, ours, naive),
    }


def median(measurements: list[Measured], attribute: str) -> float:
    """Return the median of one attribute; NaN without measurements."""
    values = [getattr(measured, attribute) for measured in measurements]
    return float(np.median(values)) if values else np.nan


def naive_median(measurements: list[Measured], attribute: str, left_out: str) -> float:
    """Return the median time of the naive transcription, including the steps that it left out."""
    values = [getattr(each, attribute) + getattr(each.result, left_out) for each in measurements]
    return float(np.median(values)) if values else np.nan


def agreement(task: Task, ours: list[Measured], naive: list[Measured]) -> dict[str, float]:
    """Return the share of the picks that the naive transcription also picks, and at the same place."""
    whole = [measured.result.picks for measured in naive if not measured.result.unmeasured]
    if not whole or task.part != "round" or task.work.name in RANDOM_PICKS:
        return {"same_picks": np.nan, "same_order": np.nan}
    picks = ours[0].result
    return {
        "same_picks": float(np.isin(picks, whole[0]).mean()),
        "same_order": float((picks == whole[0]).mean()),
    }


if __name__ == "__main__":
    run(main)
