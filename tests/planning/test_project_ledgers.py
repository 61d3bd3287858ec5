"""A run goes on only with the ledger of its project, in which people name what is in the pool."""

from pathlib import Path

import numpy as np
import pytest
from project_runs import begin_run

from activepool.errors import InputError
from activepool.ledger.book import read
from activepool.ledger.pool_samples import embedding_sample
from planning.configuration.project import Project
from planning.project.start import preview_run

PROJECT = Project(project="p", embeddings={"path": "v.npy"}, batch=2, classes=["ant", "bee"])
SAMPLES = [embedding_sample(row) for row in np.eye(4)]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A project whose ledger has a label."""
    monkeypatch.chdir(tmp_path)
    np.save("v.npy", np.eye(4))
    Path("returned").mkdir()
    Path("returned/a.csv").write_text("index,label,who\n0,ant,anna\n")
    begin_run(PROJECT)


def add(sample, source):
    ledger = Path(PROJECT.ledger_path)
    ledger.write_text(f"{ledger.read_text()},,bob,label,{sample},{source},,bee,,,\n")


@pytest.mark.parametrize("look", [begin_run, preview_run])
def test_lines_by_hand_name_samples_of_the_pool(look):
    before = Path(PROJECT.ledger_path).read_text()
    for sample, source, words in (
        ("0" * 64, "1", "sample 000000000000... is not in the pool"),
        (SAMPLES[1], "7", "source '7' does not name this sample; write '1'"),
    ):
        Path(PROJECT.ledger_path).write_text(before)
        add(sample, source)
        written = Path(PROJECT.ledger_path).read_text()
        with pytest.raises(InputError) as caught:
            look(PROJECT)
        assert caught.value.args[0].startswith(f"p.ledger.csv:3: {words}")
        assert Path(PROJECT.ledger_path).read_text() == written
    Path(PROJECT.ledger_path).write_text(before)
    add(SAMPLES[1], "1")
    assert [entry.label for entry in look(PROJECT).entries] == ["ant", "bee"]


def test_a_renamed_project_gets_a_line_about_the_other_ledger(capsys):
    renamed = PROJECT.model_copy(update={"project": "q"})
    words = "notice: q.ledger.csv is new, and takes in all of returned; there is also p.ledger.csv: if you"
    capsys.readouterr()
    preview_run(renamed)
    assert words in capsys.readouterr().err
    begin_run(renamed)
    assert words in capsys.readouterr().err
    begin_run(renamed)
    assert "p.ledger.csv" not in capsys.readouterr().err
    assert len(read("q.ledger.csv").entries) == 1


@pytest.mark.parametrize(
    "changes", [{"ledger": "p.ledger.csv"}, {"returned": "other"}, {"ledger": "below/q.ledger.csv"}]
)
def test_another_project_with_its_own_files_gets_none(capsys, changes):
    Path("below").mkdir()
    capsys.readouterr()
    begin_run(PROJECT.model_copy(update={"project": "q", **changes}))
    assert "is new, and takes in" not in capsys.readouterr().err
