"""How good the model is: each number counted anew, and named for what it is measured on."""

import numpy as np
import pytest
from labelling.labelled_projects import Project, small_pool

import activepool
from activepool.evaluation.intervals import wilson_intervals
from activepool.labelling.models.held_out import HeldOut
from activepool.labelling.pool.table import Pool, read_pool
from activepool.labelling.status.accuracies import (
    AUDIT,
    CROSS_VALIDATION,
    FEWEST_CASES,
    MOST_WRONG,
    AuditDraw,
    accuracy,
    audit_rows,
    audit_set,
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
    found = accuracy(AUDIT, *compared, CLASSES)
    names = [one.name for one in found.classes]
    expected = activepool.audit(*compared, classes=[*CLASSES, "cow"])
    assert names == ["dog", "ant", "bee"]  # no elk has a label
    for share, value, low, high in [
        (found.overall, expected.accuracy.value, expected.accuracy.low, expected.accuracy.high),
        *zip(
            [one.share for one in found.classes],
            *(values[:3] for values in (expected.class_accuracy.value, expected.class_accuracy.low)),
            expected.class_accuracy.high[:3],
            strict=True,
        ),
    ]:
        assert (share.value, share.low, share.high) == (value, low, high)
    order = list(expected.classes)
    confusion = np.zeros((len(order), len(order)), dtype=int)
    for one in found.confusions:
        confusion[order.index(one.label), order.index(one.predicted)] = one.count
    np.testing.assert_array_equal(confusion, expected.confusion)


def test_a_class_that_the_model_does_not_know_counts_as_wrong():
    found = accuracy(AUDIT, ["ant", "fox", "fox"], ["ant", "ant", "ant"], ["ant"])
    assert (found.overall.hits, found.overall.cases) == (1, 3)
    assert [(one.name, one.share.hits, one.share.cases) for one in found.classes] == [
        ("ant", 1, 1),
        ("fox", 0, 2),
    ]


@pytest.mark.parametrize(("cases", "is_known"), [(FEWEST_CASES - 1, False), (FEWEST_CASES, True)])
def test_few_cases_say_nothing(cases, is_known):
    assert accuracy(CROSS_VALIDATION, ["ant"] * cases, ["ant"] * cases, []).is_known == is_known


def test_without_a_case_there_is_no_value():
    share = accuracy(CROSS_VALIDATION, [], [], CLASSES).overall
    assert (share.value, share.low, share.high) == (None, 0, 1)


@pytest.fixture
def project(tmp_path):
    parts = [1] * 60 + [2] * 30 + [3] * 10
    return Project(tmp_path, small_pool().features, small_pool().sources, parts=parts)


def pool_of(project):
    return read_pool(project.folder)


def test_without_an_audit_set_there_is_none(project):
    project.send("batch01", [0, 1])
    assert audit_set(project.entries, project.state, pool_of(project), None) is None


def test_an_audit_set_that_was_drawn_late_says_so(project):
    project.say([50], ["ant"])
    project.send("batch01", range(10))
    project.say(range(10), ["ant"] * 10, batch="batch01")
    project.send("audit01", [20, 70], "audit", when="2026-11-02T10:00:00Z")
    project.say([20], ["bee"], batch="audit01")
    project.send("audit02", range(30, 38), "audit", when="2026-11-03T10:00:00Z")
    project.say(range(30, 33), ["skip", "ant", "ant"], batch="audit02")
    found = audit_set(project.entries, project.state, pool_of(project), None)
    assert found.draws == (
        AuditDraw("audit01", "2026-11-02T10:00:00Z", 2, 11),
        AuditDraw("audit02", "2026-11-03T10:00:00Z", 8, 13),
    )
    assert (found.samples, found.labelled, found.awaited, found.measured) == (10, 3, 6, 0)
    assert found.too_late == 10  # the third part
    project.write_files(range(94))
    found = audit_set(project.entries, project.state, pool_of(project), None)
    assert found.too_late == 4


def test_an_audit_set_of_everything_came_before_nothing(project):
    project.send("audit01", [0, 99], "audit")
    found = audit_set(project.entries, project.state, pool_of(project), None)
    assert (found.draws[0].known_before, found.too_late) == (0, 0)


def test_more_labels_give_the_width_that_is_planned(tmp_path, compared):
    large = small_pool(3000)
    project = Project(tmp_path / "large", large.features, large.sources)
    project.send("audit01", range(100), "audit")
    project.say(range(100), large.classes[:100], batch="audit01")
    measured = accuracy(AUDIT, *compared, CLASSES)
    plans = audit_set(project.entries, project.state, pool_of(project), measured).plans
    assert [plan.width for plan in plans] == [0.1, 0.05]  # 100 labels are enough for 0.2
    for plan in plans:
        expected = activepool.audit_size(plan.width, accuracy=measured.overall.value)
        assert plan.labels == expected
        hits = measured.overall.value * plan.labels
        shares = wilson_intervals(hits, plan.labels, 0.95)
        assert shares.high - shares.low <= plan.width


def test_nothing_is_planned_that_the_pool_has_not(project):
    project.send("audit01", range(20), "audit")
    (plan,) = audit_set(project.entries, project.state, pool_of(project), None).plans
    assert plan.labels <= 100 < activepool.audit_size(0.1)
    project.send("batch01", range(20, 30))
    assert audit_set(project.entries, project.state, pool_of(project), None).plans == ()


def test_audit_labels_are_those_that_the_pool_has(project):
    project.send("audit01", [5, 3], "audit")
    project.say([5, 3], ["ant", "bee"], batch="audit01")
    pool = pool_of(project)
    assert audit_rows(project.state, pool) == {3: "bee", 5: "ant"}
    fewer = Pool(pool.samples[:4], pool.parts[:4], pool.first_sources[:4], pool.sources)
    assert audit_rows(project.state, fewer) == {3: "bee"}


def test_the_most_confidently_wrong_come_first(project):
    random, names = np.random.default_rng(1), ["ant", "bee"]
    rows = random.permutation(80)
    given, said = random.integers(2, size=(2, 80))
    chances = random.integers(128, 160, 80) / 256  # some are equal
    held_out = HeldOut(rows, given, said, np.stack([chances, chances], axis=1), names)
    labels, predicted = held_out.label_names, held_out.predicted_names
    audit_labels = dict.fromkeys(range(80, 100), "ant")
    audited = {row: ("bee" if row % 2 else "ant", 0.5 + row / 200) for row in audit_labels}
    pool = pool_of(project)
    standing = {pool.samples[row]: label for row, label in zip(rows, labels, strict=True)}
    corrected = {pool.samples[row]: "cow" for row in range(40)}
    found = most_wrong(pool, held_out, standing | corrected, audit_labels, audited)
    every = [(-0.5 - row / 200, row, AUDIT) for row in range(81, 100, 2)]
    every += [
        (-chance, row, CROSS_VALIDATION)
        for chance, row, label, said in zip(chances, rows, labels, predicted, strict=True)
        if label != said and row >= 40
    ]
    expected = sorted(every)[:MOST_WRONG]
    assert [(-one.probability, one.source, one.measured_on) for one in found] == [
        (chance, f"{row}.jpg", kind) for chance, row, kind in expected
    ]
    assert all(one.label != one.predicted for one in found)
