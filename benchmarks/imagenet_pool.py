"""One round at ImageNet's size, on synthetic features made on the fly: `python benchmarks/imagenet_pool.py`.

Times the programs of a round as the workflow runs them, each as a process of its own, beside the bare
matrix product of the same size by the same route: blocks of the mapped file, NumPy, one thread a block.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import h5py
import numpy as np
import pandas as pd

LIBRARY = Path(__file__).parents[1] / "workflow"
sys.path.insert(0, str(LIBRARY))

from activepool.compute import Compute, row_blocks  # noqa: E402
from activepool.features.store import BLOCK_ROWS, FeatureFile  # noqa: E402
from activepool.heads.linear import LinearHead, write_head  # noqa: E402


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--size", type=int, default=1_281_167, help="N, rows of the pool")
    parser.add_argument("--width", type=int, default=2048, help="d")
    parser.add_argument("--classes", type=int, default=1000, help="C")
    parser.add_argument("--budget", type=int, default=10_000)
    parser.add_argument("--labelled", type=int, default=30_000, help="size of the labelled set")
    parser.add_argument("--strategies", nargs="+", default=["margin", "mase", "base"])
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--folder", help="where to put the files (N × d × 2 bytes); default: a temporary folder"
    )
    parser.add_argument("--output", help="CSV to write")
    return parser.parse_args()


def make_features(path: Path, size: int, width: int, classes: int) -> None:
    """Write a Gaussian mixture in float16, in blocks; the centres are those of `make_head`."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(classes, width)).astype(np.float32) * 0.12
    with h5py.File(path, "w") as file:
        for part, rows in (("train", size), ("test", 1000)):
            features = file.create_dataset(f"{part}/features", (rows, width), np.float16)
            labels = random.integers(0, classes, rows)
            for block in row_blocks(rows, BLOCK_ROWS):
                noise = random.standard_normal((block.stop - block.start, width), dtype=np.float32)
                features[block] = noise + centres[labels[block]]
            file[f"{part}/labels"] = labels


def make_head(path: Path, width: int, classes: int) -> LinearHead:
    """Write the head of the mixture's centres."""
    centres = np.random.default_rng(0).normal(size=(classes, width)).astype(np.float32) * 0.12
    head = LinearHead(centres, -0.5 * np.square(centres).sum(axis=1))
    write_head(path, head)
    return head


def time_product(path: Path, head: LinearHead, workers: int) -> float:
    """Return the seconds of features · weightᵀ alone, in blocks read from the page cache."""
    with FeatureFile(path) as file:
        features = file.train.features

        def product(block: slice) -> None:
            features.block(block) @ head.weight.T

        start = time.perf_counter()
        for _ in Compute("cpu", workers).map(product, row_blocks(features.shape[0], BLOCK_ROWS)):
            pass
        return time.perf_counter() - start


def run_stage(name: str, *arguments: object) -> tuple[float, float]:
    """Run a stage as a process; return its seconds and its peak memory in GB."""
    command = [sys.executable, "-m", f"activepool.stages.{name}", *map(str, arguments)]
    start = time.perf_counter()
    process = subprocess.Popen(command, env={**os.environ, "PYTHONPATH": str(LIBRARY)})
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{name} failed")
    return time.perf_counter() - start, usage.ru_maxrss / 1e6


def main() -> None:
    """Make the files, time product and stages, print and write the table."""
    arguments = parse()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        rows = measure(arguments, Path(folder))
    table = pd.DataFrame(rows)
    print(table.to_string(index=False, float_format="{:.2f}".format))
    if arguments.output:
        table.to_csv(arguments.output, index=False)


def measure(arguments: argparse.Namespace, folder: Path) -> list[dict[str, object]]:
    """Return a row for the bare product and one for each strategy."""
    features, head_path = folder / "features.h5", folder / "head.h5"
    make_features(features, arguments.size, arguments.width, arguments.classes)
    head = make_head(head_path, arguments.width, arguments.classes)
    for name, rows in (("validation", range(1000)), ("labelled", range(1000, 1000 + arguments.labelled))):
        pd.DataFrame({"index": rows}).to_csv(folder / f"{name}.csv", index=False)
    product = time_product(features, head, arguments.workers)
    result = [{"work": "product", "seconds": product, "ratio": 1.0}]
    common = [
        "--features",
        features,
        "--validation",
        folder / "validation.csv",
        "--labelled",
        folder / "labelled.csv",
    ]
    common += ["--workers", arguments.workers, "--device", "cpu", "--head", head_path]
    scored = {
        "margin": "margin",
        "confidence": "confidence",
        "entropy": "entropy",
        "mase": "boundary",
        "base": "boundary",
    }
    for strategy in arguments.strategies:
        lists = ["--nearest-for-budget", arguments.budget] if strategy == "base" else []
        score = run_stage(
            "score", *common, "--scores", scored[strategy], *lists, "--output", folder / "scores.h5"
        )
        query = ["--strategy", strategy, "--scores", folder / "scores.h5", "--budget", arguments.budget]
        output = ["--seed", 0, "--round", 1, "--output", folder / "selected.csv"]
        select = run_stage("select", *common, *query, *output)
        seconds = score[0] + select[0]
        result.append(
            {
                "work": strategy,
                "seconds": seconds,
                "ratio": seconds / product,
                "score_seconds": score[0],
                "select_seconds": select[0],
                "score_peak_gb": score[1],
                "select_peak_gb": select[1],
            }
        )
    return result


if __name__ == "__main__":
    main()
