"""The linear head at the optimum of softmax regression, by L-BFGS in whitened coordinates.

Minimises over weight W (C, d) and bias b (C,)

    Σ_i ω_i · CE(W x_i + b, y_i) + λ/2 · ‖W‖²,    λ = weight decay × total variance of the labelled features,

with ω_i = 1/L, or weights that balance the classes. The problem is convex: there is one optimum, and no seed.
scikit-learn's ``LogisticRegression(C=1/(L λ))`` solves the same. The bias is not regularised. A class without
samples has no finite optimum; it gets the weight 0 and a bias below all logits of the labelled set.

Sums are made in blocks of fixed size in a fixed order: the head is the same bits for any number of workers.
Peak memory: the labelled features in float32, and about 30 arrays of the size of W in float64.
"""

from collections.abc import Callable

import numpy as np
from scipy.optimize import OptimizeResult, minimize
from tqdm import tqdm

from activepool.compute import Array, Compute, Mapping, to_numpy
from activepool.evaluation.metrics import predict_by
from activepool.heads.labelled import LabelledRows, class_weights
from activepool.heads.linear import LinearHead, TrainedHead
from activepool.heads.settings import LbfgsSettings
from activepool.heads.softmax_regression import Point, SoftmaxRegression, Whitening

#: How closely candidates among the weight decays are solved; the chosen one goes on to the tolerance asked.
PATH_TOLERANCE = 1e-4

#: A step that promises so much less than the tolerance is not made: its gain would be lost in the rounding
#: errors of the loss, among which a line search would look for it in vain.
NEGLIGIBLE = 0.01


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
    with compute.mapping() as mapping, tqdm(desc="lbfgs", unit="pass", disable=None) as passes:
        solver = _Solver(labelled, num_classes, settings, compute, mapping, passes)
        decay, start = solver.choose(decays, validation) if len(decays) > 1 else (decays[0], solver.start)
        head = solver.head(solver.minimise(decay, settings.tolerance, start))
        accuracy = predict_by(mapping, head, validation, compute).accuracy
    return TrainedHead(head, accuracy, {"weight_decay": decay, "iterations": solver.iterations})


class _Solver:
    """The problem of one labelled set.

    Attributes:
        iterations: of L-BFGS, so far.
    """

    def __init__(
        self,
        labelled: LabelledRows,
        num_classes: int,
        settings: LbfgsSettings,
        compute: Compute,
        mapping: Mapping,
        passes: tqdm,
    ) -> None:
        self.iterations = 0
        self._settings, self._compute, self._mapping, self._passes = settings, compute, mapping, passes
        self._num_labelled, self._num_classes = len(labelled), num_classes
        counts = labelled.class_counts(num_classes)
        weights = class_weights(counts, settings.class_weights)
        self._present = np.flatnonzero(counts)
        self._frequencies = (weights * counts)[self._present] / (weights * counts).sum()
        rows, self._basis = _in_row_space(labelled)
        numbers = np.searchsorted(self._present, labelled.labels)
        self._loss = SoftmaxRegression(rows, numbers, weights[labelled.labels], compute, mapping)
        self._covariance = self._loss.covariance()

    @property
    def start(self) -> Point:
        """The optimum of an infinite weight decay: the frequencies of the classes, whatever the features."""
        weight = np.zeros((len(self._present), len(self._loss.mean)))
        return self._at(self._compute.array(weight), self._compute.array(np.log(self._frequencies)))

    def choose(self, decays: list[float], validation: LabelledRows) -> tuple[float, Point]:
        """Return the best of the falling ``decays``, and a solution near to its optimum."""
        candidates, solution = [], self.start
        for decay in decays:
            solution = self.minimise(decay, PATH_TOLERANCE, solution)
            predictions = predict_by(self._mapping, self.head(solution), validation, self._compute)
            candidates.append((-predictions.accuracy, predictions.nll, decay, solution))
        return min(candidates, key=lambda candidate: candidate[:2])[2:]

    def minimise(self, decay: float, tolerance: float, start: Point) -> Point:
        """Return the optimum for one weight decay, to ``tolerance``."""
        strength = decay * self._loss.variance
        whitening = Whitening(self._covariance, strength, self._frequencies, self._compute, self._mapping)
        objective = _Objective(self._at, whitening, strength, start)

        def stop_in_time(intermediate_result: OptimizeResult) -> None:
            if objective.promise < NEGLIGIBLE * tolerance:
                raise StopIteration

        if objective.promise < NEGLIGIBLE * tolerance:
            return start
        found = minimize(
            objective,
            objective.start,
            jac=True,
            method="L-BFGS-B",
            callback=stop_in_time,
            options={"maxiter": self._settings.max_iterations, "ftol": tolerance, "gtol": 0.0},
        )
        self.iterations += int(found.nit)
        return objective.point(found.x)

    def _at(self, weight: Array, bias: Array) -> Point:
        self._passes.update()
        return self._loss(weight, bias)

    def head(self, solution: Point) -> LinearHead:
        """Return the head for all classes and for features as they are stored."""
        weight, bias = to_numpy(solution.weight), to_numpy(solution.bias)
        bias = bias - weight @ self._loss.mean
        if self._basis is not None:
            weight = weight @ self._basis.T
        all_weights = np.zeros((self._num_classes, weight.shape[1]), dtype=np.float32)
        all_biases = np.zeros(self._num_classes, dtype=np.float32)
        if len(self._present) < self._num_classes:
            # As after one more sample in which an absent class did not come up either.
            all_biases[:] = self._loss.smallest_logit(solution.weight, solution.bias) - np.log(
                self._num_labelled + 1
            )
        all_weights[self._present], all_biases[self._present] = weight, bias
        return LinearHead(all_weights, all_biases)


class _Objective:
    """The regularised loss of flat variables; the last point that was asked for is kept.

    The variables are the whitened coordinates, scaled. SciPy's first trial is a step of length 1, whatever
    the gradient; in whitened coordinates, where the curvature is about 1, the gradient itself is nearly
    Newton's step, and the scale gives it the length 1.

    Attributes:
        start: the variables of the point where it starts.
        promise: what part of the objective a step of Newton's from the last point would gain, were the
            curvature in whitened coordinates 1.
    """

    def __init__(
        self, at: Callable[[Array, Array], Point], whitening: Whitening, strength: float, start: Point
    ) -> None:
        self._at, self._whitening, self._strength, self._scale = at, whitening, strength, 1.0
        self._scale = float(np.linalg.norm(self._value_and_gradient(start)[1])) or 1.0
        self.start = whitening.coordinates(start.weight, start.bias) / self._scale
        self._last = self.start, start

    def __call__(self, variables: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the objective and its gradient."""
        return self._value_and_gradient(self.point(variables))

    def point(self, variables: np.ndarray) -> Point:
        """Return the point of the variables."""
        if not np.array_equal(variables, self._last[0]):
            self._last = variables.copy(), self._at(*self._whitening.parameters(variables * self._scale))
        return self._last[1]

    def _value_and_gradient(self, point: Point) -> tuple[float, np.ndarray]:
        weight_gradient = point.weight_gradient + self._strength * point.weight
        gradient = self._whitening.gradient(weight_gradient, point.bias_gradient)
        penalty = self._strength / 2 * float((point.weight * point.weight).sum())
        value = point.loss + penalty
        self.promise = gradient @ gradient / 2 / max(1.0, abs(value))
        return value, gradient * self._scale


def _in_row_space(labelled: LabelledRows) -> tuple[LabelledRows, np.ndarray | None]:
    """Return few samples in coordinates of the space that they span, and its basis (d, L); many as they are.

    The optimum lies in that space, as any part of a weight outside of it costs norm and changes no logit.
    With 100 labels and d = 2048 this makes the d × d matrices of the whitening 400 times smaller.
    """
    if len(labelled) > labelled.width // 2:
        return labelled, None
    basis, coordinates = np.linalg.qr(labelled.read().T)
    return LabelledRows.of_array(np.ascontiguousarray(coordinates.T), labelled.labels), basis
