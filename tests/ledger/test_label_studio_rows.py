"""Which sample a task of Label Studio names; by whom and when it was answered."""

import json

import pytest
from ledgers import pool
from reading import CLASSES, POOL, labels_by_source, mistakes, read
from test_label_studio import annotation, file, short, task

WRONG_TIMES = {
    "gestern": "is not a time with its offset from UTC, such as 2026-11-28T09:30:00Z",
    5: "is not a time with its offset from UTC",
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
        messages = mistakes("label_studio", path).split("\n")
        for number, line in enumerate(messages[:2], start=1):
            assert line.startswith(f"{path}: task {number}: {key} {str(when)!r} {WRONG_TIMES[when]}")
        assert len(messages) == 3


def test_without_an_update_an_annotation_is_as_old_as_its_task_says(tmp_path):
    path = tmp_path / "export.json"
    times = {"updated_at": "", "created_at": "2026-11-27T09:00:00Z"}
    path.write_text(json.dumps([task(0, annotation("cat") | times)]), encoding="utf-8")
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
def test_texts_that_are_not_annotators(tmp_path, who, what):
    path = tmp_path / "export.json"
    words = f"is {what}; it must be the number, the address or the name of an annotator"
    path.write_text(json.dumps([task(0, annotation("cat") | {"completed_by": who})]), encoding="utf-8")
    assert f"{path}: task 1: completed_by {words}" in mistakes("label_studio", path)
    path.write_text(json.dumps([short(0, choice="cat") | {"annotator": who}]), encoding="utf-8")
    assert f"{path}: task 1: annotator {words}" in mistakes("label_studio", path)


def test_a_task_with_paths_of_two_images_is_a_mistake(tmp_path):
    """Which of them was labelled is not said, unless one is called as in our own tasks."""
    data = {"compared_with": "b/1.jpg", "picture": "a/1.jpg"}
    tasks = [{**task(0, annotation("cat")), "data": data}]
    message = mistakes("label_studio", file(tmp_path, tasks))
    assert "task 1: names different samples: 'b/1.jpg' and 'a/1.jpg'; correct it" in message
    tasks[0]["data"] = {"compared_with": "b/1.jpg", "image": "a/1.jpg"}
    assert labels_by_source(read("label_studio", file(tmp_path, tasks), POOL, CLASSES)) == {"a/1.jpg": "cat"}


@pytest.mark.parametrize(
    ("image", "address"),
    [
        ("/data/local-files/?d=photographs/a/2.jpg", ""),
        ("/data/local-files/?d=disk/img/a/2.jpg", "/data/local-files/?d=disk/img/"),
        ("/data/upload/3/0a1b2c3d-2.jpg", ""),
        ("https://host/bucket/a/2.jpg?signature=1", "https://host/bucket/"),
        ("s3://bucket/a/2.jpg", "s3://bucket"),
        ("a/2.jpg", ""),
    ],
)
def test_tasks_of_others_are_known_by_their_images(tmp_path, image, address):
    tasks = [{"id": 1, "data": {"image": image}, "annotations": [annotation("cat")]}]
    samples = pool(*POOL.sources, address=address)
    assert labels_by_source(read("label_studio", file(tmp_path, tasks), samples, CLASSES)) == {
        "a/2.jpg": "cat"
    }


@pytest.mark.parametrize("image", ["http://other.server/x/a/2.jpg", "/data/local-files/?d=birds/a/2.jpg"])
def test_tasks_with_images_of_another_server_are_a_mistake(tmp_path, image):
    tasks = [{"id": 1, "data": {"image": image}, "annotations": [annotation("cat")]}]
    assert "would be 'a/2.jpg' if paths start from" in mistakes("label_studio", file(tmp_path, tasks))


def test_an_image_whose_name_occurs_in_two_folders_is_a_mistake(tmp_path):
    tasks = [
        {"id": 1, "data": {"image": "/data/upload/3/0a1b2c3d-1.jpg"}, "annotations": [annotation("cat")]}
    ]
    assert "task 1: '1.jpg' may be 'a/1.jpg', 'b/1.jpg'" in mistakes("label_studio", file(tmp_path, tasks))


def test_a_picture_of_another_project_is_a_mistake(tmp_path):
    for folder, words in [("photographs/", None), ("other/photos2/", "would be 'a/1.jpg'"), ("", None)]:
        image = {"image": f"/data/local-files/?d={folder}a/1.jpg"}
        path = file(tmp_path, [{"id": 1, "data": image, "annotations": [annotation("cat")]}])
        if words:
            assert words in mistakes("label_studio", path)
        else:
            assert labels_by_source(read("label_studio", path, POOL, CLASSES)) == {"a/1.jpg": "cat"}


@pytest.mark.parametrize("kind", ["full", "short"])
def test_a_task_that_shows_another_picture_is_a_mistake(tmp_path, kind):
    """All tasks were given the first picture; one that the tool renamed may be any."""
    pictures = ["?d=photographs/a/1.jpg", "?d=photographs/a/1.jpg", "?d=photographs/renamed.jpg"]
    tasks = [
        task(number, annotation("cat"), image=f"/data/local-files/{picture}")
        for number, picture in enumerate(pictures)
    ]
    if kind == "short":
        tasks = [{"id": 1, **entry["data"], "choice": "cat", "annotator": 1} for entry in tasks]
    path = file(tmp_path, tasks)
    answers = read("label_studio", path, POOL, CLASSES, skip_bad=True)
    assert labels_by_source(answers) == {"a/1.jpg": "cat", "a/2.jpg": "cat"}
    assert answers.mistakes == (
        f"{path}: task 2: is about 'b/1.jpg', but shows 'a/1.jpg'; export the tasks as they were imported",
    )
