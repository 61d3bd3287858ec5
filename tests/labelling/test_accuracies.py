"""How good the model is: each number counted again, and named for what it is measured on."""

import numpy as np
import pytest
from labelling.labelled_projects import pool_of, project_in_parts

import activepool
from activepool.labelling.models.held_out import HeldOut
from activepool.labelling.status.accuracies import (
    AUDIT,
    CROSS_VALIDATION,
    MAX_WRONG,
    MIN_CASES,
    accuracy,
    most_wrong,
)

CLASSES = ["dog", "ant", "bee", "elk"]


@pytest.fixture
def compared():
    """Labels and predictions; one predicted class is not among those of the labels."""
    random = np.random.default_rng(0)
    labels = random.choice(["ant", "bee", "dog"], 200, p=[0.6, 0.3, 0.1]).tolist()
    predicted = [name if random.random() < 0.7 else str(random.choice(["ant", "cow"])) for name in labels]
    return labels, predicted


def test_accuracy_is_that_of_the_audit_of_the_library(compared):
    result = accuracy(AUDIT, *compared, CLASSES)
    names = [pair.name for pair in result.classes]
    expected = activepool.audit(*compared, classes=[*CLASSES, "cow"])
    assert names == ["dog", "ant", "bee"]  # no elk has a label
    for share, value, low, high in [
        (result.overall, expected.accuracy.value, expected.accuracy.low, expected.accuracy.high),
        *zip(
            [pair.share for pair in result.classes],
            *(values[:3] for values in (expected.class_accuracy.value, expected.class_accuracy.low)),
            expected.class_accuracy.high[:3],
            strict=True,
        ),
    ]:
        assert (share.value, share.low, share.high) == (value, low, high)
    order = list(expected.classes)
    confusion = np.zeros((len(order), len(order)), dtype=int)
    for pair in result.confusions:
        confusion[order.index(pair.label), order.index(pair.predicted)] = pair.count
    np.testing.assert_array_equal(confusion, expected.confusion)


def test_a_class_that_the_model_does_not_know_counts_as_wrong():
    result = accuracy(AUDIT, ["ant", "fox", "fox"], ["ant", "ant", "ant"], ["ant"])
    assert (result.overall.hits, result.overall.cases) == (1, 3)
    assert [(row.name, row.share.hits, row.share.cases) for row in result.classes] == [
        ("ant", 1, 1),
        ("fox", 0, 2),
    ]


@pytest.mark.parametrize(("cases", "is_known"), [(MIN_CASES - 1, False), (MIN_CASES, True)])
def test_few_cases_say_nothing(cases, is_known):
    assert accuracy(CROSS_VALIDATION, ["ant"] * cases, ["ant"] * cases, []).is_known == is_known


def test_without_a_case_there_is_no_value():
    share = accuracy(CROSS_VALIDATION, [], [], CLASSES).overall
    assert (share.value, share.low, share.high) == (None, 0, 1)


@pytest.fixture
def project(tmp_path):
    return project_in_parts(tmp_path)


def test_the_most_confidently_wrong_come_first(project):
    random, names = np.random.default_rng(1), ["ant", "bee"]
    rows = random.permutation(80)
    true_labels, predictions = random.integers(2, size=(2, 80))
    chances = random.integers(128, 160, 80) / 256  # some are equal
    held_out = HeldOut(rows, true_labels, predictions, np.stack([chances, chances], axis=1), names)
    labels, predicted = held_out.label_names, held_out.predicted_names
    audit_labels = dict.fromkeys(range(80, 100), "ant")
    audited = {row: ("bee" if row % 2 else "ant", 0.5 + row / 200) for row in audit_labels}
    pool = pool_of(project)
    standing = {pool.samples[row]: label for row, label in zip(rows, labels, strict=True)}
    corrected = {pool.samples[row]: "cow" for row in range(40)}
    errors = most_wrong(pool, held_out, standing | corrected, audit_labels, audited)
    every = [(-0.5 - row / 200, row, AUDIT) for row in range(81, 100, 2)]
    every += [
        (-chance, row, CROSS_VALIDATION)
        for chance, row, label, predictions in zip(chances, rows, labels, predicted, strict=True)
        if label != predictions and row >= 40
    ]
    expected = sorted(every)[:MAX_WRONG]
    assert [(-error.probability, error.source, error.measured_on) for error in errors] == [
        (chance, f"{row}.jpg", kind) for chance, row, kind in expected
    ]
    assert all(error.label != error.predicted for error in errors)
