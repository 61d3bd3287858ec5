"""Late labels: which of them each job depends on."""

from types import SimpleNamespace

import pytest
from late_label_trials import CLASSES, LABELS, trial, write

from planning.paths import Paths
from planning.stages.late_labels import NO_LABELS, LateLabels


def wildcards(strategy, number):
    return SimpleNamespace(strategy=strategy, seed="0", round=f"0{number}")


def digests(late):
    return {
        (stage, strategy, number): late.digest(stage, wildcards(strategy, number))
        for stage in ("train", "select", "full_pool")
        for strategy in ("random", "balancing")
        for number in (1, 2)
    }


def changed(late, labels):
    before = digests(late)
    write(labels)
    after = digests(late)
    return {key for key, value in after.items() if value != before[key]}


POOL = {("full_pool", strategy, number) for strategy in ("random", "balancing") for number in (1, 2)}


def test_another_order_changes_nothing(late):
    assert changed(late, dict(reversed(LABELS.items()))) == set()


def test_other_spellings_change_nothing(late):
    assert changed(late, {row: f" {CLASSES.index(label)} " for row, label in LABELS.items()}) == set()


def test_one_more_label_changes_only_the_pool(late):
    assert changed(late, LABELS | {39: "ant", 3: "ant"}) == POOL


@pytest.mark.parametrize("label", ["cat", "?"])
def test_a_correction_changes_what_reads_the_label(late, label):
    assert changed(late, LABELS | {30: label}) - POOL == {
        ("train", "balancing", 1),
        ("train", "balancing", 2),
        ("select", "balancing", 2),
    }


def test_a_correction_in_the_last_round_changes_no_query(late):
    assert changed(late, LABELS | {20: "ant"}) - POOL == {("train", "random", 2)}


def test_a_removed_label_is_a_change(late):
    assert ("train", "random", 2) in changed(late, {row: LABELS[row] for row in LABELS if row != 20})


def test_there_is_no_digest_without_annotations_or_before_a_round(late):
    assert late.digest("train", wildcards("random", 7)) == NO_LABELS
    assert digests(LateLabels(late.paths, records_params=False)) == dict.fromkeys(digests(late), NO_LABELS)
    plain = {"kind": "embeddings", "path": "given.h5"}
    assert set(digests(LateLabels(Paths(trial(dataset=plain)))).values()) == {NO_LABELS}


def test_a_new_stage_that_takes_annotations_depends_on_all(late, monkeypatch):
    declared = SimpleNamespace(parameters=[SimpleNamespace(name="annotations")])
    monkeypatch.setattr("planning.stages.late_labels.declaration", lambda stage: declared)
    before = late.digest("new", wildcards("random", 1))
    write({**LABELS, 31: CLASSES[2]})
    assert before != late.digest("new", wildcards("random", 1)) != NO_LABELS


@pytest.mark.parametrize("stage", ["validation", "curves"])
def test_a_stage_without_annotations_depends_on_none(late, stage):
    assert late.digest(stage, wildcards("random", 1)) == NO_LABELS
