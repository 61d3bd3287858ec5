"""The status in a few lines for the terminal."""

from dataclasses import replace

import pytest
from labelling.labelled_projects import small_pool
from labelling.status_projects import (
    POINTS,
    audited,
    first_batch,
    labelled,
    numbers_of,
    unlabelled,
    waiting,
)

from activepool.labelling.status.accuracies import Share
from activepool.labelling.status.text import (
    advice,
    kappa_text,
    next_steps,
    share_text,
    status_lines,
)


@pytest.mark.parametrize("point", POINTS)
def test_a_few_lines_say_how_it_stands(tmp_path, point):
    numbers = numbers_of(point(tmp_path))
    lines = status_lines(numbers)
    assert 4 <= len(lines) <= 8
    assert lines[0].startswith("photos: 300 photographs, ")
    assert sum(line.startswith("advice: ") for line in lines) == min(2, len(advice(numbers)))


def test_without_a_label(tmp_path):
    numbers = numbers_of(unlabelled(tmp_path))
    assert status_lines(numbers) == [
        "photos: 300 photographs, 0 labels",
        "batches: none has gone out",
        "accuracy: not known yet, because a model needs labels of two classes",
        "advice: for the accuracy on the pool, set audit: 100; 100 labels of a random sample measure it to "
        "within ±10 points",
    ]
    assert next_steps(numbers)[0] == "run the command; it chooses the first batch, which needs no label"


def test_with_labels_and_an_audit_set(tmp_path):
    lines = status_lines(numbers_of(audited(tmp_path)))
    assert lines[:3] == [
        "photos: 300 photographs, 115 labels of 6 classes; audit set 54 of 60 labelled",
        "batches: 4 with 120 in all; awaited 5 of 60 in audit01, the audit set",
        "without a label: 2 disputed, 1 cannot tell, 2 skipped, 1 not ours",
    ]


def test_only_the_last_batch_is_waited_for(tmp_path):
    numbers = numbers_of(waiting(tmp_path / "waiting"), has_images=False)
    assert next_steps(numbers)[0] == "label what is awaited of batch01, 30 samples, and run the command again"
    assert "go_on" not in " ".join(next_steps(numbers))
    project = first_batch(tmp_path / "first")
    assert next_steps(numbers_of(project))[:2] == [
        "label what is awaited of batch01, 5 photographs, and run the command again",
        "or go on without them: add --config go_on=true",
    ]
    project.send("batch02", range(30, 40))
    project.say(range(30, 40), ["ant"] * 10, batch="batch02")
    project.send("audit01", [50], "audit")
    assert next_steps(numbers_of(project))[:3] == [
        "run the command again for the next batch",
        "still awaited: 5 photographs of batch01; they count whenever they come",
        "still awaited: 1 photograph of audit01; the accuracy is measured on it",
    ]


def test_removed_photographs_are_counted_and_not_waited_for(tmp_path):
    project = first_batch(tmp_path)
    project.write_files([row for row in range(300) if row not in (0, 26)])
    numbers = numbers_of(project)
    assert "batches: 1 with 30 in all; awaited 4 of 30 in batch01; removed 1 of 30 in batch01" in (
        status_lines(numbers)
    )
    assert next_steps(numbers)[0].startswith("label what is awaited of batch01, 4 photographs, ")
    project.write_files(range(25))
    numbers = numbers_of(project, has_images=False)
    assert "batches: 1 with 30 in all; all answers are there; removed 5 of 30 in batch01" in (
        status_lines(numbers)
    )
    assert (numbers.standing.in_batches.awaited, numbers.standing.in_batches.removed) == (0, 5)
    assert "batch01" not in " ".join(next_steps(numbers))


def test_a_pool_of_which_all_went_out_has_no_next_batch(tmp_path):
    project = first_batch(tmp_path)
    project.send("batch02", range(30, 300))
    project.say(range(30, 300), ["ant"] * 270, batch="batch02")
    assert next_steps(numbers_of(project))[0].startswith("add new ones, or use the predictions")


def test_what_people_should_look_at(tmp_path):
    numbers = numbers_of(labelled(tmp_path))
    assert next_steps(numbers)[:3] == [
        "run the command again for the next batch",
        "settle 2 photographs on which annotators disagree: one more answer, or a correction",
        "see whether the class 'Ant' (1 label) is 'ant'; if so, correct its labels",
    ]
    assert next_steps(numbers)[1:] == advice(numbers)


def test_predictions_that_have_settled_are_a_reason_to_stop(tmp_path):
    numbers = numbers_of(labelled(tmp_path))
    settled = replace(numbers, series=replace(numbers.series, is_settled=True))
    assert next_steps(settled)[0].startswith("stop here, or go on only if the accuracy is not enough")
    assert any(line.endswith("stop rule (0.99 three times in a row) met") for line in status_lines(settled))
    assert any(line.endswith("not met") for line in status_lines(numbers))


def test_each_accuracy_is_named_for_what_it_is(tmp_path):
    project = labelled(tmp_path)
    numbers = numbers_of(project)
    (line,) = [line for line in status_lines(numbers) if "accuracy:" in line]
    assert line.startswith(f"cross-validated accuracy: {share_text(numbers.cross_validated.overall)}")
    assert line.endswith("that are not a random sample; it can be too low or too high for the pool")
    numbers = numbers_of(audited(tmp_path / "audited"))
    (line,) = [line for line in status_lines(numbers) if "accuracy on" in line]
    expected = share_text(numbers.on_audit.overall)
    assert line == f"accuracy on the audit set: {expected}, 54 photographs"


def test_each_part_of_an_audit_set_has_its_own_accuracy(tmp_path):
    project = audited(tmp_path)
    before = numbers_of(project)
    project.send("audit02", range(260, 285), "audit")
    project.say(range(260, 285), small_pool(300).classes[260:285], batch="audit02")
    numbers = numbers_of(project)
    assert (numbers.on_audit, numbers.series) == (before.on_audit, before.series)
    (line,) = [line for line in status_lines(numbers) if "accuracy on" in line]
    second = share_text(numbers.audit.draws[1].accuracy)
    assert line == (
        f"accuracy on audit01: {share_text(numbers.on_audit.overall)}, 54 photographs; on audit02 {second}, "
        "25 photographs, drawn without the 180 that had gone out or been labelled"
    )


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (Share(80, 100, 0.8, 0.711, 0.8666), "80 % (95 % interval 71 to 87 %)"),
        (Share(800, 1000, 0.8, 0.774, 0.8236), "80.0 % (95 % interval 77.4 to 82.4 %)"),
        (Share(0, 0, None, 0, 1), "–"),
    ],
)
def test_a_share_has_the_digits_that_its_cases_allow(share, text):
    assert share_text(share) == text


def test_no_agreement_reaches_the_rule_by_rounding():
    assert [kappa_text(value) for value in (None, 0.98999, 0.99, 1.0)] == ["–", "0.989", "0.990", "1.000"]


def test_an_audit_set_that_can_never_give_an_accuracy_should_grow(tmp_path):
    project = labelled(tmp_path)
    project.send("audit01", range(200, 220), "audit")
    assert "audit" not in " ".join(advice(numbers_of(project)))
    project.say([200], ["skip"], batch="audit01")
    assert advice(numbers_of(project))[-1] == (
        "set audit to a larger number, such as 120: an accuracy takes 20 labels, and the audit set cannot "
        "have more than 19"
    )


@pytest.mark.parametrize(
    ("count", "has_images", "words"),
    [
        (2, True, "2 labels cannot be used: their photographs and features are gone; put them back, or do"),
        (1, False, "1 label cannot be used: its vector is gone; put it back, or do without"),
        (2, False, "2 labels cannot be used: their vectors are gone; put them back, or do without"),
    ],
)
def test_labels_of_what_is_gone_are_named(tmp_path, count, has_images, words):
    numbers = numbers_of(waiting(tmp_path), has_images=has_images)
    lost = replace(numbers, standing=replace(numbers.standing, unusable=count))
    assert any(step.startswith(words) for step in advice(lost))


@pytest.mark.parametrize(
    ("samples", "left", "sent", "size", "points"),
    [
        (199, 199, 0, 90, 11),
        (100, 100, 0, 50, 14),
        (60, 60, 0, 0, 0),
        (300, 0, 20, 0, 0),
        (300, 96, 28, 40, 15),
        (300, 95, 28, 0, 0),
    ],
)
def test_an_audit_set_is_suggested_that_fits_the_pool(tmp_path, samples, left, sent, size, points):
    numbers = numbers_of(waiting(tmp_path))
    (batch,) = numbers.standing.batches
    batches = (replace(batch, sent=sent),)
    standing = replace(numbers.standing, samples=samples, left=left, batches=batches)
    steps = [step for step in advice(replace(numbers, standing=standing)) if "audit" in step]
    assert steps == [
        f"for the accuracy on the pool, set audit: {number}; {number} labels of a random sample measure it "
        f"to within ±{points} points"
        for number in [size] * (size > 0)
    ]
    numbers = numbers_of(audited(tmp_path / "audited"))
    draws = (replace(numbers.audit.draws[0], labelled=3, awaited=4),)
    few = replace(numbers, audit=replace(numbers.audit, draws=draws), standing=standing)
    steps = [step for step in advice(few) if "audit" in step]
    assert len(steps) == (size > 0)
    assert all(f"such as {60 + size}: " in step for step in steps)
