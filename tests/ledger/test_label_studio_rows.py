"""By whom and when a task of Label Studio was answered."""

import json

import pytest
from reading import CLASSES, POOL, mistakes
from test_label_studio import annotation, short, task

from activepool.ledger.formats import read

WRONG_TIMES = {
    "gestern": "is no time with its offset from UTC, such as 2026-11-28T09:30:00Z",
    5: "is no time with its offset from UTC",
    "0026-11-28T09:30:00Z": "lies before 1990",
    "1970-01-01T00:00:00Z": "lies before 1990",
    "2999-01-01T00:00:00Z": "lies in the future",
}


@pytest.mark.parametrize("when", WRONG_TIMES)
@pytest.mark.parametrize("key", ["updated_at", "created_at"])
def test_every_time_that_cannot_be_is_a_mistake_with_its_task(tmp_path, when, key):
    path = tmp_path / "export.json"
    times = {"updated_at": None} | {key: when}
    full = [task(number, annotation("cat") | times) for number in range(2)]
    minimal = [short(number, choice="cat") | times for number in range(2)]
    for tasks in (full, minimal):
        path.write_text(json.dumps(tasks), encoding="utf-8")
        told = mistakes("label_studio", path).split("\n")
        for number, line in enumerate(told[:2], start=1):
            assert line.startswith(f"{path}: task {number}: {key} {str(when)!r} {WRONG_TIMES[when]}")
        assert len(told) == 3


def test_without_an_update_an_annotation_is_as_old_as_its_task_says(tmp_path):
    path = tmp_path / "export.json"
    made = {"updated_at": "", "created_at": "2026-11-27T09:00:00Z"}
    path.write_text(json.dumps([task(0, annotation("cat") | made)]), encoding="utf-8")
    assert read("label_studio", path, POOL, CLASSES).drafts[0].when == "2026-11-27T09:00:00Z"


@pytest.mark.parametrize(
    ("who", "name"),
    [
        *((3, "label_studio user 3"), ("3", "label_studio user 3"), ("3.0", "label_studio user 3")),
        *((3.0, "label_studio user 3"), ("anna@example.org", "anna@example.org"), (None, "annotator")),
        ({"id": 3, "email": "anna@example.org"}, "anna@example.org"),
        ({"id": 3}, "label_studio user 3"),
    ],
)
def test_annotators(tmp_path, who, name):
    path = tmp_path / "export.json"
    path.write_text(json.dumps([task(0, annotation("cat") | {"completed_by": who})]), encoding="utf-8")
    assert read("label_studio", path, POOL, CLASSES).drafts[0].who == name


@pytest.mark.parametrize(
    ("who", "what"),
    [
        *((True, "true or false"), ([1], "a list"), (1.5, "the number 1.5"), (-1, "the number -1")),
        ({"first_name": "Anna"}, "an object"),
        ({"id": [1]}, "a list"),
    ],
)
def test_what_is_no_annotator(tmp_path, who, what):
    path = tmp_path / "export.json"
    words = f"is {what}; it must be the number, the address or the name of an annotator"
    path.write_text(json.dumps([task(0, annotation("cat") | {"completed_by": who})]), encoding="utf-8")
    assert f"{path}: task 1: completed_by {words}" in mistakes("label_studio", path)
    path.write_text(json.dumps([short(0, choice="cat") | {"annotator": who}]), encoding="utf-8")
    assert f"{path}: task 1: annotator {words}" in mistakes("label_studio", path)
