"""A file taken in again adds nothing, and brings back nothing that was corrected."""

import pytest
from ledgers import draft, sent, take_in

from activepool.ledger.book import append, read
from activepool.ledger.intake import Outcome, outdated_notice
from activepool.ledger.state import state_of

EARLY, LATE, LATER = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "labels.csv"
    append(path, sent("a", "b"))
    return path


def label(path, name="a"):
    return {sample.sources[0]: sample.label for sample in state_of(read(path).entries).samples.values()}[name]


def test_answers_are_entered_once(path):
    answers = [draft(of="a"), draft("skip", "b")]
    assert len(take_in(path, answers).entries) == 2
    again = take_in(path, answers)
    assert (len(again.entries), again.outcomes.count(Outcome.KNOWN)) == (0, 2)
    assert len(read(path).entries) == 4


def test_an_answer_gets_the_batch_of_its_sample(path):
    append(path, sent("a", batch="2"))
    assert [entry.batch for entry in take_in(path, [draft(of="a"), draft(of="c")]).entries] == ["2", ""]
    assert take_in(path, [draft(of="a", who="bob", batch="1")]).entries[0].batch == "1"
    assert take_in(path, [draft(of="a", who="carl", batch="7")]).entries[0].batch == "2"


def test_another_answer_corrects(path):
    take_in(path, [draft(of="a")])
    assert take_in(path, [draft(of="a", label="dog")]).entries[0].replaces == 3
    assert label(path) == "dog"


def test_an_old_file_does_not_bring_back_what_was_corrected(path):
    take_in(path, [draft(of="a")])
    take_in(path, [draft(of="a", label="dog")])
    again = take_in(path, [draft(of="a")])
    assert again.outcomes.count(Outcome.OUTDATED) == 1
    notice = outdated_notice("old.csv", [draft(of="a")])
    assert "answers that later ones replaced are not taken again: 'a'; to go back to one" in notice
    assert label(path) == "dog"


def test_an_old_file_does_not_bring_back_what_somebody_else_corrected(path):
    take_in(path, [draft(of="a")])
    append(path, [draft(of="a", who="bob", label="dog", replaces=3)])
    assert take_in(path, [draft(of="a")]).outcomes == (Outcome.OUTDATED,)
    assert label(path) == "dog"


@pytest.mark.parametrize("newer", [{"batch": "3"}, {"when": "2999-01-01T00:00:00Z"}], ids=str)
def test_the_same_answer_to_a_sample_that_went_out_again_is_new_once(path, newer):
    append(path, sent("a", batch="2"))
    earlier, again = draft("cannot_tell", "a", batch="2"), draft("cannot_tell", "a", **newer)
    take_in(path, [earlier])
    append(path, sent("a", batch="3"))
    assert not take_in(path, [earlier, draft("cannot_tell", "a")]).entries
    assert state_of(read(path).entries).batches["3"].came_back == 0
    assert len(take_in(path, [earlier, again]).entries) == 1
    assert state_of(read(path).entries).batches["3"].came_back == 1
    assert not take_in(path, [earlier, again]).entries


def test_a_time_ahead_of_the_clock_does_not_answer_a_later_batch(path):
    append(path, sent("a", batch="2"))
    earlier = draft(of="a", batch="2", when="2999-01-01T00:00:00Z")
    take_in(path, [earlier])
    append(path, sent("a", batch="3"))
    assert not take_in(path, [earlier]).entries


def test_where_there_are_times_the_later_answer_counts(path):
    take_in(path, [draft(of="a", label="dog", when=LATE)])
    assert take_in(path, [draft(of="a", when=EARLY)]).outcomes == (Outcome.OUTDATED,)
    assert label(path) == "dog"
    assert len(take_in(path, [draft(of="a", when=LATER)]).entries) == 1
    assert label(path) == "cat"


def test_the_same_answer_at_a_later_time_is_later_than_one_that_comes_after_it(path):
    for answer in (draft(of="a", when=EARLY), draft(of="a", when=LATER)):
        assert take_in(path, [answer]).outcomes == (Outcome.NEW,)
        assert take_in(path, [answer]).outcomes == (Outcome.KNOWN,)
    assert take_in(path, [draft(of="a", label="dog", when=LATE)]).outcomes == (Outcome.OUTDATED,)
    assert label(path) == "cat"
