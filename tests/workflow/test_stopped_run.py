"""A run that a signal stops says so in its last line, and the same command ends it."""

import signal

import pytest
from workflow.conftest import EMBEDDINGS, write_embeddings
from workflow_runs import PATIENCE, Folder, wait_until

#: It waits in each query until there is a file ``go``.
PATIENT = """
import time
from pathlib import Path

import activepool.strategies.declaration as declaration
from activepool.strategies.query import Selection

@declaration.strategy(source="the test")
def patient(query):
    Path("waiting").touch()
    while not Path("go").exists():
        time.sleep(0.01)
    return Selection(query.unlabelled[: query.budget])
"""


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT])
def test_the_last_line_says_that_the_same_command_continues(tmp_path, sent):
    write_embeddings(tmp_path / "given.h5")
    (tmp_path / "mine.py").write_text(PATIENT)
    folder = Folder(tmp_path, {**EMBEDDINGS, "strategies": ["mine.py:patient"], "seeds": 1})
    run = folder.started("results/trial/curves.csv")
    wait_until((tmp_path / "waiting").exists, run)
    run.send_signal(sent)
    (tmp_path / "go").touch()
    printed, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode != 0, printed
    assert printed.splitlines()[-1] == "activepool: interrupted; the same command continues"
    assert "did not complete" not in printed
    folder.snakemake("results/trial/curves.csv")
    assert (tmp_path / "results/trial/curves.csv").is_file()
