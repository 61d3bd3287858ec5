"""Where a project stands: whether it waits, and what it tells Label Studio."""

from types import SimpleNamespace

import pytest
from ledger.ledgers import sample

from activepool.labelling.pool import Pool
from activepool.ledger.entries import Draft, as_entry
from planning.configuration.loading import load_project
from planning.project.paths import ProjectPaths
from planning.project.settings import ProjectSettings
from planning.project.standing import Standing

SOURCES = ["a.jpg", "b.jpg", "c.jpg", "d.jpg", "e.jpg"]


def project(**keys):
    raw = {"project": "beetles", "images": "photos", "backbone": {"architecture": "identity"}, "batch": 2}
    return load_project(raw | keys, "beetles.yaml")


def standing(events, **keys):
    """Return where a project stands after events, each with the source and the batch."""
    drafts = [
        Draft(
            event=event,
            sample=sample(source),
            source=source,
            who="anna",
            batch=batch,
            label="ant" if event == "label" else "",
            when="2026-11-28T09:30:00Z",
        )
        for event, source, batch in events
    ]
    entries = [as_entry(draft, number) for number, draft in enumerate(drafts, start=1)]
    samples = [sample(source) for source in SOURCES]
    pool = Pool(samples, [1] * len(SOURCES), SOURCES, dict(zip(samples, SOURCES, strict=True)))
    return Standing(project(**keys), pool, entries)


FIRST = [("sent", "a.jpg", "batch01"), ("sent", "b.jpg", "batch01"), ("label", "a.jpg", "batch01")]
SECOND = [("sent", "c.jpg", "batch02"), ("sent", "d.jpg", "batch02")]


def test_a_project_waits_for_the_answers_to_its_last_batch():
    assert standing(FIRST).is_waiting
    assert not standing(FIRST, go_on=True).is_waiting
    assert standing(FIRST, go_on=True).is_incomplete


def test_a_batch_that_was_gone_on_from_is_not_waited_for_again():
    back = [("label", source, "batch02") for source in ("c.jpg", "d.jpg")]
    assert standing([*FIRST, *SECOND]).is_waiting
    after = standing([*FIRST, *SECOND, *back])
    assert [batch.name for batch in after.sent if batch.awaited] == ["batch01"]
    assert not after.is_waiting
    assert not after.is_incomplete


def test_an_audit_set_is_not_waited_for():
    audit = [("audit", "e.jpg", "audit01")]
    assert not standing([*audit, *FIRST, ("label", "b.jpg", "batch01")]).is_waiting


@pytest.mark.parametrize(
    ("keys", "expected"),
    [
        ({}, "/data/local-files/?d=photos/"),
        ({"images": "my photos"}, "/data/local-files/?d=my%20photos/"),
        ({"label_studio": {"address": "https://a.example/"}}, "https://a.example/"),
    ],
)
def test_label_studio_serves_the_folder_that_the_images_folder_lies_in(keys, expected):
    settings = ProjectSettings(ProjectPaths(standing([], **keys)))
    assert settings.address("send", SimpleNamespace(batch="batch01")) == expected
