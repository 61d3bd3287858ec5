"""Where the labelling stands, counted again in the simplest way."""

import pytest
from labelling.labelled_projects import Project, small_pool

from activepool.labelling.pool.table import Pool, read_pool
from activepool.labelling.status.standing import Disputed, Opinion, standing_of
from activepool.ledger.book import append
from activepool.ledger.state import Status


@pytest.fixture
def project(tmp_path):
    """A project with most of what can happen."""
    project = Project(
        tmp_path, small_pool().features, small_pool().sources, class_names=["ant", "bee", "elk"]
    )
    project.say([90, 91], ["ant", "bee"])
    project.send("batch01", range(10), note="coreset")
    project.say(range(7), ["ant", "ant", "bee", "cannot_tell", "skip", "not_ours", "Ant"], batch="batch01")
    project.send("audit01", range(20, 30), "audit")
    project.say(range(20, 26), ["ant", "bee", "bee", "fox", "skip", "not_ours"], batch="audit01")
    project.say([92], ["fox"])
    project.send("batch02", range(10, 16), note="mine.py:margin: margin 0.1")
    project.say(range(10, 14), ["bee", "fox", "ant", "ant"], batch="batch02")
    project.say([0, 10, 20], ["bee", "not_ours", "bee"], who="berta")
    project.say([7], ["ant"], batch="batch01")  # late
    project.send("batch03", [3, 30])  # 3 goes out again
    return project


def standing(project):
    return standing_of(project.entries, project.state, read_pool(project.folder))


def test_each_sample_of_the_ledger_is_counted_once(project):
    numbers = standing(project)
    tallies = (numbers.in_batches, numbers.in_audit, numbers.unasked)
    assert [tally.samples for tally in tallies] == [17, 10, 3]
    for tally in tallies:
        assert tally.samples == sum(
            getattr(tally, name)
            for name in ("awaited", "removed", "labelled", "disputed", "cannot_tell", "skipped", "not_ours")
        )
    states = project.state.samples.values()
    for name, status in (("labelled", Status.LABELLED), ("disputed", Status.DISPUTED)):
        expected = sum(sample.status == status for sample in states)
        assert sum(getattr(tally, name) for tally in tallies) == expected
    assert (numbers.in_batches.cannot_tell, numbers.in_batches.skipped, numbers.in_batches.not_ours) == (
        0,
        1,
        1,
    )


def test_a_sample_that_went_out_again_is_awaited(project):
    numbers = standing(project)
    assert numbers.in_batches.awaited == len({8, 9, 14, 15, 3, 30})
    assert [batch.awaited for batch in numbers.batches] == [2, 4, 2, 2]
    assert [batch.came_back for batch in numbers.batches] == [8, 6, 4, 0]


def test_labels_of_each_class(project):
    numbers, state = standing(project), project.state
    assert [row.name for row in numbers.classes] == list(state.classes) == ["ant", "bee", "elk", "Ant", "fox"]
    for row in numbers.classes:
        assert row.labels == list(state.training_labels.values()).count(row.name)
        assert row.audit_labels == list(state.audit_labels.values()).count(row.name)
    assert [row.twin_of for row in numbers.classes] == [None, None, None, "ant", None]
    assert numbers.labels == len(state.training_labels)


def test_batches_add_up_to_all_labels(project):
    rows = standing(project).batches
    assert [row.name for row in rows] == ["batch01", "audit01", "batch02", "batch03"]
    assert [row.labels for row in rows] == [4, 3, 3, 0]
    assert [row.labels_in_total for row in rows] == [6, 7, 10, 10]
    assert rows[-1].labels_in_total == len(project.state.training_labels)
    assert [(row.sent, row.is_audit, row.strategy) for row in rows] == [
        (10, False, "coreset"),
        (10, True, ""),
        (6, False, "mine.py:margin"),
        (2, False, ""),
    ]


def test_labels_that_no_batch_asked_for_are_counted_apart(project):
    before = standing(project)
    assert before.unasked_labels == 3
    project.say(
        [93, 94], ["ant", "bee"], batch="batch02"
    )  # in the list of a batch that has not asked for them
    numbers = standing(project)
    assert [row.labels for row in numbers.batches] == [row.labels for row in before.batches]
    assert (numbers.unasked_labels, numbers.labels) == (5, before.labels + 2)


def test_labels_of_samples_without_a_row_are_not_to_train_on(project):
    before, pool = standing(project), read_pool(project.folder)
    fewer = Pool(pool.samples[:91], pool.parts[:91], pool.first_sources[:91], pool.sources)
    numbers = standing_of(project.entries, project.state, fewer)
    assert (before.unusable, numbers.unusable) == (0, 2)
    assert (numbers.labels, numbers.unasked_labels) == (before.labels - 2, before.unasked_labels - 2)
    assert numbers.batches[-1].labels_in_total == before.batches[-1].labels_in_total - 2


def test_what_is_left_is_there_and_nobody_was_asked_for_it(project):
    states = project.state.samples
    assert standing(project).left == 100 - len(states)
    project.write_files([0, 50, 60])
    numbers = standing(project)
    assert (numbers.samples, numbers.left) == (3, 2)


def test_a_batch_keeps_what_was_removed_but_waits_only_for_the_rest(project):
    rows = [row for row in range(100) if row not in (0, 8, 15, 30)]
    project.write_files(rows)
    now = standing(project)
    assert [(tally.awaited, tally.removed) for tally in (now.in_batches, now.in_audit)] == [(3, 3), (4, 0)]
    batches = now.batches
    assert [(row.sent, row.awaited, row.removed) for row in batches] == [
        (10, 1, 1),
        (10, 4, 0),
        (6, 1, 1),
        (2, 1, 1),
    ]


def test_picks_with_different_notes_have_no_common_strategy(project):
    drafts = [
        project.draft("sent", row, batch="batch04", note=note) for row, note in [(40, "a: 1"), (41, "b")]
    ]
    append(project.ledger, drafts)
    assert standing(project).batches[-1].strategy == ""


def test_who_says_what_of_disputed_samples(project):
    assert standing(project).disputed == (
        Disputed("0.jpg", "batch01", (Opinion("anna", "ant"), Opinion("berta", "bee"))),
        Disputed("20.jpg", "audit01", (Opinion("anna", "ant"), Opinion("berta", "bee"))),
        Disputed("10.jpg", "batch02", (Opinion("anna", "bee"), Opinion("berta", "not one of ours"))),
    )


def test_a_ledger_without_entries(tmp_path):
    empty = Project(tmp_path, small_pool().features, small_pool().sources, class_names=["ant"])
    numbers = standing(empty)
    assert (numbers.samples, numbers.last_entry, numbers.when, numbers.batches) == (100, 0, "", ())
    assert [(row.name, row.labels) for row in numbers.classes] == [("ant", 0)]
    assert (
        numbers.labels
        == numbers.in_batches.samples
        == numbers.in_audit.samples
        == numbers.unasked.samples
        == 0
    )
