"""The labelled set of round 0: the strategies that may pick it, and what it depends on."""

from typing import get_args

import pytest
from rules_read import Rules

from activepool.strategies.registry import builtin_strategies
from planning.configuration.sections import Initial

CONFIGURATION = {
    "experiment": "trial",
    "dataset": {"kind": "digits"},
    "backbone": {"architecture": "identity", "image_size": 8},
    "validation": {"fraction": 0.1},
    "budget": 10,
    "rounds": 3,
    "strategies": ["random"],
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def provenance(kind, **changes):
    rules = Rules(CONFIGURATION | {"initial": {"kind": kind, "size": 30}} | changes)
    rule = "initial_labelled" if kind in ("random", "balanced") else f"select_initial_{kind}"
    return rules.provenance(rule, kind=kind)


def test_each_kind_is_a_strategy_that_needs_neither_label_nor_option_or_balanced():
    able = {
        name
        for name, strategy in builtin_strategies().items()
        if not (strategy.reads_labels or strategy.is_scored or strategy.wrapped)
        and set(strategy.reads) <= {"features"}
        and all(option.default is not option.empty for option in strategy.options.values())
    }
    kinds = set(get_args(Initial.model_fields["kind"].annotation))
    assert kinds - able == {"balanced"}


@pytest.mark.parametrize("kind", ["random", "typiclust"])
def test_only_what_a_strategy_picks_depends_on_the_features(kind):
    changed = provenance(kind, features={"dtype": "float32"})
    assert (changed != provenance(kind)) == (kind == "typiclust")


def test_picks_of_round_0_depend_on_the_code_of_their_strategy():
    kinds = {"random": "kmeans", "margin": "coreset"}
    initial = {"kind": "typiclust", "size": 30, "by_strategy": kinds}
    rules = Rules(CONFIGURATION | {"initial": initial, "strategies": ["random", "margin", "base"]})
    names = {kind: f"select_initial_{kind}" for kind in ("kmeans", "coreset", "typiclust")}
    assert all(rules.stage(name) == "select_initial" for name in names.values())
    digests = {name: rules.provenance(name, kind=kind)[name] for kind, name in names.items()}
    assert len(set(digests.values())) == 3
    assert digests.items() <= rules.provenance("curves").items()
