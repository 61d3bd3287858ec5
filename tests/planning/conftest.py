import atexit
from pathlib import Path

import pytest
from late_label_trials import trial, write_rounds
from project_folders import take
from small_projects import write_project_files
from snakemake.logging import logger

from planning.paths import Paths
from planning.stages.late_labels import LateLabels


@pytest.fixture
def process_end(monkeypatch, capsys):
    """A function that does what waits for the end of this process, and returns what this prints."""
    handlers, waiting = list(logger.handlers), []
    monkeypatch.setattr(atexit, "register", waiting.append)

    def end():
        capsys.readouterr()
        while waiting:
            waiting.pop()()
        return capsys.readouterr().err

    yield end
    logger.handlers[:] = handlers


@pytest.fixture
def photographs(tmp_path, monkeypatch):
    """A folder with three photographs, and a folder for what comes back; the process is there."""
    monkeypatch.chdir(tmp_path)
    Path("photos").mkdir()
    Path("returned").mkdir()
    for number in range(3):
        take(f"{number}.png", number)


@pytest.fixture
def timm_source(tmp_path, monkeypatch):
    """A source of timm that defines two networks, and that nobody can import."""
    models = tmp_path / "library/timm/models"
    models.mkdir(parents=True)
    (models.parent / "__init__.py").write_text("raise ValueError\n")
    networks = ("resnet18", "swin_tiny_patch4_window7_224")
    (models / "some.py").write_text("".join(f"@register_model\ndef {name}(): ...\n\n\n" for name in networks))
    monkeypatch.syspath_prepend(tmp_path / "library")


@pytest.fixture
def late(tmp_path, monkeypatch):
    """The late labels of two strategies with two rounds."""
    monkeypatch.chdir(tmp_path)
    write_rounds()
    return LateLabels(Paths(trial()))


@pytest.fixture
def project_files(tmp_path, monkeypatch):
    """The files of a small project; the process is there."""
    monkeypatch.chdir(tmp_path)
    write_project_files()
    return tmp_path
