"""The labelled set of round 0, picked by a strategy."""

import h5py
import numpy as np
import pandas as pd
import pytest
from workflow.bad_files import VALIDATION, write_small_run

from activepool.compute.blocks import Compute
from activepool.compute.seeds import generator
from activepool.diversity.representatives import representatives
from activepool.errors import InputError
from activepool.features.store import FeatureFile
from activepool.io.index_files import read_index
from activepool.stages.select_initial import select_initial


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_small_run()
    with h5py.File("features.h5", "r+") as file:
        file["train/labels"][[7, 20]] = -1


def pick(strategy, size=5, seed=0):
    select_initial(
        strategy=strategy,
        features="features.h5",
        validation="validation.csv",
        size=size,
        seed=seed,
        selected="selected.csv",
        labelled="labelled.csv",
    )
    return read_index("selected.csv")


def test_the_picks_are_those_of_the_strategy_from_the_labelled_rows_of_the_pool():
    picks = pick("kmeans", seed=3)
    pool = np.setdiff1d(np.arange(30), [*VALIDATION, 7, 20])
    with FeatureFile("features.h5") as file:
        draws = generator(3, 0, "select/kmeans")
        expected = representatives(file.train.features, pool, 5, draws, Compute())
    assert picks.tolist() == expected.tolist()
    table = pd.read_csv("selected.csv")
    assert table["source"].tolist() == [f"train/{row}" for row in picks]
    assert read_index("labelled.csv").tolist() == picks.tolist()


@pytest.mark.parametrize("strategy", ["coreset", "kmeans", "lcmd", "maxherding", "probcover", "typiclust"])
@pytest.mark.parametrize("size", [1, 22])
def test_every_kind_picks_from_nothing(strategy, size):
    picks = pick(strategy, size)
    assert len(set(picks.tolist())) == size
    assert not {7, 20, *VALIDATION.tolist()} & set(picks.tolist())


def test_more_than_the_labelled_rows_are_refused():
    with pytest.raises(InputError, match="initial pool of 23 samples: it must be from 1 to 22"):
        pick("kmeans", 23)
