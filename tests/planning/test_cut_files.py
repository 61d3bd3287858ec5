"""Files of models that were cut are deleted, so that the run makes them again; nothing else is."""

from pathlib import Path

import pytest

from activepool.records.provenance import Record, file_state, record_path
from planning.configuration.project import Project
from planning.project.cut_files import remove_cut_files

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


def test_whole_files_stay():
    assert remove_cut_files(PROJECT) == []
    assert Path(f"{FOLDER}/head.h5").is_file()


@pytest.mark.parametrize("path", [f"{FOLDER}/head.h5", "results/p/model.safetensors"])
def test_a_cut_file_of_a_model_goes(path):
    Path(path).write_bytes(b"0123")
    assert remove_cut_files(PROJECT) == [f"{path}: was cut, 4 of 10 bytes; a run that needs it rebuilds it"]
    assert not Path(path).exists()
    assert remove_cut_files(PROJECT) == []


def test_what_people_may_have_edited_stays():
    Path(f"{FOLDER}/list.csv").write_bytes(b"0123")
    Path(f"{FOLDER}/head.h5").write_bytes(b"0123456789 and more")
    record_path("results/p/model.safetensors").write_text("no record")
    assert remove_cut_files(PROJECT) == []
    assert Path(f"{FOLDER}/list.csv").is_file()


@pytest.fixture
def page():
    """A sheet of ten bytes, made together with a list."""
    paths = [f"{FOLDER}/sheet.html", f"{FOLDER}/to_fill_in.csv"]
    for path in paths:
        Path(path).write_bytes(b"0123456789")
    Record("send", {}, {}, {}, {path: file_state(path) for path in paths}, {}, "", 1.0, 1.0).write()
    return Path(paths[0])


def test_a_cut_page_goes(page):
    page.write_bytes(b"0123")
    assert remove_cut_files(PROJECT) == [f"{page}: was cut, 4 of 10 bytes; a run that needs it rebuilds it"]
    assert not page.exists()


def test_a_cut_page_beside_a_list_that_was_filled_in_stays(page):
    page.write_bytes(b"0123")
    page.with_name("to_fill_in.csv").write_bytes(b"ABCDEFGHIJ")
    (notice,) = remove_cut_files(PROJECT)
    assert notice.endswith(f"move {FOLDER}/to_fill_in.csv elsewhere and delete the page")
    assert page.is_file()
