"""The audit set: its parts, each a sample of what there was when it was drawn."""

import numpy as np
import pytest
from labelling.labelled_projects import Project, pool_of, project_in_parts, small_pool
from ledger.ledgers import sample

import activepool
from activepool.evaluation.intervals import wilson_intervals
from activepool.labelling.pool.table import Pool
from activepool.labelling.status.accuracies import MIN_CASES, Share, shares
from activepool.labelling.status.audit_set import (
    AuditDraw,
    audit_parts,
    audit_set,
    part_to_go_by,
)
from activepool.ledger.entries import Draft, as_entry
from activepool.ledger.state import state_of

NOTHING = Share(0, 0, None, 0, 1)


@pytest.fixture
def project(tmp_path):
    return project_in_parts(tmp_path)


def test_without_an_audit_set_nothing_is_shown(project):
    project.send("batch01", [0, 1])
    assert audit_set(project.entries, project.state, pool_of(project), {}) is None


def test_an_audit_set_that_was_drawn_late_says_so(project):
    project.say([50], ["ant"])
    project.send("batch01", range(10))
    project.say(range(10), ["ant"] * 10, batch="batch01")
    project.send("audit01", [20, 70], "audit", when="2026-11-02T10:00:00Z")
    project.say([20], ["bee"], batch="audit01")
    project.send("audit02", range(30, 38), "audit", when="2026-11-03T10:00:00Z")
    project.say(range(30, 33), ["skip", "ant", "ant"], batch="audit02")
    result = audit_set(project.entries, project.state, pool_of(project), {})
    assert result.draws == (
        AuditDraw("audit01", "2026-11-02T10:00:00Z", 2, 11, labelled=1, awaited=1, accuracy=NOTHING),
        AuditDraw("audit02", "2026-11-03T10:00:00Z", 8, 13, labelled=2, awaited=5, accuracy=NOTHING),
    )
    assert (result.samples, result.labelled, result.awaited, result.measured) == (10, 3, 6, "audit02")
    assert result.too_late == 10  # the third part
    project.write_files(range(94))
    result = audit_set(project.entries, project.state, pool_of(project), {})
    assert result.too_late == 4


def test_an_audit_set_of_everything_came_before_nothing(project):
    project.send("audit01", [0, 99], "audit")
    result = audit_set(project.entries, project.state, pool_of(project), {})
    assert (result.draws[0].known_before, result.too_late) == (0, 0)


def test_each_part_has_its_own_accuracy(project):
    project.send("audit01", range(30), "audit")
    project.say(range(28), ["ant"] * 28, batch="audit01")
    project.send("batch01", range(60, 80))
    project.send("audit02", range(30, 55), "audit")
    project.say(range(30, 55), ["bee"] * 25, batch="audit02")
    audited = {row: ("ant" if row < 40 else "bee", 0.9) for row in range(53)}
    result = audit_set(project.entries, project.state, pool_of(project), audited)
    assert [draw.accuracy for draw in result.draws] == shares([28, 13], [28, 23])
    assert (result.measured, result.part) == ("audit01", result.draws[0])


@pytest.mark.parametrize(
    ("cases", "part"),
    [
        ([], ""),
        ([3], "audit01"),
        ([3, 5], "audit02"),
        ([MIN_CASES, 300], "audit01"),
        ([MIN_CASES - 1, MIN_CASES, 300], "audit02"),
    ],
)
def test_the_first_part_with_enough_labels_is_gone_by(cases, part):
    parts = {f"audit{number:02d}": range(count) for number, count in enumerate(cases, 1)}
    assert part_to_go_by(parts) == part


def test_the_parts_are_without_bias_and_their_sum_is_not():
    """Draw two parts again and again, with a batch in between that prefers what is hard."""
    random, repeats = np.random.default_rng(0), 150
    is_hard = np.arange(240) < 80
    right = random.random(240) < np.where(is_hard, 0.3, 0.95)
    audited = {row: ("ant" if right[row] else "bee", 0.9) for row in range(240)}
    sources = [f"{row}.jpg" for row in range(240)]
    samples = [sample(source) for source in sources]
    pool = Pool(samples, [1] * 240, sources, dict(zip(sources, samples, strict=True)))
    errors = {"first": [], "second": [], "sum": []}
    for _ in range(repeats):
        first = random.permutation(240)[:40]
        remaining = np.setdiff1d(np.arange(240), first)
        batch = remaining[np.argsort(random.random(len(remaining)) - is_hard[remaining])[:60]]
        second_remaining = np.setdiff1d(remaining, batch)
        second = random.permutation(second_remaining)[:40]
        sent = [("audit", "audit01", first), ("sent", "batch01", batch), ("audit", "audit02", second)]
        drafts = [(event, "", name, row) for event, name, rows in sent for row in rows]
        drafts += [("label", "ant", "", row) for row in (*first, *second)]
        entries = [
            as_entry(
                Draft(
                    event=event,
                    sample=samples[row],
                    source=sources[row],
                    who="anna",
                    label=label,
                    batch=name,
                    when="2026-11-02T10:00:00Z",
                ),
                number,
            )
            for number, (event, label, name, row) in enumerate(drafts, 1)
        ]
        accuracies = [draw.accuracy for draw in audit_set(entries, state_of(entries), pool, audited).draws]
        errors["first"].append(accuracies[0].value - right.mean())
        errors["second"].append(accuracies[1].value - right[second_remaining].mean())
        errors["sum"].append(sum(draw.hits for draw in accuracies) / 80 - right.mean())
    bias = {name: np.mean(values) for name, values in errors.items()}
    deviation = {name: np.std(values) / repeats**0.5 for name, values in errors.items()}
    assert abs(bias["first"]) < 3 * deviation["first"]
    assert abs(bias["second"]) < 3 * deviation["second"]
    assert bias["sum"] > 10 * deviation["sum"]


def test_another_part_gives_the_width_that_is_planned(tmp_path):
    large = small_pool(3000)
    project = Project(tmp_path / "large", large.features, large.sources)
    project.send("audit01", range(100), "audit")
    project.say(range(100), large.classes[:100], batch="audit01")
    audited = {row: (large.classes[row] if row < 70 else "elk", 0.9) for row in range(100)}
    plans = audit_set(project.entries, project.state, pool_of(project), audited).plans
    assert [plan.width for plan in plans] == [0.1, 0.05]  # 100 labels are enough for 0.2
    for plan in plans:
        assert plan.labels == activepool.audit_size(plan.width, accuracy=0.7)
        interval = wilson_intervals(0.7 * plan.labels, plan.labels, 0.95)
        assert interval.high - interval.low <= plan.width


def test_no_more_is_planned_than_the_pool_has(tmp_path):
    pool = small_pool(120)
    project = Project(tmp_path, pool.features, pool.sources)
    project.send("audit01", range(20), "audit")
    (plan,) = audit_set(project.entries, project.state, pool_of(project), {}).plans
    assert plan.labels == activepool.audit_size(0.2) <= 100 < activepool.audit_size(0.1)
    project.send("batch01", range(20, 30))
    assert audit_set(project.entries, project.state, pool_of(project), {}).plans == ()


def test_labels_that_are_awaited_are_planned_where_the_pool_has_no_more(tmp_path):
    pool = small_pool(100)
    project = Project(tmp_path, pool.features, pool.sources)
    project.send("audit01", range(95), "audit")
    (plan,) = audit_set(project.entries, project.state, pool_of(project), {}).plans
    assert plan.labels == activepool.audit_size(0.2)


def test_audit_labels_are_those_that_the_pool_has(project):
    project.send("audit01", [5, 3], "audit")
    project.say([5, 3], ["ant", "bee"], batch="audit01")
    pool = pool_of(project)
    result = audit_parts(project.state, pool)
    assert result == {"audit01": {3: "bee", 5: "ant"}}
    assert list(result["audit01"]) == [3, 5]
    fewer = Pool(pool.samples[:4], pool.parts[:4], pool.first_sources[:4], pool.sources)
    assert audit_parts(project.state, fewer) == {"audit01": {3: "bee"}}
