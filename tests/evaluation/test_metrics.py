"""Metrics of a head against loops over samples, with ties, absent classes and odd sizes."""

import json

import numpy as np
import pytest

from activepool.compute.blocks import BLOCK_ROWS, Compute
from activepool.evaluation.metrics import CALIBRATION_BINS, classification_metrics, expected_calibration_error
from activepool.heads.labelled import LabelledRows
from activepool.heads.linear import LinearHead
from activepool.heads.predictions import predict


def problem(samples, classes, seed=0):
    """Small whole numbers, so that logits tie often and are exact."""
    random = np.random.default_rng(seed)
    features = random.integers(-2, 3, (samples, 3)).astype(np.float32)
    weight = random.integers(-1, 2, (classes, 3)).astype(np.float32)
    head = LinearHead(weight, random.integers(-1, 2, classes).astype(np.float32))
    labels = random.integers(0, max(1, classes - 1), samples)  # the last class has no rows
    return head, LabelledRows.from_arrays(features, labels)


def brute_metrics(head, rows, classes):
    features = rows.read().astype(np.float64)
    logits = features @ head.weight.T.astype(np.float64) + head.bias
    top1, top5, losses, sure = [], [], [], []
    for sample, label in zip(logits, rows.labels, strict=True):
        order = sorted(
            range(classes), key=lambda class_number, sample=sample: (-sample[class_number], class_number)
        )
        probabilities = np.exp(sample) / np.exp(sample).sum()
        top1.append(order[0] == label)
        top5.append(label in order[:5])
        losses.append(-np.log(probabilities[label]))
        sure.append(probabilities[order[0]])
    top1, sure = np.array(top1), np.array(sure)
    per_class = [
        float(top1[rows.labels == class_number].mean()) if (rows.labels == class_number).any() else None
        for class_number in range(classes)
    ]
    gap = 0.0
    for number in range(CALIBRATION_BINS):
        inside = (sure > number / CALIBRATION_BINS) & (sure <= (number + 1) / CALIBRATION_BINS)
        if inside.any():
            gap += inside.mean() * abs(top1[inside].mean() - sure[inside].mean())
    return {
        "top1": top1.mean(),
        "top5": np.mean(top5),
        "balanced_accuracy": np.mean(
            [class_number for class_number in per_class if class_number is not None]
        ),
        "nll": np.mean(losses),
        "ece": gap,
        "per_class_accuracy": per_class,
    }


@pytest.mark.parametrize(
    ("samples", "classes"), [(1, 1), (1, 2), (37, 3), (50, 7), (201, 13), (BLOCK_ROWS + 3, 6)]
)
def test_metrics_are_those_of_a_plain_loop(samples, classes):
    head, rows = problem(samples, classes)
    metrics = classification_metrics(predict(head, rows, Compute("cpu", 2)), classes)
    expected = brute_metrics(head, rows, classes)
    assert metrics.keys() == expected.keys()
    assert metrics.pop("per_class_accuracy") == pytest.approx(expected.pop("per_class_accuracy"))
    assert metrics == pytest.approx(expected)


def test_metrics_are_plain_json():
    head, rows = problem(30, 4)
    metrics = classification_metrics(predict(head, rows, Compute()), 4)
    text = json.dumps(metrics, allow_nan=False)
    assert json.loads(text)["per_class_accuracy"][3] is None


def test_without_test_rows_all_is_null():
    head, _ = problem(3, 4)
    rows = LabelledRows.from_arrays(np.empty((0, 3), np.float32), np.empty(0, np.int64))
    metrics = classification_metrics(predict(head, rows, Compute()), 4)
    assert metrics.pop("per_class_accuracy") == [None] * 4
    assert set(metrics.values()) == {None}


def test_logits_of_any_size_give_finite_losses():
    head, rows = problem(30, 4)
    huge = LinearHead(head.weight * 1e6, head.bias)
    predictions = predict(huge, rows, Compute())
    assert np.isfinite(predictions.losses).all()
    assert (predictions.confidences <= 1).all()


def test_calibration_error_of_a_head_that_is_always_sure_and_right_half_of_the_time():
    assert expected_calibration_error(np.ones(10), np.arange(10) < 5) == 0.5


def test_an_edge_of_two_bins_belongs_to_the_lower():
    """At 0.2 = 3/15 exactly, hit and miss share the bin (2/15, 3/15] with 0.19, and their gaps cancel."""
    confidences = np.array([0.2, 0.19, 0.21])
    correct = np.array([True, False, False])
    assert expected_calibration_error(confidences, correct) == pytest.approx((abs(0.8 - 0.19) + 0.21) / 3)


def test_same_for_any_number_of_workers():
    head, rows = problem(BLOCK_ROWS * 2 + 5, 6)
    one, three = (predict(head, rows, Compute("cpu", workers)) for workers in (1, 3))
    assert np.array_equal(one.losses, three.losses)
    assert np.array_equal(one.ranks, three.ranks)
