"""Names of files and folders that no run can work with."""

import os
import sys
from pathlib import Path

import pytest

from activepool.errors import InputError
from planning.checks.folders import require_usable, use_utf8

ODD = Path(os.fsdecode(b"/tmp/\xff"))


def test_names_of_any_text_are_usable():
    require_usable(Path("/tmp/é {x} 'q'"), Path("/tmp/a:b"))


@pytest.mark.parametrize(
    ("clone", "folder", "words"),
    [
        (ODD, Path("/tmp"), r"^b'/tmp/\\xff': the name of this folder is not UTF-8; rename it$"),
        (Path("/tmp"), ODD, r"^b'/tmp/\\xff': the name of this folder is not UTF-8; rename it$"),
        (
            Path("/tmp/a:b"),
            Path("/tmp"),
            "^/tmp/a:b: PYTHONPATH is split at ':', and .* rename it$",
        ),
    ],
)
def test_others_are_one_line(clone, folder, words):
    with pytest.raises(InputError, match=words):
        require_usable(clone, folder)


def test_another_encoding_starts_snakemake_again_in_utf8(tmp_path, monkeypatch):
    """In the folder where it was started: --directory and --configfile may be relative to it."""
    started = []
    there, by_now = tmp_path / "there", tmp_path / "by_now"
    for folder in (there, by_now):
        folder.mkdir()
    monkeypatch.chdir(by_now)
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "ascii")
    monkeypatch.setattr(sys, "argv", ["/somewhere/snakemake", "--cores", "1"])
    monkeypatch.setattr(os, "execve", lambda *arguments: started.append((Path.cwd(), *arguments)))
    use_utf8(there)
    ((folder, program, command, environment),) = started
    assert folder == there
    assert program == sys.executable
    assert command == [sys.executable, "-X", "utf8", "-m", "snakemake", "--cores", "1"]
    assert environment["PYTHONUTF8"] == "1"


def test_another_program_gets_an_error(monkeypatch):
    monkeypatch.setattr(sys, "getfilesystemencoding", lambda: "ascii")
    monkeypatch.setattr(sys, "argv", ["/somewhere/mine.py"])
    with pytest.raises(InputError, match="set PYTHONUTF8=1, and run again"):
        use_utf8("/tmp")
