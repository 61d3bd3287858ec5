"""What makes an entry valid, by the words of each mistake."""

import pytest
from ledgers import draft, entries, sent

from activepool.ledger.entries import Event, History, is_time


def problems(*drafts):
    """Return the problems of the last entry after the others."""
    history = History()
    *before, last = entries(*drafts)
    for entry in before:
        assert list(history.problems(entry)) == []
        history.add(entry)
    return "; ".join(history.problems(last))


@pytest.mark.parametrize("event", ["cannot_tell", "skip", "not_ours", "label"])
def test_an_answer_needs_no_batch(event):
    assert problems(draft(event)) == ""


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (draft("lable", label=""), "event 'lable' is not known; did you mean 'label'?"),
        (draft(label=""), "label is empty; give the class, or the event cannot_tell"),
        (draft(label="nan"), "label 'nan' reads like a missing value"),
        (draft("skip", label="cat"), "label 'cat' stands by the event 'skip', which has none"),
        (draft(who=""), "who is empty; it must be the name of the annotator"),
        (draft(label=" cat"), "label ' cat' begins or ends with a blank"),
        (draft(note="a\nb"), "note 'a\\nb' has a line break"),
        (draft(when="28.11.2026"), "when '28.11.2026' is not a time in UTC such as"),
        (draft("sent"), "batch is empty; an entry 'sent' needs the name of the batch"),
        (draft("withdraw"), "a withdrawal needs, in 'replaces'"),
        (draft(replaces=1), "replaces entry 1, but it must be an entry before this one, 1"),
    ],
)
def test_a_mistake_is_named(wrong, words):
    assert words in problems(wrong)


def test_a_sample_is_named_by_64_digits():
    wrong = entries(draft())[0].__class__(
        number=1, event="label", sample="12", source="a", who="anna", label="cat"
    )
    assert "sample '12' is not a SHA-256" in next(iter(History().problems(wrong)))


def test_a_batch_goes_out_as_a_whole():
    assert problems(*sent("a", "b", batch="1")) == ""
    assert "takes no further sample" in problems(*sent("a", batch="1"), draft("skip"), *sent("b", batch="1"))
    assert "went out in batch '1' before, by entry 1" in problems(*sent("a", "a", batch="1"))
    assert problems(*sent("a", batch="1"), *sent("a", batch="2")) == ""


def test_the_audit_set_and_batches_do_not_mix():
    audit = sent("a", batch="audit", event=Event.AUDIT)
    assert "never trained on, by entry 1; it cannot go out for a batch" in problems(*audit, *sent("a"))
    assert "it cannot go out for the audit set" in problems(*sent("a"), *audit)


def test_what_went_out_is_never_replaced():
    assert "by which batch '1' went out; that is a fact" in problems(
        *sent("a"), draft("withdraw", "a", replaces=1)
    )


def test_an_entry_replaces_one_of_the_same_sample():
    assert problems(draft(of="a"), draft(of="a", label="dog", replaces=1)) == ""
    assert "about another sample, 'a'" in problems(draft(of="a"), draft(of="b", replaces=1))
    assert "a withdrawal; replace the entry that was withdrawn" in problems(
        draft(of="a"), draft("withdraw", "a", replaces=1), draft(of="a", replaces=2)
    )


def test_times():
    assert is_time("2026-11-28T09:30:00Z")
    assert is_time("2026-11-28T09:30:00.25Z")
    assert not is_time("2026-13-28T09:30:00Z")
    assert not is_time("2026-11-28T09:30:00+01:00")
