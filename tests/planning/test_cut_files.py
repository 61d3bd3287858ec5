"""Files of models that were cut are named, and the run makes them again; nothing else is."""

from pathlib import Path

import pytest

from activepool.records.provenance import Record, file_state, record_path
from planning.configuration.project import Project
from planning.project.cut_files import cut_notices, files_to_rebuild

PROJECT = Project(project="p", images="photos", batch=2)
FOLDER = "results/p/batches/batch01"


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    """Files of ten bytes with their records."""
    monkeypatch.chdir(tmp_path)
    for path in (f"{FOLDER}/head.h5", f"{FOLDER}/list.csv", "results/p/model.safetensors"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_bytes(b"0123456789")
        record_path(path).parent.mkdir(exist_ok=True)
        Record("stage", {}, {}, {}, {path: file_state(path)}, {}, "", 1.0, 1.0).write()


def notices():
    return list(cut_notices(PROJECT))


def to_rebuild(first):
    return files_to_rebuild(Record.read(record_path(first)))


def test_whole_files_stay():
    assert notices() == []
    assert to_rebuild(f"{FOLDER}/head.h5") == []


@pytest.mark.parametrize("path", [f"{FOLDER}/head.h5", "results/p/model.safetensors"])
def test_a_cut_file_of_a_model_is_rebuilt(path):
    Path(path).write_bytes(b"0123")
    assert notices() == [f"{path}: was cut, 4 of 10 bytes; a run that needs it rebuilds it"]
    assert to_rebuild(path) == [path]
    assert Path(path).read_bytes() == b"0123"


def test_what_people_may_have_edited_stays():
    Path(f"{FOLDER}/list.csv").write_bytes(b"0123")
    Path(f"{FOLDER}/head.h5").write_bytes(b"0123456789 and more")
    record_path("results/p/model.safetensors").write_text("no record")
    assert notices() == []
    assert [to_rebuild(f"{FOLDER}/{name}") for name in ("list.csv", "head.h5")] == [[], []]


@pytest.fixture
def page():
    """A sheet of ten bytes, made together with a list."""
    paths = [f"{FOLDER}/sheet.html", f"{FOLDER}/to_fill_in.csv"]
    for path in paths:
        Path(path).write_bytes(b"0123456789")
    Record("send", {}, {}, {}, {path: file_state(path) for path in paths}, {}, "", 1.0, 1.0).write()
    return Path(paths[0])


def test_a_cut_page_is_rebuilt(page):
    page.write_bytes(b"0123")
    assert notices() == [f"{page}: was cut, 4 of 10 bytes; a run that needs it rebuilds it"]
    assert to_rebuild(page) == [str(page)]


def test_a_cut_page_beside_a_list_that_was_filled_in_stays(page):
    page.write_bytes(b"0123")
    page.with_name("to_fill_in.csv").write_bytes(b"ABCDEFGHIJ")
    (notice,) = notices()
    assert notice.endswith(f"move {FOLDER}/to_fill_in.csv elsewhere and delete the page")
    assert to_rebuild(page) == []
