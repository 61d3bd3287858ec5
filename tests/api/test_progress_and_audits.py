"""What tells a user how good the model is, and whether to go on."""

import re

import numpy as np
import pytest

import activepool
from activepool.evaluation.intervals import wilson_intervals
from activepool.evaluation.power_law import fit_learning_curve

LABELS = np.array([50, 100, 150, 200, 300])
ERRORS = 0.1 + 2 / np.sqrt(LABELS) + np.array([0.004, -0.002, 0.003, -0.004, 0.001])


def test_the_fit_is_that_of_the_library_in_any_order():
    expected = fit_learning_curve(LABELS, ERRORS[:, None], 0.95, 0)
    order = [3, 0, 4, 1, 2]
    assert activepool.learning_curve_fit(LABELS[order].tolist(), ERRORS[order].tolist()) == expected
    assert activepool.learning_curve_fit(LABELS.astype(float), ERRORS[:, None], seed=0) == expected
    several = ERRORS[:, None] + 0.01 * np.random.default_rng(0).random((5, 7))
    curve_fit = activepool.learning_curve_fit(LABELS, several, confidence=0.5, seed=3)
    assert curve_fit == fit_learning_curve(LABELS, several, 0.5, 3)
    assert activepool.learning_curve_fit([], []).unknown.endswith("there are 0")


def test_agreement_of_names_and_numbers():
    names = np.array(["ant", "bee", "cat"])
    first, second = np.array([0, 1, 2, 2, 1, 0, 0]), np.array([0, 1, 2, 1, 1, 0, 2])
    kappa = activepool.agreement(first, second)
    assert kappa == pytest.approx((7 * 5 - 16) / (49 - 16))
    assert activepool.agreement(names[first], names[second].tolist()) == kappa
    assert activepool.agreement([], []) is None
    assert activepool.has_settled([0.5, kappa, 1.0, 1.0]) is False
    assert activepool.has_settled((0.99, 1.0, 1.0)) is True


def test_an_audit_by_hand():
    truth = ["ant", "ant", None, "bee", "bee", "bee", "cat"]
    predicted = ["ant", "bee", "cat", "bee", "bee", "bee", "ant"]
    report = activepool.audit(truth, predicted, classes=["ant", "bee", "cat", "dog"])
    assert report.classes.tolist() == ["ant", "bee", "cat", "dog"]
    assert report.rows == 6
    assert report.confusion.tolist() == [[1, 1, 0, 0], [0, 3, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0]]
    expected = wilson_intervals(4, 6, 0.95)
    assert (report.accuracy.value, report.accuracy.low, report.accuracy.high) == (
        expected.value,
        expected.low,
        expected.high,
    )
    assert report.class_accuracy.value[:3].tolist() == [0.5, 1.0, 0.0]
    assert np.isnan(report.class_accuracy.value[3])
    assert report.class_accuracy.high[1] == 1.0 and report.class_accuracy.low[2] == 0.0
    assert report.confusion_shares.value[0].tolist() == [0.5, 0.5, 0.0, 0.0]
    assert report.confusion_shares.low[0, 0] == report.class_accuracy.low[0]


def test_an_audit_without_a_known_label_says_nothing():
    report = activepool.audit(["a", np.nan, None], ["a", "a", "b"])
    assert report.classes.tolist() == ["a", "b"] and report.rows == 1
    report = activepool.audit([-1, np.nan, None], [4, 2, 2])
    assert report.classes.tolist() == [2, 4] and report.rows == 0
    assert np.isnan(report.accuracy.value) and (report.accuracy.low, report.accuracy.high) == (0, 1)


def test_the_size_of_an_audit():
    assert activepool.audit_size(0.1) == 381  # z² / 0.1² − z²
    assert activepool.audit_size(0.1, accuracy=0.95) < 200
    assert activepool.audit_size(0.1, confidence=0.9) < 381


MISTAKES = [
    (lambda: activepool.learning_curve_fit([1.5], [0.1]), "labels_used must be a list of whole numbers"),
    (lambda: activepool.learning_curve_fit([np.inf], [0.1]), "labels_used must be a list of whole numbers"),
    (lambda: activepool.learning_curve_fit(["a"], [0.1]), "labels_used must be a list of whole numbers"),
    (
        lambda: activepool.learning_curve_fit([0, 1], [0.1, 0.2]),
        "labels_used must be different numbers",
    ),
    (
        lambda: activepool.learning_curve_fit([5, 5], [0.1, 0.2]),
        "labels_used must be different numbers",
    ),
    (
        lambda: activepool.learning_curve_fit([5, 6], [0.1]),
        "errors has the shape (1,); it must be (2,)",
    ),
    (lambda: activepool.learning_curve_fit([5], np.empty((1, 0))), "errors has no seed"),
    (lambda: activepool.learning_curve_fit([5], [1.1]), "errors must be from 0 to 1"),
    (lambda: activepool.learning_curve_fit([5], [np.nan]), "errors must be from 0 to 1"),
    (
        lambda: activepool.learning_curve_fit([5], [0.1], confidence=95),
        "confidence is 95; it must be",
    ),
    (lambda: activepool.agreement([1, 2], [1]), "first has 2 rows, and second 1; they must be the same rows"),
    (lambda: activepool.agreement([1, -1], [1, 1]), "predictions has rows without a class"),
    (lambda: activepool.agreement([1], ["a"]), "predictions mixes names and numbers"),
    (lambda: activepool.audit([1, 2], [1]), "truth has 2 rows, and predicted 1; they need the same"),
    (
        lambda: activepool.audit(["Ant", "bee"], ["ant", "bee"]),
        "truth has 'Ant', and predicted 'ant'; spell both",
    ),
    (
        lambda: activepool.agreement(["ant", "Bee"], ["ant", "bee"]),
        "first has 'Bee', and second 'bee'; spell",
    ),
    (
        lambda: activepool.audit(np.array([1, 255], np.uint8), [1, 2]),
        "truth has 255, which is what -1 becomes in uint8",
    ),
    (lambda: activepool.audit([0, 1], np.eye(2)), "predicted has the shape (2, 2); it must be (n,)"),
    (lambda: activepool.agreement([0, 1], np.eye(2)), "second has the shape (2, 2); it must be (n,)"),
    (lambda: activepool.audit({}, [1]), "truth is {}; it must be a list or an array, (n,)"),
    (lambda: activepool.audit([], []), "truth has 0 rows, and predicted 0; they need the same, and at le"),
    (lambda: activepool.audit([1, 2], [1, -1]), "predicted row 1 has no class"),
    (lambda: activepool.audit([1], [3], classes=3), "predicted has 3, which is not one of the 3 classes"),
    (lambda: activepool.audit_size(5), "width is 5; it must be between 0 and 1, such as 0.1"),
    (lambda: activepool.audit_size(0.1, accuracy=2), "accuracy is 2; it must be from 0 to 1"),
]


@pytest.mark.parametrize(("call", "words"), MISTAKES, ids=[words[:60] for _, words in MISTAKES])
def test_a_mistake_is_one_line(call, words):
    with pytest.raises(activepool.InputError, match=f"^{re.escape(words)}") as caught:
        call()
    assert "\n" not in str(caught.value)


def test_a_single_agreement_is_not_a_list():
    for wrong in (0.99, None):
        with pytest.raises(
            activepool.InputError, match=f"^agreements is {wrong}; it must be a list of numbers"
        ):
            activepool.has_settled(wrong)


@pytest.mark.parametrize("wrong", [["a"], [0.99, 99], 0.5j])
def test_impossible_agreements_are_refused(wrong):
    with pytest.raises(
        activepool.InputError, match=r"^agreements has .*; each must be a number of at most 1"
    ):
        activepool.has_settled(wrong)


@pytest.mark.parametrize("wrong", ["0.1", None, True, 0, 1])
def test_an_impossible_width_is_refused(wrong):
    with pytest.raises(activepool.InputError, match=r"^width is .*; it must be between 0 and 1, such as 0.1"):
        activepool.audit_size(wrong)
