"""A folder that cannot be written."""

import os
from pathlib import Path

import pytest

from activepool.errors import InputError
from planning import archive


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
    assert archive.unwritable_folder() is None
    forbid(monkeypatch, name)
    assert archive.unwritable_folder() == Path(name)


def test_the_folder_itself_has_to_be_written_at_first(folder, monkeypatch):
    forbid(monkeypatch, ".")
    assert archive.unwritable_folder() is None
    Path("results").rmdir()
    assert archive.unwritable_folder() == Path()


def test_verify_works_there(folder, capsys):
    archive.verify_alone(Path("results"), ["--cores", "1", "verify", "--configfile", "a.yaml"])
    assert "0 files fit their records" in capsys.readouterr().out
    Path("results/stray.csv").write_text("", encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        archive.verify_alone(Path("results"), ["--cores", "1", "verify"])
    assert left.value.code == 1
    assert "results/stray.csv: no record says how it was made" in capsys.readouterr().err


@pytest.mark.parametrize("targets", [[], ["figures"], ["verify", "figures"]])
def test_nothing_else_does(folder, targets):
    with pytest.raises(InputError, match=r"results: cannot be written.*snakemake --cores 1 verify$"):
        archive.verify_alone(Path("results"), ["--cores", "1", *targets])


def test_what_is_no_folder_is_told(folder):
    Path("results").rmdir()
    Path("results").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"results: is a file; a run writes to a folder of this name"):
        archive.unwritable_folder()
    Path("results").unlink()
    Path("results").symlink_to("nowhere")
    with pytest.raises(InputError, match=r"results: is a link to nowhere, which is not there; a run writes"):
        archive.unwritable_folder()
