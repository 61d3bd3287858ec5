"""Where a project stands, and the settings and digests that follow for its jobs."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from ledger.ledgers import draft, entries, sample, sent

from activepool.labelling.pool.table import Pool
from activepool.records.provenance import record_path
from planning.configuration.project import Project
from planning.project.paths import ProjectPaths
from planning.project.settings import ProjectSettings
from planning.project.standing import ProjectStanding, number_of

NAMES = tuple("abcdefghij")


def pool(names=NAMES, gone=(), parts=None):
    there = {name: sample(name) for name in names if name not in gone}
    return Pool([sample(name) for name in names], parts or [1] * len(names), list(names), there)


def standing(*drafts, of=None, **changes):
    settings = {"project": "p", "embeddings": "v.npy", "classes": ["cat"], "batch": 3, **changes}
    return ProjectStanding(Project(**settings), of or pool(), entries(*drafts))


def labels(names, label="cat", **more):
    return [draft(of=name, label=label, **more) for name in names]


FIRST = sent("a", "b", "c", batch="batch01")
SECOND = sent("d", "e", batch="batch02")
TWO_CLASSES = [*labels("ab"), *labels("c", "dog")]


def test_a_project_begins_with_its_first_batch():
    result = standing()
    assert (result.sent_batches, result.audits, result.is_incomplete, result.is_waiting) == (
        [],
        [],
        False,
        False,
    )
    assert (result.next_batch, result.next_audit, result.num_candidates) == ("batch01", None, 10)
    assert not result.has_model("batch01")
    assert result.batches_with_models == []


def test_it_waits_for_missing_answers_unless_somebody_says_to_go_on():
    result = standing(*FIRST, *labels("ab"))
    assert (result.is_incomplete, result.is_waiting, result.next_batch) == (True, True, "batch02")
    result = standing(*FIRST, *labels("ab"), go_on=True)
    assert (result.is_incomplete, result.is_waiting, result.next_batch) == (True, False, "batch02")


def test_going_on_takes_a_batch_with_what_came_back_and_not_without_any_answer():
    audit = sent("f", batch="audit01", event="audit")
    assert standing(*FIRST, go_on=True).is_waiting
    assert standing(*labels("abc"), *SECOND, go_on=True).is_waiting
    assert standing(*FIRST, *audit, *labels("f"), go_on=True).is_waiting
    assert not standing(*FIRST, draft("skip", "a"), go_on=True).is_waiting
    assert not standing(*FIRST, *labels("ab"), *SECOND, *labels("c"), go_on=True).is_waiting


@pytest.mark.parametrize("event", ["skip", "cannot_tell", "not_ours"])
def test_any_answer_ends_the_waiting(event):
    result = standing(*FIRST, *labels("ab"), draft(event, "c"))
    assert (result.is_incomplete, result.is_waiting) == (False, False)


def test_an_answer_that_was_taken_back_is_awaited_again():
    assert standing(*FIRST, *labels("abc"), draft("withdraw", "c", replaces=6)).is_waiting


def test_photographs_that_were_removed_are_not_waited_for():
    assert not standing(*FIRST, *labels("ab"), of=pool(gone="c")).is_waiting
    assert standing(*FIRST, *labels("a"), of=pool(gone="c")).is_waiting
    result = standing(*FIRST, *labels("ab"), of=pool("abdefg"))  # results/ was deleted since
    assert not result.is_waiting
    assert result.incomplete_batches == []
    assert {path.split("/")[-2] for path in ProjectPaths(result).files_to_send()} == {"batch02"}


def test_a_batch_that_was_gone_on_from_is_not_waited_for_again():
    assert standing(*FIRST, *labels("ab"), *SECOND).is_waiting
    result = standing(*FIRST, *labels("ab"), *SECOND, *labels("de"))
    assert [batch.name for batch in result.incomplete_batches] == ["batch01"]
    assert (result.is_incomplete, result.is_waiting, result.next_batch) == (False, False, "batch03")


def test_the_next_batch_is_behind_all_that_went_out_whatever_they_are_called():
    result = standing(*sent("a", batch="batch07"), *sent("b", batch="pilot"), *sent("c", batch="x99y"))
    assert result.next_batch == "batch08"
    assert standing(*sent("a", batch="batch99")).next_batch == "batch100"


@pytest.mark.parametrize(
    ("name", "number"), [("batch01", 1), ("batch120", 120), ("pilot", 1), ("batch00", 1)]
)
def test_the_number_of_a_batch(name, number):
    assert number_of(name) == number


# Models.


def models(*drafts, **changes):
    return ProjectPaths(standing(*drafts, **changes)).model_batches()


def test_the_present_model_has_all_labels():
    entries = [*FIRST, *TWO_CLASSES]
    assert models(*entries) == ["batch02"]
    assert models(*entries, *SECOND) == ["batch02"]  # no answer has come since
    assert models(*entries, *SECOND, *labels("d")) == ["batch02", "batch03"]
    assert models(*entries, *SECOND, draft("label", "a", label="dog", who="ben", replaces=4)) == [
        "batch02",
        "batch03",
    ]
    assert models(*entries, *SECOND, draft("skip", "d")) == ["batch02"]
    assert models(*entries, *SECOND, draft("skip", "d"), draft("skip", "e")) == ["batch02", "batch03"]


def test_without_labels_of_two_classes_there_is_no_model():
    assert models() == models(*FIRST, *labels("ab")) == []
    assert models(*TWO_CLASSES) == ["batch01"]


def test_corrections_that_leave_a_single_class_leave_no_model():
    answers = [*FIRST, *TWO_CLASSES, *SECOND, draft(of="c", label="cat", replaces=6)]
    assert models(*answers) == []
    assert models(*answers, *labels("d", "dog")) == ["batch02", "batch03"]


def test_only_the_target_next_batch_sends():
    result = standing(*FIRST, *TWO_CLASSES)
    assert {path.split("/")[-2] for path in ProjectPaths(result).files_to_send()} == {"batch02"}
    assert ProjectPaths(result, sends=False).files_to_send() == []


def test_files_of_a_batch_that_a_killed_job_left_without_a_record_are_made_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = standing(*FIRST, *TWO_CLASSES, *SECOND)
    for sends in (True, False):
        paths = ProjectPaths(result, sends)
        for batch in ("batch01", "batch02"):
            for path in paths.sent_files(batch):
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                Path(path).touch()
            record_path(paths.sent_files(batch)[0]).parent.mkdir(exist_ok=True)
            record_path(paths.sent_files(batch)[0]).touch()
        assert paths.files_to_send() == []
        record_path(paths.sent_files("batch01")[0]).unlink()  # all of its answers are there
        assert paths.files_to_send() == paths.sent_files("batch01")


# The audit set.


def test_the_audit_set_goes_out_at_once_and_nobody_waits_for_it():
    result = standing(audit=4)
    assert (result.next_audit, result.next_audit_size) == ("audit01", 4)
    result = standing(*sent(*"abcd", batch="audit01", event="audit"), audit=4)
    assert (result.next_audit, result.next_audit_size, result.is_waiting) == (None, 0, False)
    assert ([batch.name for batch in result.audits], result.sent_batches) == (["audit01"], [])


def test_an_audit_set_that_was_made_larger_gets_the_rest():
    result = standing(*sent(*"abcd", batch="audit01", event="audit"), audit=6)
    assert (result.next_audit, result.next_audit_size) == ("audit02", 2)
    result = standing(*sent(*"abcd", batch="audit01", event="audit"), audit=2)
    assert (result.next_audit, result.next_audit_size) == (None, 0)


def test_an_audit_set_takes_no_more_than_there_is():
    assert standing(audit=100).next_audit_size == 10
    result = standing(audit=100)
    assert (result.is_exhausted, result.next_audit) == (True, "audit01")
    assert standing(*sent(*NAMES, batch="audit01", event="audit"), audit=100).next_audit is None


def test_the_labels_of_the_audit_set_make_no_model():
    audit = [*sent(*"ab", batch="audit01", event="audit"), *labels("a"), *labels("b", "dog")]
    assert not standing(*audit).has_model("batch01")
    assert standing(*audit, *TWO_CLASSES[2:], *labels("d")).has_model("batch01")


# What is left.


def test_a_pool_is_exhausted_when_everything_has_gone_out():
    assert not standing(*sent(*NAMES[:-1], batch="batch01")).is_exhausted
    result = standing(*sent(*NAMES, batch="batch01"), *labels(NAMES))
    assert (result.is_exhausted, result.num_candidates) == (True, 0)
    grown = standing(*sent(*NAMES, batch="batch01"), *labels(NAMES), of=pool((*NAMES, "new")))
    assert (grown.is_exhausted, grown.num_candidates) == (False, 1)


def test_samples_that_went_out_or_have_a_label_are_not_candidates():
    assert standing(*labels("ab"), of=pool(gone="bcd")).num_candidates == 6


def test_what_was_skipped_may_be_asked_again():
    drafts = [
        *sent(*NAMES, batch="batch01"),
        *labels(NAMES[2:]),
        draft("skip", "a"),
        draft("cannot_tell", "b"),
    ]
    assert standing(*drafts).is_exhausted
    assert standing(*drafts, ask_again=["skipped"]).num_candidates == 1
    assert standing(*drafts, ask_again=["skipped", "cannot_tell"]).num_candidates == 2


# What a model trains on.


def test_a_batch_trains_on_what_the_ledger_had_before_it_went_out():
    result = standing(
        *FIRST, *TWO_CLASSES, *SECOND, *labels("d", "cow"), draft(of="a", label="cow", replaces=4)
    )
    assert [result.num_entries(name) for name in ("batch01", "batch02", "batch03")] == [0, 6, 10]
    assert result.training_set("batch01").labels == []
    assert result.training_set("batch02").labels == ["cat", "cat", "dog"]
    assert result.training_set("batch03").labels == ["cow", "cat", "dog", "cow"]
    assert result.batches_with_models == ["batch02"]
    assert result.has_model("batch03")


def test_labels_of_one_class_make_no_model():
    assert not standing(*FIRST, *labels("abc")).has_model("batch02")
    assert standing(*FIRST, *TWO_CLASSES).has_model("batch02")


# The digests.


def digest(batch, *drafts, **changes):
    return standing(*drafts, **changes).labels_digest(batch)


BEFORE = [*FIRST, *TWO_CLASSES, *SECOND]

NO_OTHER_LABEL = {
    "the same answer of another annotator": [draft(of="a", who="bob")],
    "a label that is taken back by who gave it": [
        draft("skip", "f"),
        draft("withdraw", "f", replaces=len(BEFORE) + 1),
    ],
    "a sample that nobody can tell": [draft("cannot_tell", "d")],
    "a sample that is not ours": [draft("not_ours", "d")],
    "a batch that goes out": sent("f", "g", batch="batch03"),
    "a label of another pool": [draft(of="z")],
    "a correction that says the same": [draft(of="a", replaces=4)],
    "a label of the audit set": [*sent("f", batch="audit01", event="audit"), draft(of="f")],
}

ANOTHER_LABEL = {
    "a new label": [draft(of="d")],
    "a correction": [draft(of="a", label="dog", replaces=4)],
    "a label that is taken back": [draft("withdraw", "a", replaces=4)],
    "a dispute": [draft(of="a", who="bob", label="dog")],
    "a new class": [draft(of="d", label="cow")],
    "a labelled sample that is not ours": [draft("not_ours", "a", replaces=4)],
}


@pytest.mark.parametrize("more", NO_OTHER_LABEL.values(), ids=NO_OTHER_LABEL)
def test_what_changes_no_label_changes_no_digest(more):
    # The next batch is called batch04 once batch03 has gone out.
    assert digest("batch09", *BEFORE, *more) == digest("batch09", *BEFORE)


@pytest.mark.parametrize("more", ANOTHER_LABEL.values(), ids=ANOTHER_LABEL)
def test_what_changes_a_label_changes_the_digest_of_the_next_batch(more):
    assert digest("batch03", *BEFORE, *more) != digest("batch03", *BEFORE)


@pytest.mark.parametrize("more", [*NO_OTHER_LABEL.values(), *ANOTHER_LABEL.values()])
def test_nothing_that_comes_later_changes_the_digest_of_a_batch_that_went_out(more):
    for batch in ("batch01", "batch02"):
        assert digest(batch, *BEFORE, *more) == digest(batch, *BEFORE)


def test_the_classes_that_are_given_are_part_of_the_digest():
    assert digest("batch03", *BEFORE, classes=["cat", "dog"]) == digest("batch03", *BEFORE)
    assert digest("batch03", *BEFORE, classes=["dog", "cat"]) != digest("batch03", *BEFORE)
    assert digest("batch03", *BEFORE, classes=["cat", "dog", "cow"]) != digest("batch03", *BEFORE)


def test_new_samples_change_no_digest_but_other_rows_do():
    assert digest("batch03", *BEFORE, of=pool((*NAMES, "new"))) == digest("batch03", *BEFORE)
    assert digest("batch03", *BEFORE, of=pool(gone="a")) == digest("batch03", *BEFORE)
    assert digest("batch03", *BEFORE, of=pool(("new", *NAMES))) != digest("batch03", *BEFORE)


def job_digest(stage, current, **wildcards):
    all_wildcards = {"batch": "batch03", "dataset": None, **wildcards}

    class Wildcards(SimpleNamespace):
        get = all_wildcards.get

    return ProjectSettings(ProjectPaths(current)).labels_digest(stage, Wildcards(**all_wildcards))


def test_photographs_are_listed_again_if_those_of_their_part_are_others():
    parts = [1, 1, 2]
    first, second = (
        job_digest("photographs", standing(of=pool("abc", parts=parts)), dataset=f"p/part{part:03d}")
        for part in (1, 2)
    )
    assert first != second
    grown = standing(of=pool("abcd", parts=[1, 1, 2, 2]))
    assert job_digest("photographs", grown, dataset="p/part001") == first
    assert job_digest("photographs", grown, dataset="p/part002") != second
    edited = Pool([sample("other"), sample("b")], [1, 1], ["a", "b"], {})
    assert job_digest("photographs", standing(of=edited), dataset="p/part001") != first


def test_candidates_are_listed_again_after_any_entry_and_if_samples_go():
    before = job_digest("candidates", standing(*FIRST))
    assert job_digest("candidates", standing(*FIRST)) == before
    assert job_digest("candidates", standing(*FIRST, *labels("a"))) != before
    assert job_digest("candidates", standing(*FIRST, of=pool(gone="d"))) != before


def test_other_stages_read_no_ledger():
    for stage in ("propose", "predict", "train_labelled", "send"):
        assert job_digest(stage, standing(*FIRST)) == ""


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, "/data/local-files/?d=photos/"),
        ({"images": "my photos"}, "/data/local-files/?d=my%20photos/"),
        ({"label_studio": {"address": "https://a.example/"}}, "https://a.example/"),
        ({"label_studio": {"address": "s3://a-bucket/"}}, "s3://a-bucket/"),
        ({"label_studio": {"address": "/show?file="}}, "/show?file="),
    ],
)
def test_label_studio_serves_the_folder_that_the_images_folder_lies_in(keys, expected):
    images = {"embeddings": None, "images": "photos", "backbone": {"architecture": "identity"}}
    settings = ProjectSettings(ProjectPaths(standing(**images | keys)))
    assert settings.address == expected
