"""Rounds of every strategy on real features, in a process whose BLAS kernel the environment chooses.

    OPENBLAS_CORETYPE=Haswell python tests/kernel_picks.py

prints the kernels in use, and per strategy the picks of each round, as JSON. A features.h5 (or .npz with
``features`` and ``labels``) and the sizes can be given, to compare kernels on a larger pool.
"""

import argparse
import json
import sys

import numpy as np
from queries import REQUIRED_OPTIONS, Problem
from sklearn.datasets import load_digits
from threadpoolctl import threadpool_info

from activepool.compute.blocks import Compute
from activepool.heads.labelled import LabelledRows
from activepool.heads.lbfgs import train_lbfgs
from activepool.heads.settings import LbfgsSettings
from activepool.strategies.declaration import Strategy
from activepool.strategies.registry import builtin_strategies, find_strategy

OPTIONS = {
    **REQUIRED_OPTIONS,
    "cluster_margin": {"leaves": 200},
    "margin_clustering": {"subset": 4000},
}

#: Further rows: a strategy and its options. The full information would be slow on the whole pool.
FURTHER_ROWS = {
    "bait_full": ("seals", {"of": {"strategy": "bait", "fisher": "full"}, "neighbours": 2}),
}


class Rounds(Problem):
    """A pool whose head is trained in each round; the last rows are the validation split."""

    def __init__(
        self, features: np.ndarray, labels: np.ndarray, labelled: int, validation: int, workers: int
    ):
        order = np.random.default_rng(0).permutation(len(labels))
        features, labels = features[order], labels[order]
        self.validation = LabelledRows.from_arrays(features[-validation:], labels[-validation:])
        self.features, self.labels = features[:-validation], labels[:-validation]
        self.classes, self.workers = int(labels.max()) + 1, workers
        self.first = self.labelled = np.arange(labelled)

    def run(self, strategy: Strategy, rounds: int, budget: int, options: dict) -> list[list[int]]:
        """Return the picks of each round."""
        self.labelled, picks = self.first, []
        for number in range(rounds):
            self.train()
            selection = self.select(strategy, budget, seed=number, workers=self.workers, options=options)
            picks.append(selection.index.tolist())
            self.labelled = np.concatenate([self.labelled, selection.index])
        return picks

    def train(self) -> None:
        labelled = LabelledRows.from_arrays(self.features[self.labelled], self.labels[self.labelled])
        compute = Compute("cpu", self.workers)
        self.head = train_lbfgs(labelled, self.validation, self.classes, LbfgsSettings(), compute).head


def runnable_kernels() -> list[str]:
    """Return kernels of OpenBLAS that this processor can run; they differ in the order of their sums."""
    features = np._core._multiarray_umath.__cpu_features__
    cpu_features = {"Nehalem": "SSE42", "Haswell": "AVX2", "SkylakeX": "AVX512_SKX"}
    return [kernel for kernel, feature in cpu_features.items() if features.get(feature)]


def kernels() -> list[str]:
    return sorted({library["architecture"] for library in threadpool_info() if "architecture" in library})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--features", help="an .npz with features and labels; by default the digits' pixels")
    parser.add_argument("--labelled", type=int, default=60)
    parser.add_argument("--validation", type=int, default=180)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--budget", type=int, default=20)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--strategies", nargs="*")
    arguments = parser.parse_args()
    if arguments.features:
        data = np.load(arguments.features)
        features, labels = data["features"], data["labels"]
    else:
        features, labels = load_digits(return_X_y=True)
    problem = Rounds(
        features.astype(np.float32), labels, arguments.labelled, arguments.validation, arguments.workers
    )
    strategies = [builtin for builtin in builtin_strategies().values() if not builtin.image_model]
    rows = {builtin.name: (builtin, OPTIONS.get(builtin.name, {})) for builtin in strategies}
    rows |= {row: (find_strategy(name), options) for row, (name, options) in FURTHER_ROWS.items()}
    picks = {
        row: problem.run(strategy, arguments.rounds, arguments.budget, options)
        for row, (strategy, options) in rows.items()
        if not arguments.strategies or row in arguments.strategies
    }
    json.dump({"kernels": kernels(), "picks": picks}, sys.stdout)


if __name__ == "__main__":
    main()
