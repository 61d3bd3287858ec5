"""The linear head at the optimum of softmax regression.

Minimises over weight W (C, d) and bias b (C,)

    Σ_i ω_i · CE(W x_i + b, y_i) + λ/2 · ‖W‖²,    λ = weight decay × total variance of the labelled features,

with ω_i = 1/L, or weights that balance the classes. The problem is convex: it has one optimum and needs no
seed. scikit-learn's ``LogisticRegression(C=1/(L λ))`` solves the same problem. The bias is not regularised. A
class without samples has no finite optimum; it gets weight 0 and a bias below all logits of the labelled set.

Up to L · d · C = EXACT_SIZE, Newton's method in float64 comes so close to the optimum (EXACT) that two BLAS
kernels mostly train heads with equal bits: each weight is within 2⁻²⁴ of the largest weight, its rounding.
L-BFGS in whitened coordinates solves larger problems, with float32 products, until ``tolerance`` stops it:
0.14 % of the largest weight from the optimum at 50,000 × 512 × 10 (column ``distance`` of
``benchmarks/head.py``). There the picks of two kernels can differ.

Sums run over blocks of fixed size in a fixed order, so the head has the same bits for any number of workers.
Peak memory: the labelled features (for small problems in float64) and about 30 float64 arrays of W's size.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

import numpy as np
from tqdm import tqdm

from activepool.compute.blocks import Compute, Mapping, to_numpy
from activepool.compute.rounding import rounded
from activepool.data.ranges import MAX_FLOAT32, MIN_FLOAT32
from activepool.errors import InputError
from activepool.heads.labelled import LabelledRows, class_weights
from activepool.heads.linear import LinearHead, TrainedHead
from activepool.heads.newton import newton
from activepool.heads.predictions import predict
from activepool.heads.settings import LbfgsSettings
from activepool.heads.softmax_regression import Point, SoftmaxRegression

if TYPE_CHECKING:
    from activepool.heads.whitened_lbfgs import WhitenedLbfgs

#: Largest product of labelled samples, features and classes that is solved in float64.
EXACT_SIZE = 10**8

#: Distance of such a head from the optimum, and of a candidate in the choice of the weight decay, relative to
#: the largest weight.
EXACT, EXACT_CANDIDATE = 1e-13, 1e-6

#: Weights are rounded to this part of the largest: float32 can hold it, and errors of float64 are finer.
WEIGHT_RESOLUTION = 2.0**-24

#: Candidates are equally likely if their negative log-likelihoods differ by less than this part.
LIKELIHOOD_TOLERANCE = 1e-9


def train_lbfgs(
    labelled: LabelledRows,
    validation: LabelledRows,
    num_classes: int,
    settings: LbfgsSettings,
    compute: Compute,
) -> TrainedHead:
    """Train a head on ``labelled``, with the weight decay that suits ``validation`` best.

    Several weight decays are solved from the largest to the smallest, each starting from the last solution.
    The best validation accuracy wins, as with the epochs of SGD; ties go to the smaller negative
    log-likelihood, then to the larger weight decay. The likelihood alone would choose badly: with few labels
    it favours heads that hardly separate the classes.
    """
    decays = sorted(np.atleast_1d(settings.weight_decays).tolist(), reverse=True)
    with compute.mapping() as mapping, tqdm(desc="lbfgs", unit="step", disable=None) as steps:
        solver = _Solver(labelled, num_classes, settings, compute, mapping, steps)
        decay, start = solver.choose(decays, validation) if len(decays) > 1 else (decays[0], solver.start)
        head = solver.head(solver.minimise(decay, start))
        accuracy = predict(head, validation, compute, mapping).accuracy
    return TrainedHead(head, accuracy, {"weight_decay": decay, "iterations": solver.iterations})


def regularisation_path(
    labelled: LabelledRows,
    num_classes: int,
    decays: Sequence[float],
    settings: LbfgsSettings,
    compute: Compute,
) -> list[LinearHead]:
    """Return the head of each of the descending weight ``decays``, each solved from the last solution.

    Each is as near to its optimum as a head that `train_lbfgs` returns.
    """
    with compute.mapping() as mapping, tqdm(desc="lbfgs", unit="step", disable=None) as steps:
        solver = _Solver(labelled, num_classes, settings, compute, mapping, steps)
        heads, solution = [], solver.start
        for decay in decays:
            solution = solver.minimise(decay, solution)
            heads.append(solver.head(solution))
    return heads


class _Solver:
    """The problem of one labelled set; ``iterations`` are steps of Newton's method or L-BFGS so far."""

    def __init__(
        self,
        labelled: LabelledRows,
        num_classes: int,
        settings: LbfgsSettings,
        compute: Compute,
        mapping: Mapping,
        steps: "tqdm[NoReturn]",
    ) -> None:
        self.iterations = 0
        self._settings, self._compute, self._mapping, self._progress = settings, compute, mapping, steps
        self._num_labelled, self._num_classes = len(labelled), num_classes
        counts = labelled.class_counts(num_classes)
        weights = class_weights(counts, settings.class_weights)
        self._classes = np.flatnonzero(counts)
        self._frequencies = (weights * counts)[self._classes] / (weights * counts).sum()
        rows, self._basis = _span_coordinates(labelled)
        self._is_exact = len(rows) * rows.width * len(self._classes) <= EXACT_SIZE
        self._loss = SoftmaxRegression(
            rows,
            np.searchsorted(self._classes, labelled.labels),
            weights[labelled.labels],
            compute,
            mapping,
            "float64" if self._is_exact else "float32",
        )

    @property
    def start(self) -> Point:
        """The optimum for an infinite weight decay: the class frequencies, whatever the features."""
        weight = np.zeros((len(self._classes), len(self._loss.mean)))
        return self._loss(self._compute.array(weight), self._compute.array(np.log(self._frequencies)))

    def choose(self, decays: list[float], validation: LabelledRows) -> tuple[float, Point]:
        """Return the best of the descending ``decays``, and a solution near its optimum."""
        candidates, solution = [], self.start
        for decay in decays:
            solution = self.minimise(decay, solution, candidate=True)
            predictions = predict(self.head(solution), validation, self._compute, self._mapping)
            candidates.append((predictions, decay, solution))
        accuracy = max(predictions.accuracy for predictions, *_ in candidates)
        best = [candidate for candidate in candidates if candidate[0].accuracy == accuracy]
        limit = (1 + LIKELIHOOD_TOLERANCE) * min(predictions.nll for predictions, *_ in best)
        return next((decay, solution) for predictions, decay, solution in best if predictions.nll <= limit)

    def minimise(self, decay: float, start: Point, candidate: bool = False) -> Point:
        """Return the optimum for one weight decay; small problems solve a ``candidate`` more coarsely."""
        strength = decay * self._loss.variance
        limit = self._settings.max_iterations
        if self._is_exact:
            accuracy = EXACT_CANDIDATE if candidate else EXACT
            point, iterations = newton(self._loss, strength, start, accuracy, limit)
        else:
            point, iterations = self._whitened.minimise(strength, start, self._settings.tolerance, limit)
        self.iterations += iterations
        self._progress.update(iterations)
        return point

    @cached_property
    def _whitened(self) -> "WhitenedLbfgs":
        # SciPy's optimisers take longer to import than a small problem takes to solve.
        from activepool.heads.whitened_lbfgs import WhitenedLbfgs

        return WhitenedLbfgs(self._loss, self._frequencies, self._compute, self._mapping)

    def head(self, solution: Point) -> LinearHead:
        """Return the head for all classes and for features as stored."""
        centred_bias = solution.bias - solution.bias.mean()
        weight = to_numpy(solution.weight)
        bias = to_numpy(centred_bias) - weight @ self._loss.mean
        if self._basis is not None:
            weight = weight @ self._basis.T
        all_weights = np.zeros((self._num_classes, weight.shape[1]), dtype=np.float32)
        all_biases = np.zeros(self._num_classes, dtype=np.float32)
        if len(self._classes) < self._num_classes:
            # As if one more sample had been drawn, again without an absent class.
            smallest = self._loss.smallest_logit(solution.weight, centred_bias)
            all_biases[:] = smallest - np.log(self._num_labelled + 1)
        # Errors of float64 then seldom show in float32.
        largest = np.abs(weight).max(initial=0.0)
        if largest > MAX_FLOAT32:
            raise InputError(
                f"features: a weight of {largest:g} for them does not fit float32; scale them up"
            )
        if largest < MIN_FLOAT32 and self._loss.variance > MAX_FLOAT32:
            raise InputError(
                f"features: the largest weight for them, {largest:g}, vanishes in float32; scale them down"
            )
        weight = rounded(weight, largest, WEIGHT_RESOLUTION)
        all_weights[self._classes], all_biases[self._classes] = weight, bias
        return LinearHead(all_weights, all_biases)


def _span_coordinates(labelled: LabelledRows) -> tuple[LabelledRows, np.ndarray | None]:
    """Return few samples in coordinates of their span, and its basis (d, L); many as they are, and None.

    The optimum lies in that span: any part of a weight outside it adds norm and changes no logit. With 100
    labels and d = 2048 each product takes a twentieth of the time.
    """
    if len(labelled) > labelled.width // 2:
        return labelled, None
    basis, coordinates = np.linalg.qr(labelled.read(dtype=np.float64).T)
    return LabelledRows.from_arrays(np.ascontiguousarray(coordinates.T), labelled.labels), basis
