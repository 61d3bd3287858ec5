"""A correction stands in place of what anybody answered, and stays."""

import pytest
from ledgers import draft, sent, take_in
from reading import CLASSES, POOL, labels_by_source, mistakes
from reading import read as read_answers

from activepool.errors import InputError
from activepool.ledger.book import append, read
from activepool.ledger.entries import Correction
from activepool.ledger.intake import Outcome
from activepool.ledger.state import Status, state_of

EARLY, SOON, LATE = "2026-01-01T00:00:00Z", "2026-01-01T01:00:00Z", "2036-01-02T00:00:00Z"


def correction(of="a", label="dog", who="carl", is_listed=False, **more):
    return Correction(is_listed=is_listed, **vars(draft(of=of, label=label, who=who, **more)))


@pytest.fixture
def path(tmp_path):
    """A ledger in which two annotators disagree on a sample, one of whom changed the answer twice."""
    path = tmp_path / "labels.csv"
    append(path, sent("a", "b"))
    for label in ("cat", "fox", "ant"):
        take_in(path, [draft(of="a", who="anna", label=label)])
    take_in(path, [draft(of="a", who="bob", label="bee")])
    return path


def state(path):
    return next(iter(state_of(read(path).entries).samples.values()))


def take(path, *drafts):
    """Take in answers, and return what became of each; a second time, nothing is entered."""
    intake = take_in(path, drafts)
    assert not take_in(path, drafts).entries
    return list(intake.outcomes)


def test_a_correction_stands_alone(path):
    assert state(path).status == Status.DISPUTED
    assert take(path, correction(note="it barks")) == [Outcome.NEW]
    assert state(path).label == "dog"
    assert set(state(path).opinions) == {"carl"}
    assert state(path).opinions["carl"].note == "correction: it barks"
    assert state_of(read(path).entries).classes == ("dog",)


def test_it_may_be_by_one_of_the_annotators(path):
    take(path, correction(label="bee", who="bob"))
    assert (state(path).label, set(state(path).opinions)) == ("bee", {"bob"})


@pytest.mark.parametrize("event", ["skip", "cannot_tell", "not_ours"])
def test_it_may_be_a_mark_instead_of_a_class(path, event):
    take(path, correction(event=event, label=""))
    assert state(path).status in (Status.SKIPPED, Status.CANNOT_TELL, Status.NOT_OURS)


def test_a_correction_of_what_nobody_answered_is_an_answer(path):
    assert take(path, correction(of="b")) == [Outcome.NEW]


def test_no_earlier_file_undoes_it(path):
    take(path, correction())
    earlier = [draft(of="a", who="anna", label=label) for label in ("cat", "fox", "ant")]
    earlier.append(draft(of="a", who="bob", label="bee", when=EARLY))
    assert take(path, *earlier) == [Outcome.OUTDATED] * 4
    assert state(path).label == "dog"


def test_no_later_answer_undoes_it_while_its_file_is_there(path):
    take(path, correction())
    late = [draft(of="a", who="dora", label="ant"), draft(of="a", who="bob", label="ant", when=LATE)]
    intake = take_in(path, [correction(), *late])
    assert list(intake.outcomes) == [Outcome.KNOWN, Outcome.NEW, Outcome.NEW]
    assert intake.notices == ("'a': a correction stands in place of what others answered since (bob, dora)",)
    assert state(path).label == "dog"
    assert take(path, correction(), *late)[0] == Outcome.KNOWN


@pytest.mark.parametrize("is_listed", [False, True], ids=["in its own file", "in a list of the program"])
def test_no_later_answer_undoes_it_without_its_file(path, is_listed):
    take(path, correction(is_listed=is_listed))
    late = [draft(of="a", who=who, label="ant") for who in ("bob", "dora", "eve")]
    intake = take_in(path, late)
    assert set(intake.outcomes) == {Outcome.NEW}
    assert intake.notices == (
        "'a': a correction stands in place of what others answered since (bob, dora, eve)",
    )
    assert (state(path).label, set(state(path).opinions)) == ("dog", {"carl"})
    assert not take_in(path, [*late, correction(is_listed=is_listed)]).entries


def test_an_answer_of_before_that_was_given_twice_is_not_new_after_it(path):
    twice = [draft(of="b", who="anna", label="cat", when=when) for when in (EARLY, SOON)]
    for answer in twice:
        take_in(path, [answer])
    take(path, correction(of="b"))
    assert take(path, *twice) == [Outcome.OUTDATED] * 2


def test_it_is_entered_even_if_its_annotator_had_said_the_same(path):
    take_in(path, [draft(of="b", who="carl", label="dog")])
    assert take(path, correction(of="b", is_listed=True)) == [Outcome.KNOWN]
    assert take(path, correction(of="b")) == [Outcome.NEW]
    take_in(path, [draft(of="b", who="dora", label="ant")])
    samples = state_of(read(path).entries).samples.values()
    assert [sample.label for sample in samples if sample.sources == ("b",)] == ["dog"]


@pytest.mark.parametrize("event", ["skip", "cannot_tell"])
def test_an_annotator_asked_again_afterwards_counts(path, event):
    """The correction of before lies there still, and the batch waits for nobody who has answered."""
    earlier = correction(event=event, label="")
    take(path, earlier)
    append(path, sent("a", batch="batch02"))
    assert take(path, earlier) == [Outcome.KNOWN]
    assert state_of(read(path).entries).batches["batch02"].awaited
    answer = draft(of="a", who="bob", label="fox", batch="batch02")
    assert take(path, earlier, answer) == [Outcome.KNOWN, Outcome.NEW]
    assert state(path).label == "fox"
    assert not state_of(read(path).entries).batches["batch02"].awaited


@pytest.mark.parametrize("more", [{"batch": "batch02"}, {"when": LATE}], ids=["batch", "when"])
def test_the_same_correction_after_the_sample_went_out_again_is_new(path, more):
    take(path, correction(event="cannot_tell", label=""))
    append(path, sent("a", batch="batch02"))
    assert take(path, correction(event="cannot_tell", label="", **more)) == [Outcome.NEW]
    assert not state_of(read(path).entries).batches["batch02"].awaited


def test_the_last_of_two_corrections_counts_however_they_are_read(path):
    take(path, correction())
    assert take(path, correction(label="fox", who="dora")) == [Outcome.NEW]
    assert take(path, correction(), correction(label="fox", who="dora")) == [Outcome.OUTDATED, Outcome.KNOWN]
    assert state(path).label == "fox"
    assert take(path, correction(when=LATE)) == [Outcome.NEW]
    assert state(path).label == "dog"


def test_it_can_be_taken_back_in_the_ledger(path):
    take(path, correction())
    number = state(path).opinions["carl"].number
    append(path, [draft("withdraw", "a", "carl", replaces=number)])
    assert take(path, correction()) == [Outcome.OUTDATED]
    assert "carl" not in state(path).opinions


def test_a_label_of_the_same_annotator_may_follow(path):
    take(path, correction())
    take(path, draft(of="a", who="carl", label="fox"))
    assert state(path).label == "fox"
    assert take(path, correction()) == [Outcome.OUTDATED]


def csv_of(tmp_path, *lines):
    path = tmp_path / "corrections.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_column_correction(tmp_path):
    path = csv_of(tmp_path, "source,correction,who", "a/1.jpg,dog,carl", "b/1.jpg,skip,", "a/2.jpg,,")
    answers = read_answers("csv", path, POOL, CLASSES)
    assert all(isinstance(draft, Correction) for draft in answers.drafts)
    assert (labels_by_source(answers), answers.awaited) == ({"a/1.jpg": "dog", "b/1.jpg": ":skip"}, 1)


def test_two_decisions_on_a_sample_are_a_mistake(tmp_path):
    path = csv_of(tmp_path, "source,correction,who", "a/1.jpg,dog,carl", "a/1.jpg,cat,dora")
    assert f"{path}:3: dora says 'cat' of 'a/1.jpg', but 'dog' at {path}:2" in mistakes("csv", path)


def test_label_and_correction_in_one_file_are_a_mistake(tmp_path):
    with pytest.raises(InputError, match="has the columns 'label' and 'correction'; leave 'label' for"):
        read_answers("csv", csv_of(tmp_path, "source,label,correction", "a/1.jpg,cat,dog"), POOL)


@pytest.mark.parametrize("others", ["suggested,probability", "predicted,status"])
def test_the_lists_of_the_program_come_back_with_corrections(tmp_path, others):
    # The row had another number when the list was written.
    header, row = "index,source,{}," + others, "1,a/1.jpg,cat,dog,x"
    with pytest.raises(InputError, match="call the column 'label' 'correction' and write the right classes"):
        read_answers("csv", csv_of(tmp_path, header.format("label"), row), POOL)
    path = csv_of(tmp_path, header.format("correction"), row)
    assert labels_by_source(read_answers("csv", path, POOL, CLASSES)) == {"a/1.jpg": "cat"}


def test_unchanged_labels_in_a_list_of_the_program_are_not_corrections(tmp_path):
    """The column label of label_errors.csv was renamed, one label changed, and later another one."""
    ledger = tmp_path / "ledger.csv"
    append(ledger, sent(*POOL.sources))
    votes = [("a/1.jpg", "anna", "cat"), ("a/1.jpg", "bob", "cat"), ("a/1.jpg", "carl", "dog")]
    votes += [("b/1.jpg", "anna", "cat"), ("a/2.jpg", "anna", "cat")]
    take_in(ledger, [draft(of=of, who=who, label=label) for of, who, label in votes])
    rows = ["0,a/1.jpg,cat,dog,0.9", "1,b/1.jpg,dog,dog,0.9", "2,a/2.jpg,cat,dog,0.9"]
    path = csv_of(tmp_path, "index,source,correction,suggested,probability", *rows)
    drafts = read_answers("csv", path, POOL, CLASSES).drafts
    assert take(ledger, *drafts) == [Outcome.KNOWN, Outcome.NEW, Outcome.KNOWN]
    take(ledger, correction(of="a/2.jpg", label="dog", who="dora"))
    assert take(ledger, *drafts) == [Outcome.KNOWN, Outcome.KNOWN, Outcome.OUTDATED]
    labels = {sample.sources[0]: sample.label for sample in state_of(read(ledger).entries).samples.values()}
    assert labels == {"a/1.jpg": "cat", "b/1.jpg": "dog", "a/2.jpg": "dog", "c d/3.jpg": None}


def test_a_label_of_before_in_such_a_list_counts_with_a_later_time(path):
    take(path, correction(label="dog"))
    assert take(path, correction(label="fox", is_listed=True, when=EARLY)) == [Outcome.OUTDATED]
    assert take(path, correction(label="fox", is_listed=True)) == [Outcome.OUTDATED]
    assert take(path, correction(label="fox", is_listed=True, when=LATE)) == [Outcome.NEW]
    assert state(path).label == "fox"
