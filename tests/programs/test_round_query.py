"""What a query is given of labels that came later, and what it leaves of picks that cannot be labelled."""

import h5py
import numpy as np
import pytest

from activepool.compute.blocks import Compute
from activepool.errors import InputError
from activepool.features.store import FeatureFile
from activepool.heads.linear import LinearHead, write_head
from activepool.io.index_files import read_index, write_index
from activepool.programs.round_query import QueryFiles, read_query
from activepool.stages.select import select
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Selection
from activepool.strategies.registry import find_strategy

FILES = QueryFiles("validation.csv", "labelled.csv", "bought.csv", "head.h5")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder with what a query is read from: rows 0 to 4 are picked; 3 and 4 had no label at first."""
    monkeypatch.chdir(tmp_path)
    with h5py.File("features.h5", "w") as file:
        for part in ("train", "test"):
            file[f"{part}/features"] = np.random.default_rng(0).normal(size=(12, 3)).astype(np.float32)
            file[f"{part}/labels"] = np.where(np.arange(12) < 3, np.arange(12) % 2, -1)
        file.attrs["class_names"] = ["ant", "bee"]
    write_index("validation.csv", {"index": np.array([11])})
    write_index("labelled.csv", {"index": np.array([0, 4, 1, 3, 2])})
    (tmp_path / "bought.csv").write_text("index,label\n3,bee\n4,?\n")
    write_head("head.h5", LinearHead(np.ones((2, 3), np.float32), np.zeros(2, np.float32)))
    return tmp_path


def query_of(strategy):
    with FeatureFile("features.h5") as file:
        return read_query(
            strategy, file, FILES, budget=2, seed=0, round_number=2, compute=Compute(), remaining_budget=4
        )


def run_select(strategy, **options):
    select(
        strategy,
        "features.h5",
        FILES.validation,
        FILES.labelled,
        budget=2,
        seed=0,
        round=2,
        selected="selected.csv",
        labelled_with_picks="next.csv",
        options=options,
        head=FILES.head,
        remaining_budget=4,
        annotations=FILES.annotations,
    )


@strategy(source="here")
def looks_at_labels(query):
    return Selection(query.unlabelled[: query.budget])


def test_samples_that_cannot_be_labelled_are_not_in_the_labelled_set():
    query, picked, inputs = query_of(looks_at_labels)
    assert query.labelled.tolist() == [0, 1, 3, 2]
    assert query.labels.tolist() == [0, 1, 1, 0]
    assert picked.tolist() == [0, 4, 1, 3, 2]
    assert query.unlabelled.tolist() == list(range(5, 11))
    assert inputs.labels == {"3": "bee", "4": "?"}


def test_a_strategy_without_labels_depends_on_none():
    query, picked, inputs = query_of(find_strategy("coreset"))
    assert query.labels is None
    assert query.labelled.tolist() == picked.tolist()
    assert inputs.labels == {}


@pytest.mark.parametrize("name", ["random", "coreset", "balancing"])
def test_no_later_round_picks_a_sample_that_cannot_be_labelled(name):
    run_select(name)
    assert read_index("next.csv")[:5].tolist() == [0, 4, 1, 3, 2]
    assert not {0, 1, 2, 3, 4, 11} & set(read_index("selected.csv").tolist())


@pytest.mark.parametrize("name", ["random", "coreset"])
@pytest.mark.parametrize("text", ["3,ant\n4,ant", "4,bee\n3,?\n5,?\n6,ant"])
def test_annotations_change_no_picks_of_a_strategy_without_labels(folder, name, text):
    run_select(name)
    before = (folder / "selected.csv").read_bytes()
    (folder / "bought.csv").write_text(f"index,label\n{text}\n")
    run_select(name)
    assert (folder / "selected.csv").read_bytes() == before


def test_a_strategy_that_reads_all_labels_needs_all(folder):
    rows = "".join(f"{row},bee\n" for row in (3, 4, 5, 6, 7, 8, 10, 11))
    (folder / "bought.csv").write_text(f"index,label\n{rows}9,ant\n")
    run_select("balanced_random")
    assert 9 in read_index("selected.csv")
    (folder / "bought.csv").write_text(f"index,label\n{rows}9,?\n")
    with pytest.raises(
        InputError, match="balanced_random reads labels of the pool, but some samples cannot be"
    ):
        run_select("balanced_random")


def test_a_strategy_that_reads_the_labels_of_its_picks_records_those_of_the_pool(folder):
    rows = "".join(f"{row},bee\n" for row in range(3, 12))
    (folder / "bought.csv").write_text(f"index,label\n{rows}")
    query, _, inputs = query_of(find_strategy("balancing", {"counts_as": "label"}))
    assert query.labels_of_picks.tolist() == [1] * 6 and query.oracle_labels is None and query.head is None
    assert inputs.labels == {str(row): "bee" for row in range(3, 11)}
    run_select("balancing", counts_as="label", horizon="round", majority="nearest")
    assert len(read_index("selected.csv")) == 2


@pytest.mark.parametrize("name", ["random", "balancing"])
def test_a_query_waits_for_labels(folder, name):
    (folder / "bought.csv").write_text("index,label\n4,?\n")
    with pytest.raises(InputError, match="1 picked samples have no label yet"):
        run_select(name)


@pytest.mark.parametrize(("label", "rows"), [("bee", [11]), ("?", [])])
def test_a_strategy_that_reads_the_validation_split_gets_and_records_its_labels(folder, label, rows):
    (folder / "bought.csv").write_text(f"index,label\n3,bee\n4,?\n11,{label}\n")
    query, _, inputs = query_of(find_strategy("uherding"))
    assert [part.tolist() for part in query.validation] == [rows, [1] * len(rows)]
    assert inputs.labels == {"3": "bee", "4": "?", "11": label}
    query, _, inputs = query_of(find_strategy("coreset"))
    assert query.validation is None and inputs.labels == {}
