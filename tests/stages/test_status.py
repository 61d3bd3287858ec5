"""The stage `status` as a program."""

import pytest
from labelling.status_projects import audited, unlabelled

from activepool.labelling.status.numbers import read_numbers
from activepool.records.provenance import Record, record_path
from activepool.stages.status import status


def words_of(project, **more):
    """Return the command line for the files of a project."""
    arguments = {key: value for key, value in project.arguments.items() if value} | more
    arguments |= {
        "entries": len(project.entries),
        "project": "photos",
        "given_classes": project.class_names[:1],
    }
    words = []
    for name, value in arguments.items():
        words += [f"--{name.replace('_', '-')}", *(value if isinstance(value, list) else [str(value)])]
    return words


@pytest.fixture(autouse=True)
def in_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_the_program_writes_page_numbers_and_record(tmp_path):
    project = audited(tmp_path)
    words = words_of(project, images="photos", status="status.html", numbers="status.json")
    status.run([*words, "--provenance", "{}"])
    numbers = read_numbers("status.json")
    assert (numbers.project, numbers.has_images, numbers.standing.samples) == ("photos", True, 300)
    assert [row.batch for row in numbers.series.models] == project.models
    assert numbers.standing.classes[0].name == "ant"
    assert "<h1>photos</h1>" in (tmp_path / "status.html").read_text(encoding="utf-8")
    inputs = set(Record.read(record_path("status.html")).inputs)
    assert set(project.model_files("predictions.h5")) < inputs and str(project.ledger) not in inputs


def test_the_same_files_give_the_same_page(tmp_path):
    project = audited(tmp_path)
    for name in ("first", "second"):
        status.run(words_of(project, status=f"{name}.html", numbers=f"{name}.json"))
    for kind in ("html", "json"):
        assert (tmp_path / f"first.{kind}").read_bytes() == (tmp_path / f"second.{kind}").read_bytes()


def test_before_the_first_batch_there_is_no_ledger(tmp_path):
    project = unlabelled(tmp_path)
    status.run(words_of(project, status="status.html", numbers="status.json"))
    assert read_numbers("status.json").standing.last_entry == 0
    assert not project.ledger.exists()
