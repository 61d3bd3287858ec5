"""What follows from the entries: labels, disagreement, batches, classes."""

import pytest
from ledgers import draft, entries, sample, sent

from activepool.ledger.state import Status, state_of


def state(*drafts, classes=()):
    return state_of(entries(*drafts), classes)


def of(current, name="a"):
    return current.samples[sample(name)]


def answers(*labels):
    """Return what annotators 1, 2, ... say; other events begin with a colon."""
    return [
        draft(label[1:], "a", f"annotator {number}")
        if label.startswith(":")
        else draft(of="a", who=f"annotator {number}", label=label)
        for number, label in enumerate(labels, start=1)
    ]


@pytest.mark.parametrize(
    ("said", "status", "label"),
    [
        (["cat"], Status.LABELLED, "cat"),
        (["cat", "dog", "cat"], Status.LABELLED, "cat"),
        (["cat", "dog"], Status.DISPUTED, None),
        (["cat", "dog", "fox", "cat"], Status.LABELLED, "cat"),
        (["cat", ":not_ours"], Status.DISPUTED, None),
        (["cat", ":not_ours", ":not_ours"], Status.NOT_OURS, None),
        (["cat", ":cannot_tell", ":cannot_tell"], Status.LABELLED, "cat"),
        ([":cannot_tell", ":skip", ":skip"], Status.CANNOT_TELL, None),
        ([":skip"], Status.SKIPPED, None),
    ],
)
def test_the_opinion_of_most_annotators_counts(said, status, label):
    sample_state = of(state(*answers(*said)))
    assert (sample_state.status, sample_state.label) == (status, label)
    assert {opinion.label or f":{opinion.event}" for opinion in sample_state.opinions.values()} == set(said)


def test_a_correction_by_the_same_annotator_replaces():
    current = state(draft(of="a"), draft(of="a", label="dog", replaces=1))
    assert (of(current).label, len(of(current).opinions)) == ("dog", 1)
    assert of(state(draft(of="a"), draft(of="a", label="dog"))).label == "dog"


def test_a_correction_by_somebody_else_replaces_only_what_it_names():
    assert of(state(draft(of="a"), draft(of="a", who="bob", label="dog"))).status == Status.DISPUTED
    assert of(state(draft(of="a"), draft(of="a", who="bob", label="dog", replaces=1))).label == "dog"


def test_what_was_replaced_stays_so_when_its_replacement_is_replaced():
    by_carl = [draft(of="a"), draft(of="a", who="carl", label="dog", replaces=1)]
    replaced = [*by_carl, draft(of="a", who="carl", label="fox", replaces=2)]
    assert set(of(state(*replaced)).opinions) == {"carl"}
    assert of(state(*by_carl, draft("withdraw", "a", replaces=2))).label == "cat"


def test_what_is_withdrawn_was_never_said():
    corrected = [draft(of="a"), draft(of="a", label="dog", replaces=1)]
    withdrawn = [*corrected, draft("withdraw", "a", replaces=2)]
    assert of(state(*withdrawn)).label == "cat"
    assert of(state(*withdrawn, draft("withdraw", "a", replaces=3))).label == "dog"
    assert of(state(draft(of="a"), draft("withdraw", "a", replaces=1))).status == Status.NEW


def test_batches_and_how_many_came_back():
    current = state(*sent("a", "b", "c"), draft(of="a"), draft("skip", "b"), *sent("b", "d", batch="2"))
    first, second = current.batches.values()
    assert (first.came_back, first.awaited) == (2, (sample("c"),))
    assert (second.came_back, second.awaited) == (0, (sample("b"), sample("d")))
    assert first.samples == (sample("a"), sample("b"), sample("c"))


def test_what_may_be_picked():
    current = state(
        *sent("a", "b", "c", "d", "e"),
        draft(of="a"),
        draft("skip", "b"),
        draft("cannot_tell", "c"),
        draft("not_ours", "d"),
        *sent("f", batch="audit", event="audit"),
    )

    def picked(**again):
        return "".join(name for name in "abcdefg" if current.may_be_picked(sample(name), **again))

    assert picked() == "g"
    assert picked(again=[Status.SKIPPED]) == "bg"
    assert picked(again=list(Status)) == "bceg"


def test_the_audit_set_is_not_trained_on():
    current = state(*sent("a", batch="audit", event="audit"), draft(of="a"), draft(of="b", label="dog"))
    assert current.training_labels == {sample("b"): "dog"}
    assert current.audit_labels == {sample("a"): "cat"}
    assert current.batches["audit"].is_audit


def test_a_sample_has_all_sources_that_it_was_found_at():
    again = entries(draft(of="a"))[0].__class__(
        number=2, event="label", sample=sample("a"), source="b", who="bob", label="cat"
    )
    assert state_of([*entries(draft(of="a")), again]).samples[sample("a")].sources == ("a", "b")


def test_classes_keep_their_order():
    fox, owl = draft(of="a", label="fox"), draft(of="b", label="owl")
    assert state(fox, owl, classes=["dog", "cat"]).classes == ("dog", "cat", "fox", "owl")
    gone = [fox, owl, draft(of="a", label="cat", replaces=1)]
    assert state(*gone, classes=["dog", "cat"]).classes == ("dog", "cat", "owl")
    assert state(*gone, draft(of="c", label="fox"), classes=["dog"]).classes == ("dog", "fox", "owl", "cat")


@pytest.mark.parametrize("twin", ["Object", "ob\u200bject", "object ", "ｏbject"])
def test_a_class_that_is_written_nearly_like_another_is_flagged(twin):
    current = state(draft(of="a", label=twin), draft(of="b", label="fox"), classes=["object"])
    assert [(pair.name, pair.earlier) for pair in current.twins] == [(twin, "object")]
    assert "did you mean that?" in str(current.twins[0])


def test_two_ways_of_unicode_write_one_class():
    composed, decomposed = "K\u00e4fer", "Ka\u0308fer"
    drafts = [draft(of="a", who=who, label=label) for who, label in (("ann", composed), ("bob", decomposed))]
    current = state(*drafts, draft(of="b", label=decomposed), classes=[composed])
    assert current.training_labels == {sample("a"): composed, sample("b"): composed}
    assert (current.classes, current.twins, current.disputed) == ((composed,), (), [])
    assert len({opinion.opinion for opinion in current.samples[sample("a")].opinions.values()}) == 1


def test_disputed_samples_are_listed():
    assert [sample_state.sample for sample_state in state(*answers("cat", "dog")).disputed] == [sample("a")]
