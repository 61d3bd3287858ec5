"""What a query is given of labels that came later, and what it leaves of picks that cannot be labelled."""

import argparse

import h5py
import numpy as np
import pytest

from activepool.errors import InputError
from activepool.features.store import FeatureFile
from activepool.heads.linear import LinearHead, write_head
from activepool.io.index_files import read_index, write_index
from activepool.stages import select
from activepool.stages.round_query import read_query
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Selection
from activepool.strategies.registry import find_strategy


@pytest.fixture
def arguments(tmp_path, monkeypatch):
    """Those of the select stage: rows 0 to 4 are picked, of which 3 and 4 had no label at first."""
    monkeypatch.chdir(tmp_path)
    with h5py.File("features.h5", "w") as file:
        for part in ("train", "test"):
            file[f"{part}/features"] = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
            file[f"{part}/labels"] = np.where(np.arange(12) < 3, np.arange(12) % 2, -1)
        file.attrs["class_names"] = ["ant", "bee"]
    write_index("validation.csv", {"index": np.array([11])})
    write_index("labelled.csv", {"index": np.array([0, 4, 1, 3, 2])})
    (tmp_path / "bought.csv").write_text("index,label\n3,bee\n4,?\n")
    files = {"features": "features.h5", "validation": "validation.csv", "labelled": ["labelled.csv"]}
    files |= {"annotations": "bought.csv", "output": "selected.csv", "output_labelled": "next.csv"}
    files |= {"head": "head.h5"}
    files |= dict.fromkeys(("scores", "prepared", "state", "measured", "output_state"))
    write_head("head.h5", LinearHead(np.ones((2, 3), np.float32), np.zeros(2, np.float32)))
    return argparse.Namespace(
        **files, options={}, seed=0, round=2, budget=2, remaining_budget=4, device="cpu", workers=1
    )


@strategy(source="here")
def looks_at_labels(query):
    return Selection(query.unlabelled[: query.budget])


def test_what_cannot_be_labelled_is_not_in_the_labelled_set(arguments):
    with FeatureFile("features.h5") as file:
        query, picked, used = read_query(arguments, looks_at_labels, file)
    assert query.labelled.tolist() == [0, 1, 3, 2]
    assert query.labels.tolist() == [0, 1, 1, 0]
    assert picked.tolist() == [0, 4, 1, 3, 2]
    assert query.unlabelled.tolist() == list(range(5, 11))
    assert used.labels == {"3": "bee", "4": "?"}


def test_a_strategy_without_labels_depends_on_none(arguments):
    with FeatureFile("features.h5") as file:
        query, picked, used = read_query(arguments, find_strategy("coreset"), file)
    assert query.labels is None
    assert query.labelled.tolist() == picked.tolist()
    assert used.labels == {}


@pytest.mark.parametrize("name", ["random", "coreset", "balancing"])
def test_no_later_round_picks_what_cannot_be_labelled(arguments, name):
    arguments.strategy = name
    select.main(arguments)
    assert read_index("next.csv")[:5].tolist() == [0, 4, 1, 3, 2]
    assert not {0, 1, 2, 3, 4, 11} & set(read_index("selected.csv").tolist())


@pytest.mark.parametrize("name", ["random", "coreset"])
@pytest.mark.parametrize("text", ["3,ant\n4,ant", "4,bee\n3,?\n5,?\n6,ant"])
def test_annotations_change_no_picks_of_a_strategy_without_labels(arguments, tmp_path, name, text):
    arguments.strategy = name
    select.main(arguments)
    before = (tmp_path / "selected.csv").read_bytes()
    (tmp_path / "bought.csv").write_text(f"index,label\n{text}\n")
    select.main(arguments)
    assert (tmp_path / "selected.csv").read_bytes() == before


def test_a_strategy_that_reads_all_labels_needs_all(arguments, tmp_path):
    arguments.strategy = "balanced_random"
    rows = "".join(f"{row},bee\n" for row in (3, 4, 5, 6, 7, 8, 10, 11))
    (tmp_path / "bought.csv").write_text(f"index,label\n{rows}9,ant\n")
    select.main(arguments)
    assert 9 in read_index("selected.csv")
    (tmp_path / "bought.csv").write_text(f"index,label\n{rows}9,?\n")
    with pytest.raises(InputError, match="balanced_random reads all labels, and some samples cannot be"):
        select.main(arguments)


@pytest.mark.parametrize("name", ["random", "balancing"])
def test_a_query_waits_for_labels(arguments, tmp_path, name):
    arguments.strategy = name
    (tmp_path / "bought.csv").write_text("index,label\n4,?\n")
    with pytest.raises(InputError, match="1 picked samples have no label yet"):
        select.main(arguments)
