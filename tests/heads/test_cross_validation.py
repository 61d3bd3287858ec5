"""The weight decay by cross-validation, against its definition written out plainly."""

import numpy as np
import pytest

from activepool.compute.blocks import Compute
from activepool.features.store import FeatureMatrix
from activepool.heads.cross_validation import (
    FOLDS,
    NO_FOLD,
    choose,
    cross_validate,
    logits64,
    nearest_first,
    stratified_folds,
)
from activepool.heads.labelled import LabelledRows
from activepool.heads.lbfgs import train_lbfgs
from activepool.heads.linear import LinearHead
from activepool.heads.settings import LbfgsSettings

DECAYS = (1e-3, 1e-5, 1e-2, 1e-1, 3.0)


def problem(seed, labels_per_class, width=3, spread=1.0):
    """Rows in no order, of overlapping classes on a coarse grid: many features are equal."""
    random = np.random.default_rng(seed)
    labels = random.permutation(np.repeat(np.arange(len(labels_per_class)), labels_per_class))
    centres = random.normal(size=(len(labels_per_class), width))
    features = np.round(centres[labels] + spread * random.normal(size=(len(labels), width)))
    rows = random.permutation(3 * len(labels))[: len(labels)]
    everything = np.zeros((3 * len(labels), width), np.float32)
    everything[rows] = features
    return LabelledRows(FeatureMatrix.from_array(everything), rows, labels)


def part(labelled, chosen):
    return LabelledRows(labelled.features, labelled.rows[chosen], labelled.labels[chosen])


def by_brute_force(labelled, num_classes, folds, balanced):
    """Train each head from nothing; return the decay that is chosen, and its logits by row."""
    outcomes = []
    for decay in DECAYS:
        right, logits = {}, {}
        for fold in range(FOLDS):
            if not (folds == fold).any():
                continue
            settings = LbfgsSettings(weight_decays=decay, class_weights=balanced)
            training = part(labelled, folds != fold)
            nothing = part(labelled, np.empty(0, np.int64))
            head = train_lbfgs(training, nothing, num_classes, settings, Compute()).head
            for row, label in zip(labelled.rows[folds == fold], labelled.labels[folds == fold], strict=True):
                feature = labelled.features.take(np.array([row]), np.float64)[0]
                z = head.weight.astype(np.float64) @ feature + head.bias
                right[row] = next(k for k in range(num_classes) if z[k] >= z.max() - 1e-11) == label
                logits[row] = z
        outcomes.append((decay, right, logits))
    # DECAYS are in the order of their distance from 1e-4.
    best = max(outcomes, key=lambda outcome: sum(outcome[1].values()))
    for decay, right, logits in outcomes:
        differences = [float(best[1][row]) - float(right[row]) for row in right]
        deviation = np.std(differences) * len(differences) ** 0.5
        if sum(differences) <= deviation + 1e-9:
            return decay, logits
    raise AssertionError


@pytest.mark.parametrize(
    ("seed", "labels_per_class", "balanced"),
    [
        (0, [5, 5], False),
        (1, [3, 11, 4], False),
        (2, [3, 4, 3], True),
        (3, [17, 9, 3, 6], True),
        (4, [13], True),
    ],
)
def test_the_choice_is_that_of_the_definition(seed, labels_per_class, balanced):
    labelled, classes = problem(seed, labels_per_class), len(labels_per_class) + 1  # one class has no label
    settings = LbfgsSettings(weight_decays=DECAYS, class_weights=balanced)
    choice = cross_validate(labelled, classes, settings, seed, Compute())
    folds = stratified_folds(labelled.rows, labelled.labels, FOLDS, seed)
    decay, logits = by_brute_force(labelled, classes, folds, balanced)
    assert (choice.weight_decay, choice.fixed) == (decay, None)
    assert choice.rows.tolist() == sorted(labelled.rows.tolist())
    assert choice.labels.tolist() == labelled.labels[np.argsort(labelled.rows)].tolist()
    expected = np.array([logits[row] for row in choice.rows])
    np.testing.assert_allclose(choice.logits, expected, rtol=1e-5, atol=1e-6)
    exponentials = np.exp(expected)
    np.testing.assert_allclose(
        choice.probabilities, exponentials / exponentials.sum(axis=1, keepdims=True), atol=1e-6
    )
    assert choice.accuracy == np.mean(choice.predicted == choice.labels)


def test_several_decays_win_on_some_problem():
    settings = LbfgsSettings(weight_decays=DECAYS)
    chosen = {
        cross_validate(problem(seed, [6, 7, 5]), 3, settings, 0, Compute()).weight_decay for seed in range(12)
    }
    assert len(chosen) > 1


@pytest.mark.parametrize("seed", range(5))
def test_the_order_of_the_rows_changes_no_bit(seed):
    labelled = problem(seed, [5, 4, 9])
    settings = LbfgsSettings(weight_decays=DECAYS)
    choice = cross_validate(labelled, 3, settings, 7, Compute())
    for _ in range(3):
        shuffled = part(labelled, np.random.default_rng(seed).permutation(len(labelled)))
        again = cross_validate(shuffled, 3, settings, 7, Compute(workers=2))
        assert again.weight_decay == choice.weight_decay
        assert again.rows.tolist() == choice.rows.tolist()
        assert again.logits.tobytes() == choice.logits.tobytes()


@pytest.mark.parametrize("seed", range(20))
def test_folds_are_even_and_leave_each_class_a_row(seed):
    random = np.random.default_rng(seed)
    counts = random.integers(0, 12, random.integers(1, 9))
    counts[0] += 1
    labels = random.permutation(np.repeat(np.arange(len(counts)), counts))
    rows = random.permutation(1000)[: len(labels)]
    folds = stratified_folds(rows, labels, FOLDS, seed)
    for label, count in enumerate(counts):
        by_fold = [int(np.sum(folds[labels == label] == fold)) for fold in range(FOLDS)]
        if count == 1:
            assert folds[labels == label].tolist() == [NO_FOLD]
        elif count:
            assert sum(by_fold) == count
            assert max(by_fold) < count
            assert max(by_fold) - min(by_fold) <= 1
    sizes = [int(np.sum(folds == fold)) for fold in range(FOLDS)]
    assert max(sizes) - min(sizes) <= 1
    order = random.permutation(len(rows))
    assert stratified_folds(rows[order], labels[order], FOLDS, seed).tolist() == folds[order].tolist()


def test_another_seed_makes_other_folds():
    rows, labels = np.arange(40), np.repeat([0, 1], 20)
    assert stratified_folds(rows, labels, 5, 0).tolist() != stratified_folds(rows, labels, 5, 1).tolist()


@pytest.mark.parametrize(
    ("labels_per_class", "words", "held_out"),
    [
        ([4, 5], "9 labels; a choice by cross-validation needs 10", 9),
        ([9, 2, 1], "2 of the classes with labels have fewer than 3, which a choice by", 11),
        ([1, 1, 1], "3 labels; a choice", 0),
    ],
)
def test_too_few_labels_choose_nothing(labels_per_class, words, held_out):
    labelled = problem(5, labels_per_class)
    choice = cross_validate(labelled, 4, LbfgsSettings(), 0, Compute())
    assert choice.weight_decay == 1e-4
    assert choice.fixed.startswith(words)
    assert choice.logits.shape == (held_out, 4)
    assert (choice.accuracy is None) == (held_out == 0)
    single_rows = [
        row for row, label in zip(labelled.rows, labelled.labels, strict=True) if labels_per_class[label] == 1
    ]
    assert not set(single_rows) & set(choice.rows.tolist())


def test_one_decay_is_taken_and_tested():
    choice = cross_validate(problem(6, [8, 8]), 2, LbfgsSettings(weight_decays=0.5), 0, Compute())
    assert (choice.weight_decay, choice.fixed) == (0.5, "one weight decay is given")
    assert len(choice.rows) == 16


@pytest.mark.parametrize(
    ("decays", "order"),
    [
        ([1e-2, 1e-3, 1e-4, 1e-5, 1e-6], [2, 1, 3, 0, 4]),
        ([1e-3, 1e-5], [0, 1]),
        ([1.0, 0.1], [1, 0]),
        ([1e-9], [0]),
    ],
)
def test_the_fixed_rule(decays, order):
    assert nearest_first(decays) == order


@pytest.mark.parametrize(
    ("right", "chosen"),
    [
        ([[1, 1, 1, 1], [1, 1, 1, 1], [1, 1, 1, 1]], 1),  # all the same: the nearest to 1e-4
        ([[1, 1, 1, 1], [1, 1, 1, 0], [0, 0, 0, 0]], 0),  # one of four is more than 0.87 standard deviations
        ([[1, 1, 1, 1, 0], [1, 1, 0, 0, 1], [0, 0, 0, 0, 0]], 1),  # one of five, and 1.67
        ([[0, 0, 1, 1, 1], [0, 0, 0, 0, 0], [1, 1, 1, 1, 1]], 2),
    ],
)
def test_the_choice_by_hand(right, chosen):
    assert choose([1e-2, 1e-4, 1e-6], np.array(right, bool)) == chosen


def test_logits_of_no_rows():
    head = LinearHead(np.zeros((3, 2), np.float32), np.zeros(3, np.float32))
    nothing = LabelledRows.from_arrays(np.zeros((0, 2)), np.empty(0, np.int64))
    assert logits64(head, nothing, Compute()).shape == (0, 3)
