"""From the ledger to labels.csv, and to the samples that may go out."""

from pathlib import Path

import pytest
from ledger.ledgers import draft, entries, sample, sent

from activepool.labelling.models.training_labels import read_classes, read_labels
from activepool.labelling.models.training_set import candidate_rows, training_set, write_training_set
from activepool.labelling.pool.table import Pool
from activepool.ledger.state import Status, state_of

#: In the order of their rows; the last is not there any more.
NAMES = ("c", "a", "d", "b", "e", "gone")

POOL = Pool(
    [sample(name) for name in NAMES],
    [1] * len(NAMES),
    list(NAMES),
    {f"now/{name}": sample(name) for name in NAMES[:-1]},
)


def labelled(*drafts):
    result = training_set(state_of(entries(*drafts)), POOL)
    return dict(zip(result.rows.tolist(), result.labels, strict=True))


def candidates(*drafts, again=()):
    rows = candidate_rows(state_of(entries(*drafts)), POOL, again).tolist()
    return [NAMES[row] for row in rows]


def test_labels_are_by_row_whatever_the_order_of_the_entries():
    drafts = [draft(of=name, label=label) for name, label in (("b", "dog"), ("a", "cat"), ("c", "cow"))]
    result = training_set(state_of(entries(*drafts)), POOL)
    assert (result.rows.tolist(), result.labels) == ([0, 1, 3], ["cow", "cat", "dog"])


def test_labels_that_nobody_asked_for_and_of_images_that_went_are_used():
    assert labelled(draft(of="a"), draft(of="gone", label="dog")) == {1: "cat", 5: "dog"}


def test_labels_of_samples_that_have_no_row_are_left_out():
    assert labelled(draft(of="a"), draft(of="another pool")) == {1: "cat"}


def test_the_audit_set_is_never_trained_on_not_even_before_it_went_out():
    drafts = [draft(of="b"), *sent("a", "b", batch="audit01", event="audit"), draft(of="a"), draft(of="c")]
    assert labelled(*drafts) == {0: "cat"}


@pytest.mark.parametrize("event", ["skip", "cannot_tell", "not_ours"])
def test_an_answer_without_a_label_is_not_trained_on(event):
    assert labelled(draft(event, "a"), draft(of="b")) == {3: "cat"}


def test_a_dispute_has_no_label_until_most_agree():
    dispute = [draft(of="a", who="anna", label="cat"), draft(of="a", who="bob", label="dog")]
    assert labelled(*dispute) == {}
    assert labelled(*dispute, draft(of="a", who="carl", label="dog")) == {1: "dog"}


def test_a_correction_counts_in_place_of_what_it_replaces():
    assert labelled(draft(of="a"), draft(of="a", label="dog", replaces=1)) == {1: "dog"}
    assert labelled(draft(of="a"), draft("withdraw", "a", replaces=1)) == {}


def test_what_the_ledger_does_not_know_and_is_there_may_go_out():
    assert candidates() == ["c", "a", "d", "b", "e"]
    drafts = [*sent("a", "b"), draft(of="a"), draft("not_ours", "d"), draft(of="e")]
    assert candidates(*drafts) == ["c"]


AGAIN = {
    Status.AWAITED: sent("a"),
    Status.DISPUTED: [draft(of="a", who="anna"), draft(of="a", who="bob", label="dog")],
    Status.CANNOT_TELL: [draft("cannot_tell", "a")],
    Status.SKIPPED: [draft("skip", "a")],
}


@pytest.mark.parametrize("status", AGAIN)
def test_some_may_be_asked_for_again(status):
    assert "a" not in candidates(*AGAIN[status])
    assert "a" in candidates(*AGAIN[status], again=[status])
    other_statuses = [name for name in AGAIN if name != status]
    assert "a" not in candidates(*AGAIN[status], again=other_statuses)


@pytest.mark.parametrize("status", [Status.LABELLED, Status.NOT_OURS])
def test_labelled_and_foreign_samples_never_go_out_again(status):
    drafts = [draft(of="a"), draft("not_ours", "b")]
    assert candidates(*drafts, again=[status]) == ["c", "d", "e"]


def test_the_audit_set_never_goes_out_again():
    assert "a" not in candidates(*sent("a", event="audit"), again=list(AGAIN))


def test_the_files_read_back(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    drafts = [
        draft(of="gone", label='a "fox", red'),
        draft(of="a", label="Größe"),
        draft(of="c", label="NA!"),
    ]
    state = state_of(entries(*drafts), ["cat"])
    write_training_set("labels.csv", "classes.csv", training_set(state, POOL), state.classes)
    read = read_labels("labels.csv")
    assert read.rows.tolist() == [0, 1, 5]
    assert read.sources == ["now/c", "now/a", "gone"]
    assert read.labels == ["NA!", "Größe", 'a "fox", red']
    assert read.samples == [sample("c"), sample("a"), sample("gone")]
    by_sample = read.by_sample
    assert by_sample.samples == sorted(read.samples)
    assert set(
        zip(by_sample.rows, by_sample.sources, by_sample.labels, by_sample.samples, strict=True)
    ) == set(zip(read.rows, read.sources, read.labels, read.samples, strict=True))
    assert read_classes("classes.csv") == ["cat", 'a "fox", red', "Größe", "NA!"]
    assert Path("labels.csv").read_bytes().count(b"\r") == 0


def test_files_without_any_label_are_tables_without_rows(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    state = state_of([], [])
    write_training_set("labels.csv", "classes.csv", training_set(state, POOL), state.classes)
    assert (read_labels("labels.csv").labels, read_classes("classes.csv")) == ([], [])
