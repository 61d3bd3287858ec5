"""The naive transcriptions of the benchmarks are right: their picks are the library's."""

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import naive_cover
from naive import NAIVE
from naive_round import Limit
from pools import initial_pool, train_on, write_part
from rounds import Case, Work, library_prepare, library_round, naive_round
from synthetic import write_mixture

from activepool.diversity.k_means import Cells
from activepool.features.store import FeatureFile
from activepool.strategies import probcover
from activepool.strategies.registry import builtin_strategies

OPTIONS = {
    "partitioned": {"wraps": "coreset", "partitions": 3},
    "probcover": {"radius": 1.2},
    "power": {"of": "margin"},
    "seals": {"of": "margin", "neighbours": 2},
    "anchoral": {"of": "margin", "neighbours": 5, "subset": 60},
    "refine": {"of": ["margin", "coreset"], "then": "lcmd", "steps": 2, "batches": 4, "subset": 100},
    "schedule": {"first": "coreset", "rounds": 1, "then": "margin"},
}

#: Strategies that use random numbers in another way than their transcription.
DRAWN = ("random", "balanced_random", "badge", "clue", "kmeans", "typiclust", "dropquery", "alfamix")


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    folder = tmp_path_factory.mktemp("benchmark")
    write_mixture(folder / "all.h5", size=700, width=24, classes=6, imbalance=30)
    write_part(folder / "all.h5", folder / "features.h5", 600)
    with FeatureFile(folder / "features.h5") as file:
        labelled = initial_pool(file.train.labels, 90)
        assert len(np.unique(file.train.labels[labelled])) == 6
    train_on(folder / "features.h5", labelled, folder / "head.h5", workers=1)
    return Case(folder / "features.h5", folder / "head.h5", labelled, 50, "cpu", 1, "float64")


@pytest.mark.parametrize("name", [name for name in NAIVE if name not in DRAWN])
def test_picks_are_those_of_the_library(name, case):
    work = Work(name, name, OPTIONS.get(name, {}))
    if builtin_strategies()[name].prepare:
        work = Work(name, name, work.options, library_prepare(case, work)())
    assert naive_round(case, work)().picks.tolist() == library_round(case, work)().tolist()


def test_every_strategy_that_works_on_features_has_a_transcription():
    assert set(NAIVE) == {
        name for name, strategy in builtin_strategies().items() if strategy.image_model is None
    }


def test_the_radius_of_probcover_follows_from_the_clusters(case, monkeypatch):
    with FeatureFile(case.features) as file:
        labels = file.train.labels
    monkeypatch.setattr(naive_cover, "_clusters", lambda *_: (labels, None))
    monkeypatch.setattr(probcover, "k_means", lambda *_: Cells(np.empty(0), labels))
    work = Work("probcover", "probcover", {"purity": 0.2})
    assert naive_round(case, work)().picks.tolist() == library_round(case, work)().tolist()


@pytest.mark.parametrize("name", DRAWN)
def test_drawn_picks_are_of_the_pool(name, case):
    picks = naive_round(case, Work(name, name))().picks
    assert len(set(picks.tolist()) - set(case.labelled.tolist())) == case.budget


def test_a_loop_left_early_counts_the_steps_left_out():
    limit = Limit(seconds=0)
    assert list(limit.loop(range(10))) == [0]
    assert limit.unmeasured > 0


def test_a_loop_within_the_limit_is_complete():
    limit = Limit(seconds=60)
    assert list(limit.loop(range(10))) == list(range(10))
    assert limit.unmeasured == 0
