"""A recorded stage, and what it made."""

import json

import pytest
from records.recorded import DEPENDS_ON, join


@pytest.fixture
def stage(tmp_path, monkeypatch):
    """A function that runs the stage above, in tmp_path."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: join.run(["--provenance", json.dumps(DEPENDS_ON), *words])


@pytest.fixture
def tree(stage, tmp_path):
    """A chain of two stages: results/a and results/b of given, results/deep/c of a."""
    (tmp_path / "given").write_text("some bytes")
    stage("--sources", "given", "--joined", "results/a", "--second", "results/b", "--seed", "3")
    stage("--sources", "results/a", "--joined", "results/deep/c", "--log", "results/logs/c.log")
    return tmp_path
