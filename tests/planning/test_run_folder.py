"""A folder that cannot be written."""

import os
import subprocess
from pathlib import Path

import pytest

from activepool.errors import InputError
from planning.checks import folders

LIBRARY = Path(__file__).parents[2] / "workflow"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path(".snakemake/locks").mkdir(parents=True)
    Path("results").mkdir()
    return tmp_path


def forbid(monkeypatch, *names):
    """Let a root's tests, too, meet folders that cannot be written."""
    monkeypatch.setattr(os, "access", lambda path, mode: str(path) not in names)


@pytest.mark.parametrize("name", [".snakemake", ".snakemake/locks", "results"])
def test_a_folder_that_a_run_has_to_write_is_found(folder, monkeypatch, name):
    assert folders.unwritable_folder() is None
    forbid(monkeypatch, name)
    assert folders.unwritable_folder() == Path(name)


def test_the_folder_itself_has_to_be_written_at_first(folder, monkeypatch):
    forbid(monkeypatch, ".")
    assert folders.unwritable_folder() is None
    Path("results").rmdir()
    assert folders.unwritable_folder() == Path()


def test_the_message_says_how_to_check_an_archive(folder, monkeypatch, capsys):
    folders.require_writable(LIBRARY)
    forbid(monkeypatch, "results")
    with pytest.raises(InputError, match="results: cannot be written") as error:
        folders.require_writable(LIBRARY)
    Path("results/stray.csv").write_text("", encoding="utf-8")
    command = str(error.value).partition("change to its folder and run ")[2]
    checked = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert checked.returncode == 1
    assert "results/stray.csv: no record says how it was made" in checked.stderr


def test_a_file_or_broken_link_in_place_of_a_folder_is_an_error(folder):
    Path("results").rmdir()
    Path("results").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"results: is a file; a run writes to a folder of this name"):
        folders.unwritable_folder()
    Path("results").unlink()
    Path("results").symlink_to("nowhere")
    with pytest.raises(InputError, match=r"results: is a link to nowhere, which does not exist; a run"):
        folders.unwritable_folder()
