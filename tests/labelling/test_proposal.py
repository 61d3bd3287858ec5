"""The next batch, by every strategy that a project allows."""

from contextlib import chdir
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from labelling.labelled_pools import write_features, write_labels
from pydantic import ValidationError
from queries import REQUIRED_OPTIONS

from activepool.api.options import validate_options
from activepool.compute.blocks import Compute
from activepool.heads.linear import LinearHead, write_head
from activepool.io.index_files import read_index, write_index
from activepool.stages.propose import propose
from activepool.strategies.registry import builtin_strategies
from planning.configuration.project import Project

ROWS, WIDTH, CLASSES = 130, 6, 4


def allowed(place):
    """Return the strategies that a project may have, as its strategy or its first one."""
    names = []
    for name in builtin_strategies():
        entry = {"strategy": name, **REQUIRED_OPTIONS.get(name, {})}
        try:
            Project(project="p", embeddings="v.npy", batch=1, **{place: entry})
        except ValidationError as error:
            assert "choose" in str(error)
        else:
            names.append(name)
    return names


class Trial:
    """A pool whose rows 0, 3, 6, ... are labelled, and of which some rows cannot be picked."""

    def __init__(self, dtype=np.float32, labels=20):
        random = np.random.default_rng(0)
        truth = random.integers(0, CLASSES, ROWS)
        centres = random.normal(size=(CLASSES, WIDTH)) * 2
        self.features = (centres[truth] + random.normal(size=(ROWS, WIDTH))).astype(dtype)
        self.labelled = np.arange(0, 3 * labels, 3)
        self.labels = truth[self.labelled]
        self.candidates = np.setdiff1d(np.arange(5, ROWS - 7), self.labelled)
        weight = random.normal(size=(CLASSES, WIDTH)).astype(np.float32)
        self.head = LinearHead(weight, random.normal(size=CLASSES).astype(np.float32))

    def picks(self, strategy, budget, seed=0, batch=2, workers=1, head=True):
        declared = builtin_strategies()[strategy]
        options, problems = validate_options(declared, REQUIRED_OPTIONS.get(strategy, {}))
        assert not problems
        with TemporaryDirectory() as folder, chdir(folder):
            write_features(self.features)
            labels = list(map(str, self.labels)) if head else []
            write_labels(self.labelled if head else [], labels)
            write_index("candidates.csv", {"index": self.candidates})
            write_head("head.h5", self.head, class_names=list(map(str, range(CLASSES))), weight_decay=1.0)
            propose(
                strategy,
                "features.h5",
                "candidates.csv",
                "labels.csv",
                budget,
                seed,
                batch,
                "selected.csv",
                options=options,
                head="head.h5" if head else None,
                compute=Compute("cpu", workers),
            )
            return read_index("selected.csv").tolist()


WITH_LABELS = [(name, True) for name in allowed("strategy")]
WITHOUT_LABELS = [(name, False) for name in allowed("first_strategy")]
every = pytest.mark.parametrize(("strategy", "head"), [*WITH_LABELS, *WITHOUT_LABELS])


def test_what_a_project_allows():
    assert {"random", "coreset", "margin", "entropy", "kmeans", "typiclust"} <= {
        name for name, _ in WITH_LABELS
    }
    assert not {"vaal", "balanced_random"} & {name for name, _ in WITH_LABELS}
    assert {"random", "coreset", "kmeans", "typiclust"} <= {name for name, _ in WITHOUT_LABELS}
    assert not {"margin", "base", "badge"} & {name for name, _ in WITHOUT_LABELS}


@every
@pytest.mark.parametrize("budget", [1, 17, 96, 1000])
def test_only_candidates_are_picked_each_once_as_many_as_there_is_money_for(strategy, head, budget):
    trial = Trial()
    picks = trial.picks(strategy, budget, head=head)
    assert len(picks) == min(budget, len(trial.candidates))
    assert len(set(picks)) == len(picks)
    assert set(picks) <= set(trial.candidates.tolist())


@every
def test_the_same_seed_gives_the_same_picks_with_any_number_of_workers(strategy, head):
    first = Trial().picks(strategy, 19, seed=3, head=head)
    assert Trial().picks(strategy, 19, seed=3, head=head) == first
    assert Trial().picks(strategy, 19, seed=3, head=head, workers=2) == first


@every
def test_a_single_candidate_is_picked(strategy, head):
    trial = Trial()
    trial.candidates = trial.candidates[40:41]
    assert trial.picks(strategy, 5, head=head) == trial.candidates.tolist()


@every
def test_photographs_of_the_same_content_all_get_their_turn(strategy, head):
    trial = Trial()
    trial.features = trial.features[np.arange(ROWS) % 9]
    picks = trial.picks(strategy, 30, head=head)
    assert len(set(picks)) == 30


@pytest.mark.parametrize("strategy", ["random"])
def test_another_seed_or_batch_has_other_random_picks(strategy):
    first = Trial().picks(strategy, 19)
    assert Trial().picks(strategy, 19, seed=1) != first
    assert Trial().picks(strategy, 19, batch=3) != first


def test_a_strategy_of_scores_picks_what_the_head_is_least_sure_of():
    trial = Trial()
    logits = trial.features @ trial.head.weight.T + trial.head.bias
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    ordered = np.sort(shares / shares.sum(axis=1, keepdims=True), axis=1)
    margin = (ordered[:, -1] - ordered[:, -2])[trial.candidates]
    expected = trial.candidates[np.argsort(margin)[:8]]
    assert set(trial.picks("margin", 8)) == set(expected.tolist())
