"""Code that is edited while a run is at work."""

import pytest
from workflow.conftest import EMBEDDINGS, write_embeddings
from workflow_runs import Folder

pytestmark = pytest.mark.long

#: A strategy whose file is edited after its first picks.
STRATEGY = """
from pathlib import Path

from activepool.strategies.declaration import strategy
from activepool.strategies.query import Selection


@strategy(source="a test")
def picks(query):
    Path("mine.py").write_text(Path("mine.py").read_text().replace("[: query", "[-query"))
    return Selection(query.unlabelled[: query.budget])
"""

SELECTED = "results/trial/mine/seed0/round0{}/selected.csv"


def test_a_strategy_edited_during_a_run_picks_no_more_until_the_run_is_started_again(tmp_path):
    write_embeddings(tmp_path / "given.h5")
    (tmp_path / "mine.py").write_text(STRATEGY)
    folder = Folder(tmp_path, {**EMBEDDINGS, "strategies": [{"strategy": "mine.py:picks", "name": "mine"}]})
    printed = folder.snakemake(SELECTED.format(2), check=False)
    assert "mine.py: was edited after the run had begun; start the run again" in printed
    assert (tmp_path / SELECTED.format(1)).exists()
    assert not (tmp_path / SELECTED.format(2)).exists()
    # Snakemake knows by which code the first picks were made.
    assert folder.planned(SELECTED.format(2))["select"] == 2
    (tmp_path / "mine.py").write_text(STRATEGY)
    assert folder.planned(SELECTED.format(2))["select"] == 1
