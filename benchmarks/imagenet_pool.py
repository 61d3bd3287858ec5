"""One round at ImageNet's size, on synthetic features: `python benchmarks/imagenet_pool.py`.

Times the programs of a round as the workflow runs them, each in a separate process, and the bare matrix
product of the same size by the same route: blocks of the mapped file, one thread per block. A strategy scores
and selects with a labelled set of --labelled; a round trains a head on --trained, with the head's default
weight decays or with one, and then scores and selects by BASE.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from measuring import bare_product, in_process, measure, run
from synthetic import mixture_head, write_mixture

from activepool.compute.blocks import Compute
from activepool.compute.devices import resolve_device
from activepool.features.store import FeatureFile
from activepool.heads.linear import read_head, write_head
from activepool.io.files import write_table
from activepool.strategies.registry import find_strategy

#: The head that a round trains, by the name of the row.
HEADS = {
    "round": {"solver": "lbfgs"},
    "round, one weight decay": {"solver": "lbfgs", "weight_decays": 1e-4},
}

#: Rows of the validation split.
VALIDATION = 1000


@dataclass(frozen=True)
class Run:
    """The seconds of one program, and its peak memory in GB."""

    seconds: float
    peak_gb: float


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
    parser.add_argument("--trained", type=int, default=100_000, help="the same in rounds that train a head")
    parser.add_argument(
        "--strategies", nargs="*", default=["margin", "mase", "base", "coreset", "badge"], help="may be none"
    )
    parser.add_argument(
        "--rounds", nargs="*", choices=HEADS, default=list(HEADS), help="whole rounds; may be none"
    )
    parser.add_argument("--device", default="auto", help="auto, cpu, cuda or cuda:N (default: auto)")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument(
        "--folder", help="folder for the files (N × d × 2 bytes); default: a temporary folder"
    )
    parser.add_argument("--output", help="CSV to write")
    return parser.parse_args()


def main() -> None:
    """Write the files, time product and programs, print and write the table."""
    arguments = parse()
    arguments.device = resolve_device(arguments.device)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        rows = []
        for measured in Benchmark(arguments, Path(folder)).rows():
            rows.append(measured)
            table = pd.DataFrame(rows).assign(device=arguments.device, workers=arguments.workers)
            if arguments.output:  # at once, for a run that is stopped
                write_table(arguments.output, table)
    print(table.to_string(index=False, float_format="{:.2f}".format))


def run_stage(name: str, *arguments: object) -> Run:
    """Run a stage as a process and measure it."""
    command = [sys.executable, "-m", f"activepool.stages.{name}", *map(str, arguments)]
    start = time.perf_counter()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    if status:
        sys.exit(f"{name} failed")
    return Run(time.perf_counter() - start, usage.ru_maxrss * 1024 / 1e9)


def open_product(features: Path, head: Path, compute: Compute) -> object:
    """Return the work of features · weightᵀ alone, in blocks read from the page cache."""
    matrix, weight = FeatureFile(features).train.features, read_head(head).weight
    return lambda: bare_product(matrix, matrix.shape[0], weight, compute)


class Benchmark:
    """The files of the benchmark, and the programs that run on them.

    Work that takes memory runs in separate processes, because the measured peak of a program is at least that
    of the process that starts it.
    """

    def __init__(self, arguments: argparse.Namespace, folder: Path) -> None:
        self.arguments, self.folder = arguments, folder
        self.features, self.head = folder / "features.h5", folder / "head.h5"
        shape = arguments.size, arguments.width, arguments.classes
        in_process(write_mixture, self.features, *shape)
        write_head(self.head, mixture_head(*shape[1:]))
        sizes = {"labelled": arguments.labelled, "trained": arguments.trained}
        self._write_index("validation", 0, VALIDATION)
        for name, size in sizes.items():
            self._write_index(name, VALIDATION, size)

    def rows(self) -> Iterator[dict[str, object]]:
        """Measure, and yield a row for the bare product, one for each round and one for each strategy."""
        compute = Compute(self.arguments.device, self.arguments.workers)
        bare = in_process(measure, self.arguments.device, open_product, self.features, self.head, compute)
        yield row("product", bare.seconds, product=Run(bare.seconds, bare.peak_gb))
        for name in self.arguments.rounds:
            head = self.folder / "trained.h5"
            train = self.train(HEADS[name], head)
            yield row(name, bare.seconds, train=train, **self.query("base", "trained", head))
        for strategy in self.arguments.strategies:
            yield row(strategy, bare.seconds, **self.query(strategy, "labelled", self.head))

    def train(self, settings: dict[str, object], head: Path) -> Run:
        """Train a head on the larger labelled set."""
        how = ["--recipe", json.dumps(settings), "--seed", 0, "--round", 0]
        written = ["--head", head, "--metrics", self.folder / "metrics.json"]
        return run_stage("train", *self._common("trained"), *how, *written)

    def query(self, strategy: str, labelled: str, head: Path) -> dict[str, Run]:
        """Score, if the strategy has scores, and select."""
        declared, common = find_strategy(strategy), [*self._common(labelled), "--head", head]
        scores, runs, read = self.folder / "scores.h5", {}, []
        if declared.scores:
            lists = ["--nearest-for-budget", self.arguments.budget] if "nearest" in declared.reads else []
            what = ["--head-scores", *declared.scores, *lists, "--scores", scores]
            runs["score"], read = run_stage("score", *common, *what), ["--scores", scores]
        query = ["--strategy", strategy, *read, "--budget", self.arguments.budget, "--seed", 0, "--round", 1]
        written = ["--selected", self.folder / "selected.csv"]
        written += ["--labelled-with-picks", self.folder / "labelled_with_picks.csv"]
        if declared.keeps_state:
            written += ["--next-state", self.folder / "state.h5"]
        return runs | {"select": run_stage("select", *common, *query, *written)}

    def _common(self, labelled: str) -> list[object]:
        """Return the common arguments of all programs."""
        files = ["--features", self.features, "--validation", self.folder / "validation.csv"]
        how = ["--workers", self.arguments.workers, "--device", self.arguments.device]
        return [*files, "--labelled", self.folder / f"{labelled}.csv", *how]

    def _write_index(self, name: str, start: int, size: int) -> None:
        index = np.arange(start, start + size)
        write_table(self.folder / f"{name}.csv", pd.DataFrame({"index": index}))


def row(name: str, product_seconds: float, **runs: Run) -> dict[str, object]:
    """Return a row of the table: all programs together, and each."""
    seconds = sum(run.seconds for run in runs.values())
    peak = max(run.peak_gb for run in runs.values())
    result = {"work": name, "seconds": seconds, "ratio": seconds / product_seconds, "peak_gb": peak}
    if name != "product":
        for stage, run in runs.items():
            result |= {f"{stage}_seconds": run.seconds, f"{stage}_peak_gb": run.peak_gb}
    return result


if __name__ == "__main__":
    run(main)
