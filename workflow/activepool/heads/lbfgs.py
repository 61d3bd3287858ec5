"""The linear head at the optimum of softmax regression.

Minimises over weight W (C, d) and bias b (C,)

    Σ_i ω_i · CE(W x_i + b, y_i) + λ/2 · ‖W‖²,    λ = weight decay × total variance of the labelled features,

with ω_i = 1/L, or weights that balance the classes. The problem is convex: there is one optimum, and no seed.
scikit-learn's ``LogisticRegression(C=1/(L λ))`` solves the same. The bias is not regularised. A class without
samples has no finite optimum; it gets the weight 0 and a bias below all logits of the labelled set.

Up to L · d · C = EXACT_SIZE, Newton's method in float64 comes so near to the optimum (EXACT) that heads which
two BLAS kernels train are mostly equal to the last bit: weights are at most 2⁻²⁴ of the largest from the
optimum, which is their rounding. Larger problems are solved by L-BFGS in whitened coordinates, with float32
products, until ``tolerance`` ends it: 0.14 % of the largest weight from the optimum at 50,000 × 512 × 10, the
problem of ``benchmarks/head.py``, whose column ``distance`` says so. There two kernels show in the picks.

Sums run over blocks of fixed size in a fixed order, so the head has the same bits for any number of workers.
Peak memory: the labelled features (of small problems in float64), and about 30 arrays of the size of W in
float64.
"""

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from tqdm import tqdm

from activepool.compute.blocks import Compute, Mapping, to_numpy
from activepool.heads.labelled import LabelledRows, class_weights
from activepool.heads.linear import LinearHead, TrainedHead
from activepool.heads.newton import newton
from activepool.heads.predictions import predict_by
from activepool.heads.settings import LbfgsSettings
from activepool.heads.softmax_regression import Point, SoftmaxRegression

if TYPE_CHECKING:
    from activepool.heads.whitened_lbfgs import WhitenedLbfgs

#: Labelled samples × features × classes up to which heads are solved in float64.
EXACT_SIZE = 10**8

#: The distance of such a head from the optimum, and that of the candidates among the weight decays, as a part
#: of the largest weight.
EXACT, EXACT_CANDIDATE = 1e-13, 1e-6

#: Weights are rounded to this part of the largest, which float32 can hold: coarser than errors of float64.
RESOLUTION = 2.0**-24

#: Candidates whose negative log-likelihoods differ by less than this part are equally likely.
EQUALLY_LIKELY = 1e-9


def train_lbfgs(
    labelled: LabelledRows,
    validation: LabelledRows,
    num_classes: int,
    settings: LbfgsSettings,
    compute: Compute,
) -> TrainedHead:
    """Train a head on ``labelled``, with the weight decay that suits ``validation`` best.

    Of several weight decays, the problem is solved for the largest first and from there to the smallest, each
    from the last one's solution. The one with the best validation accuracy stays, as with the epochs of SGD;
    of equal accuracies that with the smaller negative log-likelihood, and then the larger weight decay.
    The likelihood alone would be a poor judge: with few labels it asks for heads that hardly tell apart.
    """
    decays = sorted(np.atleast_1d(settings.weight_decays).tolist(), reverse=True)
    with compute.mapping() as mapping, tqdm(desc="lbfgs", unit="step", disable=None) as steps:
        solver = _Solver(labelled, num_classes, settings, compute, mapping, steps)
        decay, start = solver.choose(decays, validation) if len(decays) > 1 else (decays[0], solver.start)
        head = solver.head(solver.minimise(decay, start))
        accuracy = predict_by(mapping, head, validation, compute).accuracy
    return TrainedHead(head, accuracy, {"weight_decay": decay, "iterations": solver.iterations})


class _Solver:
    """The problem of one labelled set.

    Attributes:
        iterations: steps of Newton's method or of L-BFGS, so far.
    """

    def __init__(
        self,
        labelled: LabelledRows,
        num_classes: int,
        settings: LbfgsSettings,
        compute: Compute,
        mapping: Mapping,
        steps: tqdm,
    ) -> None:
        self.iterations = 0
        self._settings, self._compute, self._mapping, self._progress = settings, compute, mapping, steps
        self._num_labelled, self._num_classes = len(labelled), num_classes
        counts = labelled.class_counts(num_classes)
        weights = class_weights(counts, settings.class_weights)
        self._present = np.flatnonzero(counts)
        self._frequencies = (weights * counts)[self._present] / (weights * counts).sum()
        rows, self._basis = _in_row_space(labelled)
        self._exact = len(rows) * rows.width * len(self._present) <= EXACT_SIZE
        self._loss = SoftmaxRegression(
            rows,
            np.searchsorted(self._present, labelled.labels),
            weights[labelled.labels],
            compute,
            mapping,
            "float64" if self._exact else "float32",
        )

    @property
    def start(self) -> Point:
        """The optimum of an infinite weight decay: the frequencies of the classes, whatever the features."""
        weight = np.zeros((len(self._present), len(self._loss.mean)))
        return self._loss(self._compute.array(weight), self._compute.array(np.log(self._frequencies)))

    def choose(self, decays: list[float], validation: LabelledRows) -> tuple[float, Point]:
        """Return the best of the falling ``decays``, and a solution near to its optimum."""
        candidates, solution = [], self.start
        for decay in decays:
            solution = self.minimise(decay, solution, candidate=True)
            predictions = predict_by(self._mapping, self.head(solution), validation, self._compute)
            candidates.append((predictions, decay, solution))
        accuracy = max(predictions.accuracy for predictions, *_ in candidates)
        best = [one for one in candidates if one[0].accuracy == accuracy]
        likely = (1 + EQUALLY_LIKELY) * min(predictions.nll for predictions, *_ in best)
        return next((decay, solution) for predictions, decay, solution in best if predictions.nll <= likely)

    def minimise(self, decay: float, start: Point, candidate: bool = False) -> Point:
        """Return the optimum for one weight decay; of a small problem, more coarsely for a candidate."""
        strength = decay * self._loss.variance
        limit = self._settings.max_iterations
        if self._exact:
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
        """Return the head for all classes and for features as they are stored."""
        centred_bias = solution.bias - solution.bias.mean()
        weight = to_numpy(solution.weight)
        bias = to_numpy(centred_bias) - weight @ self._loss.mean
        if self._basis is not None:
            weight = weight @ self._basis.T
        all_weights = np.zeros((self._num_classes, weight.shape[1]), dtype=np.float32)
        all_biases = np.zeros(self._num_classes, dtype=np.float32)
        if len(self._present) < self._num_classes:
            # As after one more sample in which an absent class did not come up either.
            smallest = self._loss.smallest_logit(solution.weight, centred_bias)
            all_biases[:] = smallest - np.log(self._num_labelled + 1)
        all_weights[self._present], all_biases[self._present] = _rounded(weight), bias
        return LinearHead(all_weights, all_biases)


def _rounded(weight: np.ndarray) -> np.ndarray:
    """Round to a part of the largest weight, so that errors of float64 seldom show in float32."""
    largest = np.abs(weight).max(initial=0.0)
    if largest == 0:
        return weight
    quantum = RESOLUTION * 2.0 ** np.ceil(np.log2(largest))
    return np.round(weight / quantum) * quantum


def _in_row_space(labelled: LabelledRows) -> tuple[LabelledRows, np.ndarray | None]:
    """Return few samples in coordinates of the space that they span, and its basis (d, L); many as they are.

    The optimum lies in that space, as any part of a weight outside of it costs norm and changes no logit.
    With 100 labels and d = 2048 each product takes a twentieth of the time.
    """
    if len(labelled) > labelled.width // 2:
        return labelled, None
    basis, coordinates = np.linalg.qr(labelled.read(dtype=np.float64).T)
    return LabelledRows.of_array(np.ascontiguousarray(coordinates.T), labelled.labels), basis
