"""The weight decay of a linear head, chosen by cross-validation on the labelled rows themselves.

Stratified K-fold cross-validation (Kohavi 1995, A study of cross-validation and bootstrap for accuracy
estimation and model selection): K heads are each trained without one fold, and predict the rows of that fold.
The labels of an actively selected set are not a random sample, so these predictions are good for choosing
among heads, but biased as an estimate of the accuracy on the pool.

With few labels, neighbouring weight decays hardly differ. So among those that are not clearly worse than the
best, this module chooses the weight decay nearest to FIXED_WEIGHT_DECAY: the rule of one standard error
(Breiman et al. 1984, Classification and regression trees, section 3.4.3), but with a favourite that usually
does well instead of the simplest. With fewer than MIN_LABELS labels, or fewer than MIN_CLASS_LABELS of a
class that has any, it takes the favourite without a comparison. ``benchmarks/weight_decay.py`` measures both.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from activepool.compute.arrays import BoolArray, FloatArray, IntArray
from activepool.compute.blocks import BLOCK_ROWS, Compute, row_blocks
from activepool.compute.seeds import generator
from activepool.heads.labelled import LabelledRows
from activepool.heads.lbfgs import regularisation_path
from activepool.heads.linear import FIXED_WEIGHT_DECAY, LinearHead, first_largest
from activepool.heads.settings import LbfgsSettings

#: With fewer labels, or fewer of a class that has any, the fixed rule decides.
MIN_LABELS, MIN_CLASS_LABELS = 10, 3

#: K.
FOLDS = 5

#: The fold of a row that is never held out.
NO_FOLD = -1


@dataclass(frozen=True)
class CrossValidation:
    """A weight decay, and what heads with it predict for the rows that they were not trained on.

    Attributes:
        weight_decay: the chosen weight decay.
        fixed: why no choice was made, in words; None if cross-validation chose.
        rows: (m,) int64, the rows that were held out, ascending; all but the only row of a class.
        labels: (m,) int64, their labels.
        logits: (m, C) float64, from the head of the folds without the row.
        predicted: (m,) int64, the class of the largest logit, the first of those that are equal except for
            rounding errors.
    """

    weight_decay: float
    fixed: str | None
    rows: IntArray
    labels: IntArray
    logits: FloatArray
    predicted: IntArray

    @property
    def probabilities(self) -> FloatArray:
        """(m, C) float64, the softmax of the logits."""
        shifted = self.logits - self.logits.max(axis=1, keepdims=True)
        log_normalisers = np.log(np.exp(shifted).sum(axis=1, keepdims=True))
        probabilities: FloatArray = np.exp(shifted - log_normalisers)
        return probabilities

    @property
    def accuracy(self) -> float | None:
        """The share of held-out rows that are predicted right; None if there are none."""
        return float((self.predicted == self.labels).mean()) if len(self.rows) else None


def cross_validate(
    labelled: LabelledRows, num_classes: int, settings: LbfgsSettings, seed: int, compute: Compute
) -> CrossValidation:
    """Choose among the weight decays of ``settings``, and return the predictions for the held-out rows.

    The choice depends only on which held-out rows are predicted right (`choose`). Rows are distinct; their
    order has no effect. The seed is that of the folds. Classes are predicted in float64, by
    heads whose last bits are rounded away (`activepool.heads.lbfgs` says up to which size).

    Memory beyond that of a training: FOLDS heads for each weight decay, and m · C numbers.
    """
    labelled = labelled.part(np.argsort(labelled.rows))
    decays = sorted(np.atleast_1d(settings.weight_decays).tolist(), reverse=True)
    fixed = _choice_problem(labelled.class_counts(num_classes))
    if len(decays) == 1:
        fixed = "one weight decay is given"
    if fixed:
        decays = [decays[nearest_first(decays)[0]]]
    folds = stratified_folds(labelled.rows, labelled.labels, FOLDS, seed)
    logits = np.empty((len(labelled), num_classes))
    is_correct = np.zeros((len(decays), len(labelled)), dtype=np.bool_)
    paths = {}
    for fold in np.unique(folds[folds != NO_FOLD]):
        training, held_out = labelled.part(folds != fold), labelled.part(folds == fold)
        paths[fold] = regularisation_path(training, num_classes, decays, settings, compute)
        for place, head in enumerate(paths[fold]):
            is_correct[place, folds == fold] = _predict(head, held_out, compute) == held_out.labels
    held_out_rows = np.flatnonzero(folds != NO_FOLD)
    choice = choose(decays, is_correct[:, held_out_rows])
    for fold, path in paths.items():
        logits[folds == fold] = logits64(path[choice], labelled.part(folds == fold), compute)
    return CrossValidation(
        decays[choice],
        fixed,
        labelled.rows[held_out_rows],
        labelled.labels[held_out_rows],
        logits[held_out_rows],
        first_largest(logits[held_out_rows]),
    )


def choose(decays: Sequence[float], is_correct: BoolArray) -> int:
    """Return the position of the chosen one of the descending ``decays``; computed in whole numbers.

    The best weight decay has the most right predictions. Let another have g fewer, and let exactly one of the
    two be right on d of the m rows. The other is not clearly worse if g is at most one standard error of the
    paired difference: g² ≤ d − g²/m. The choice is the first of these, and of equally good ones, in the order
    of `nearest_first`. ``is_correct`` (D, m) says which held-out rows each of D weight decays predicts right.
    """
    order, counts, rows = nearest_first(decays), is_correct.sum(axis=1), int(is_correct.shape[1])
    best = next(place for place in order if counts[place] == counts.max())

    def is_as_good(place: int) -> bool:
        fewer = int(counts[best] - counts[place])
        different = int((is_correct[best] != is_correct[place]).sum())
        return fewer * fewer * (rows + 1) <= different * rows

    return next(place for place in order if is_as_good(place))


def nearest_first(decays: Sequence[float]) -> list[int]:
    """Return the places of the descending ``decays``, the nearest to FIXED_WEIGHT_DECAY first.

    The distance is that of the logarithms; of two at the same distance the larger comes first.
    """
    return sorted(
        range(len(decays)), key=lambda place: round(abs(np.log10(decays[place] / FIXED_WEIGHT_DECAY)), 9)
    )


def stratified_folds(rows: IntArray, labels: IntArray, folds: int, seed: int) -> IntArray:
    """Return the fold of each row, (n,) int64, 0 … ``folds`` − 1; NO_FOLD for the only row of its class.

    The rows of a class are dealt one by one to the folds, in an order that depends on the seed and on the set
    of rows, but not on their order. No fold holds all rows of a class, and the sizes of two folds differ by
    at most one row, in total and within a class. All ``rows`` are different, and there are at least 2 folds.
    """
    place = np.empty(len(rows), dtype=np.int64)
    place[np.argsort(rows)] = generator(seed, 0, "cross_validation").permutation(len(rows))
    by_class = np.lexsort((place, labels))
    rows_to_deal = by_class[np.bincount(labels, minlength=1)[labels[by_class]] > 1]
    fold = np.full(len(rows), NO_FOLD, dtype=np.int64)
    fold[rows_to_deal] = np.arange(len(rows_to_deal)) % folds
    return fold


def logits64(head: LinearHead, rows: LabelledRows, compute: Compute) -> FloatArray:
    """Return the logits of n rows, (n, C) float64."""
    return np.concatenate([np.empty((0, head.num_classes)), *_of_blocks(head.logits64, rows, compute)])


def _choice_problem(counts: IntArray) -> str | None:
    """Return why labels with these counts per class, (C,), cannot choose a weight decay; None if they can."""
    if counts.sum() < MIN_LABELS:
        return f"{counts.sum()} labels; a choice by cross-validation needs {MIN_LABELS}"
    rare = np.flatnonzero((counts > 0) & (counts < MIN_CLASS_LABELS))
    if len(rare):
        verb = "has" if len(rare) == 1 else "have"
        return (
            f"{len(rare)} of the classes with labels {verb} fewer than {MIN_CLASS_LABELS}, "
            "which a choice by cross-validation needs"
        )
    return None


def _predict(head: LinearHead, rows: LabelledRows, compute: Compute) -> IntArray:
    """Return the class of each row, (n,); only one block's logits are in memory."""
    return np.concatenate(list(_of_blocks(head.predicted64, rows, compute)))


def _of_blocks(
    function: Callable[[FloatArray], np.ndarray], rows: LabelledRows, compute: Compute
) -> Iterator[np.ndarray]:
    """Yield a function of the float64 features of each block of rows."""
    blocks = row_blocks(len(rows), BLOCK_ROWS)
    return compute.map(lambda block: function(rows.read(block, np.float64)), blocks)
