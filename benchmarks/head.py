"""Seconds until a head is within 0.1 % of the optimum's accuracy: activepool's lbfgs and other solvers.

    python benchmarks/head.py --output head.csv
    python benchmarks/head.py --samples 100000 --width 2048 --classes 1000 --solvers sgd --output large.csv
    python benchmarks/head.py --features features.h5 --output real.csv

All solvers get the same features, of total variance 1, and the same weight decay: the given one that is best
on the validation split. Each solver is timed twice: until it stops by itself, with its default tolerance
(SGD: after the recipe's 60 epochs), and until it is near, that is, has the accuracy of the optimum less 0.1
%. For the latter it runs with just enough iterations (SGD: epochs), which trials of growing length find. With
``--distance D``, near means weights within D times the largest weight of the optimum's. Solvers take turns,
so that noise of the machine affects all alike.

The CSV holds medians, and their ratios to those of activepool's lbfgs. Its column ``distance`` is the
distance of a solver's final weights from Newton's optimum in float64, as a part of the largest weight.
"""

import argparse
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import pandas as pd
from sklearn.linear_model import LogisticRegression
from synthetic import spectral_mixture
from threadpoolctl import threadpool_limits
from tqdm import tqdm

from activepool.compute.blocks import Compute
from activepool.features.store import FeatureFile
from activepool.heads.labelled import LabelledRows
from activepool.heads.lbfgs import train_lbfgs
from activepool.heads.linear import LinearHead, TrainedHead
from activepool.heads.newton import newton
from activepool.heads.predictions import predict
from activepool.heads.settings import LbfgsSettings, SgdSettings
from activepool.heads.softmax_regression import SoftmaxRegression
from activepool.io.files import write_table

#: A head is near if its accuracy is at most this much below the optimum's.
NEAR = 0.001

#: A tolerance so small that the number of iterations ends a solver.
NO_TOLERANCE = 1e-14

#: Seconds before each training, in which the previous one's threads stop waiting for work.
PAUSE = 0.3

#: Enough iterations for any solver to stop by itself.
MAX_ITERATIONS = 10_000


@dataclass(frozen=True)
class Problem:
    """The input of every solver; weight decay and optimum (C, d) are determined last."""

    features: np.ndarray
    labels: np.ndarray
    validation: LabelledRows
    weight_decay: float
    workers: int
    optimum: np.ndarray | None = None

    @property
    def labelled(self) -> LabelledRows:
        """The labelled set in the library's form."""
        return LabelledRows.from_arrays(self.features, self.labels)

    @property
    def classes(self) -> int:
        """C."""
        return int(self.labels.max()) + 1

    @cached_property
    def strength(self) -> float:
        """λ: the weight decay times the total variance of the labelled features."""
        double = self.features.astype(np.float64)
        return self.weight_decay * float(np.square(double - double.mean(axis=0)).sum(axis=1).mean())

    @property
    def compute(self) -> Compute:
        """The CPU with the workers."""
        return Compute("cpu", self.workers)


#: Trains with a number of iterations, or until it stops by itself.
Solver = Callable[[Problem, int | None], LinearHead]


def read_train(path: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the labelled rows of the training part of a features file, in random order."""
    with FeatureFile(path) as file:
        rows = np.random.default_rng(0).permutation(np.flatnonzero(file.train.labels >= 0))
        return file.train.features.take(rows), file.train.labels[rows]


def make_problem(arguments: argparse.Namespace) -> Problem:
    """Return the problem; its features are centred and have total variance 1."""
    if arguments.features:
        features, labels = read_train(arguments.features)
    else:
        total = arguments.samples + arguments.validation
        features, labels = spectral_mixture(total, arguments.width, arguments.classes)
    features -= features.mean(axis=0)
    features /= np.sqrt(np.square(features).sum(axis=1).mean(dtype=np.float64)).astype(np.float32)
    cut = len(labels) - arguments.validation
    validation, labelled = slice(cut, None), slice(min(cut, arguments.labelled or cut))
    return Problem(
        features[labelled],
        labels[labelled],
        LabelledRows.from_arrays(features[validation], labels[validation]),
        0.0,
        arguments.workers,
    )


def activepool_lbfgs(problem: Problem, iterations: int | None) -> LinearHead:
    """Train with the library's lbfgs."""
    limits = {"max_iterations": iterations, "tolerance": NO_TOLERANCE} if iterations else {}
    settings = LbfgsSettings(weight_decays=problem.weight_decay, **limits)
    return train_lbfgs(problem.labelled, problem.validation, problem.classes, settings, problem.compute).head


def activepool_sgd(problem: Problem, iterations: int | None) -> LinearHead:
    """Train with the library's SGD, in one thread; its learning rate falls to zero."""
    from activepool.heads.sgd import train_sgd

    epochs = iterations or SgdSettings().epochs
    settings = SgdSettings(
        weight_decay=problem.weight_decay, schedule="cosine", epochs=epochs, patience=epochs
    )
    labelled, validation = problem.labelled, problem.validation
    return train_sgd(labelled, validation, problem.classes, settings, 0, 0, problem.compute).head


def scikit_learn(solver: str, dtype: type = np.float32) -> Solver:
    """Return the training with one solver of scikit-learn, on features of ``dtype``."""

    def train(problem: Problem, iterations: int | None) -> LinearHead:
        strength = 1 / (problem.strength * len(problem.labels))
        limits = {"max_iter": iterations, "tol": NO_TOLERANCE} if iterations else {"max_iter": MAX_ITERATIONS}
        with warnings.catch_warnings(), threadpool_limits(problem.workers):
            warnings.simplefilter("ignore")
            model = LogisticRegression(C=strength, solver=solver, **limits)
            model.fit(problem.features.astype(dtype, copy=False), problem.labels)
        return LinearHead(model.coef_.astype(np.float32), model.intercept_.astype(np.float32))

    return train


#: The solver to compare all others with.
REFERENCE = "activepool lbfgs"

SOLVERS: dict[str, Solver] = {
    REFERENCE: activepool_lbfgs,
    "sgd": activepool_sgd,
    **{name: scikit_learn(name) for name in ("lbfgs", "newton-cg", "newton-cholesky", "sag", "saga")},
    **{f"{name} float64": scikit_learn(name, np.float64) for name in ("lbfgs", "newton-cg")},
}

#: Largest product of labelled samples, features and classes for Newton's optimum: a minute or two.
MAX_NEWTON_SIZE = 10**9


def measured(solver: Solver, problem: Problem, iterations: int | None) -> tuple[float, LinearHead]:
    """Return the seconds of one training, and its head."""
    time.sleep(PAUSE)
    start = time.perf_counter()
    head = solver(problem, iterations)
    return time.perf_counter() - start, head


def accuracy(problem: Problem, head: LinearHead) -> float:
    """Return the accuracy on the validation rows."""
    return predict(head, problem.validation, problem.compute).accuracy


def distance(problem: Problem, head: LinearHead) -> float:
    """Return the largest difference from the optimum's weights, as a part of the largest; NaN if unknown."""
    if problem.optimum is None:
        return np.nan
    return float(np.abs(head.weight - problem.optimum).max() / np.abs(problem.optimum).max())


def iterations_needed(
    solver: Solver, problem: Problem, is_near: Callable[[LinearHead], bool], limit: float
) -> int | None:
    """Return how many iterations get near the optimum; None if ``limit`` seconds of trials do not."""
    iterations, spent = 1, 0.0
    while spent < limit:
        seconds, head = measured(solver, problem, iterations)
        if is_near(head):
            return iterations
        iterations, spent = iterations + max(1, iterations // 4), spent + seconds
    return None


def choose_decay(problem: Problem, decays: tuple[float, ...]) -> TrainedHead:
    """Return the head with the best of the weight decays."""
    settings = LbfgsSettings(weight_decays=decays, max_iterations=1000, tolerance=1e-9)
    return train_lbfgs(problem.labelled, problem.validation, problem.classes, settings, problem.compute)


def newton_optimum(problem: Problem) -> np.ndarray | None:
    """Return the weights (C, d) of the optimum by Newton's method; None if the problem is too large."""
    if problem.features.size * problem.classes > MAX_NEWTON_SIZE:
        return None
    weights = np.full(len(problem.labels), 1 / len(problem.labels))
    with problem.compute.mapping() as mapping:
        loss = SoftmaxRegression(
            problem.labelled, problem.labels, weights, problem.compute, mapping, "float64"
        )
        start = loss(np.zeros((problem.classes, problem.features.shape[1])), np.zeros(problem.classes))
        return newton(loss, problem.weight_decay * loss.variance, start, 1e-13, 100)[0].weight


def compare(
    problem: Problem, is_near: Callable[[LinearHead], bool], names: list[str], repeats: int, limit: float
) -> pd.DataFrame:
    """Return one row per solver: the iterations it needs, median times, their ratios, and the distance."""
    iterations = {
        name: iterations_needed(SOLVERS[name], problem, is_near, limit)
        for name in tqdm(names, desc="iterations needed")
    }
    near: dict[str, list[float]] = {name: [] for name in names}
    stopped: dict[str, list[float]] = {name: [] for name in names}
    distances = {}
    for _ in tqdm(range(repeats), desc="repeats"):
        for name in names:
            if iterations[name]:
                near[name].append(measured(SOLVERS[name], problem, iterations[name])[0])
            seconds, head = measured(SOLVERS[name], problem, None)
            stopped[name].append(seconds)
            distances[name] = distance(problem, head)
    table = pd.DataFrame({"solver": names, "iterations": [iterations[name] for name in names]})
    for column, seconds in (("near", near), ("stopped", stopped)):
        medians = np.array([np.median(seconds[name]) if seconds[name] else np.nan for name in names])
        table[f"seconds_{column}"], table[f"ratio_{column}"] = medians, medians / medians[0]
    table["distance"] = [distances[name] for name in names]
    table["samples"], table["width"] = problem.features.shape
    return table.assign(classes=problem.classes, workers=problem.workers, weight_decay=problem.weight_decay)


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--samples", type=int, default=50_000, help="labelled samples of the mixture")
    parser.add_argument("--width", type=int, default=512)
    parser.add_argument("--classes", type=int, default=10)
    parser.add_argument("--features", help="features.h5 to use instead of the mixture, all labelled rows")
    parser.add_argument("--labelled", type=int, help="number of labelled samples to use; default: all")
    parser.add_argument("--validation", type=int, default=5000, help="validation samples")
    parser.add_argument("--weight-decays", type=float, nargs="+", default=LbfgsSettings().weight_decays)
    parser.add_argument("--solvers", nargs="*", choices=list(SOLVERS), default=["lbfgs", "newton-cg"])
    parser.add_argument("--distance", type=float, help="near is a distance of weights, not of accuracies")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--limit", type=float, default=120, help="seconds for a solver to get near")
    parser.add_argument("--workers", type=int, default=2, help="threads of each solver except sgd")
    parser.add_argument("--output", required=True, help="CSV to write")
    return parser.parse_args()


def main() -> None:
    """Compare, print and write."""
    arguments = parse()
    problem = make_problem(arguments)
    best = choose_decay(problem, tuple(arguments.weight_decays))
    problem = replace(problem, weight_decay=best.facts["weight_decay"])
    problem = replace(problem, optimum=newton_optimum(problem))

    def is_near(head: LinearHead) -> bool:
        if arguments.distance is not None:
            return distance(problem, head) <= arguments.distance
        return accuracy(problem, head) >= best.validation_accuracy - NEAR

    names = [REFERENCE, *arguments.solvers]
    table = compare(problem, is_near, names, arguments.repeats, arguments.limit)
    table["optimum"] = best.validation_accuracy
    print(table.to_string(index=False))
    write_table(arguments.output, table)


if __name__ == "__main__":
    main()
