"""Strategies within strategies: what they declare, and that they pick what they would pick alone."""

from dataclasses import replace

import numpy as np
import pytest
from queries import Problem

from activepool.api.options import validate_options
from activepool.compute.seeds import generator
from activepool.errors import InputError
from activepool.strategies.registry import builtin_strategies, find_strategy

SEALED = {"strategy": "seals", "of": {"strategy": "power", "of": "margin", "beta": 2.0}, "neighbours": 9}
NESTED = {
    "schedule": {"first": SEALED, "rounds": 2, "then": "cluster_margin"},
    "partitioned": {"wraps": {"strategy": "schedule", "first": "badge", "rounds": 1, "then": "base"}},
    "seals": {"of": {"strategy": "power", "of": "cluster_margin"}, "neighbours": 3},
    "anchoral": {"of": {"strategy": "partitioned", "wraps": "balancing", "partitions": 2}},
}


@pytest.mark.parametrize("name", NESTED)
@pytest.mark.parametrize("round_number", [1, 2, 3])
def test_wrappers_nest(name, round_number):
    problem, strategy = Problem(size=400), builtin_strategies()[name]
    arguments = {"options": NESTED[name], "round_number": round_number}
    first = problem.select(strategy, 23, **arguments).index
    assert len(set(first.tolist())) == 23 and np.isin(first, problem.unlabelled).all()
    assert problem.select(strategy, 23, **arguments, workers=2).index.tolist() == first.tolist()


def test_a_wrapper_reads_what_it_wraps_and_what_it_reads_itself():
    sealed = find_strategy("seals", {"of": "balancing"})
    assert set(sealed.reads) == {"features", "head", "remaining_budget"} and sealed.reads_labels
    assert not find_strategy("seals", {"of": "coreset"}).reads_labels
    assert find_strategy("power", {"of": "entropy"}).scores == ("entropy",)
    assert find_strategy("schedule", {"first": "vaal", "rounds": 1, "then": "random"}).image_model


def test_scores_of_a_narrowed_pool_are_not_made_for_the_whole():
    sealed = find_strategy("seals", {"of": "base"})
    assert sealed.scores == () and set(sealed.reads) == {"features", "head"}
    assert find_strategy("seals", {"of": "coreset"}).reads == ("features",)
    assert find_strategy("partitioned", {"wraps": "coreset"}).precompute is None


def test_a_round_reads_what_its_strategy_reads():
    schedule_of_two = find_strategy("schedule", {"first": "coreset", "rounds": 2, "then": "base"})
    assert (
        schedule_of_two.scores == ("boundary",) and schedule_of_two.precompute and schedule_of_two.keeps_state
    )
    first, then = schedule_of_two.in_round(2), schedule_of_two.in_round(3)
    assert first.reads == ("features",) and first.scores == () and first.precompute and first.keeps_state
    assert set(then.reads) == {"features", "head", "nearest"} and not then.precompute


def test_nested_schedules_read_what_the_round_does():
    entry = {"strategy": "schedule", "first": "random", "rounds": 1, "then": "entropy"}
    strategy = find_strategy("power", {"of": "margin"} | {"of": entry | {"first": "margin"}})
    assert [strategy.in_round(number).scores for number in (1, 2)] == [("margin",), ("entropy",)]
    assert find_strategy("partitioned", {"wraps": entry}).in_round(1).reads == ()


def test_stages_get_the_options_of_what_they_run():
    options = {"first": {"strategy": "cluster_margin", "margin_factor": 3, "leaves": 7}, "rounds": 2}
    options |= {"then": {"strategy": "vaal", "epochs": 4}}
    strategy = find_strategy("schedule", options | {"then": "badge"})
    assert strategy.options_of("prepare", options) == {
        "first": {"strategy": "cluster_margin", "leaves": 7},
        "then": {"strategy": "badge"},
        "rounds": 2,
    }
    assert strategy.options_of("select", options) == options
    assert find_strategy("power", {"of": "margin"}).options_of("score", {"of": "margin", "beta": 2}) == {}


def test_arrays_of_two_strategies_do_not_mix():
    """Both prepare clusters; each finds its own, and a strategy alone finds the same."""
    problem = Problem(size=300)
    options = {"first": {"strategy": "cluster_margin", "clusters": 3}, "rounds": 1}
    options |= {"then": {"strategy": "cluster_margin", "clusters": 40}}
    schedule = builtin_strategies()["schedule"]
    query = problem.query(schedule, 9, options=options)
    assert set(query.prepared) == {"first.cluster", "then.cluster"}
    for number, option in ((1, "first"), (2, "then")):
        wrapper = find_strategy("schedule", options)
        now = replace(query, round_number=number, generator=generator(0, number, "any"))
        clusters = {"cluster": query.prepared[f"{option}.cluster"]}
        inner_query = replace(now, prepared=clusters, generator=generator(0, number, "any"))
        picks = find_strategy("cluster_margin").pick(inner_query).index
        assert wrapper.pick(now, **options).index.tolist() == picks.tolist()


def test_state_passes_through_to_the_same_strategy():
    problem = Problem(size=200)
    options = {"first": "coreset", "rounds": 5, "then": "random"}
    selection = problem.select(builtin_strategies()["schedule"], 7, options=options)
    assert set(selection.state) == {"first.distance", "first.seen", "first.centers"}
    schedule = find_strategy("schedule", options)
    problem.labelled = np.concatenate([problem.labelled, selection.index])
    query = replace(problem.query(schedule, 7, options=options), state=selection.state)
    num_compared = schedule.precompute(query)["first.seen"]
    assert (num_compared > 0).any()
    again = schedule.pick(query, **options).index
    assert again.tolist() == problem.select(find_strategy("coreset"), 7).index.tolist()


def test_the_files_of_all_strategies_count():
    strategy = find_strategy("schedule", {"first": SEALED, "rounds": 1, "then": "badge"})
    names = {file.name for file in strategy.files}
    assert names == {"schedule.py", "seals.py", "power.py", "margin.py", "badge.py"}


@pytest.mark.parametrize(
    ("name", "options", "problem"),
    [
        ("power", {}, "option 'of' is missing"),
        ("power", {"of": "margn"}, "option 'of': strategy 'margn' does not exist; did you mean 'margin'?"),
        (
            "power",
            {"of": 3},
            "option 'of': must be a strategy: its name, file.py:function, or {strategy: name, ...}",
        ),
        (
            "power",
            {"of": {"beta": 1}},
            "option 'of': must be a strategy: its name, file.py:function, or {strategy: name, ...}",
        ),
        ("power", {"of": "coreset"}, "option 'of': 'coreset' does not pick by a score of the head"),
        ("power", {"of": "base"}, "option 'of': 'base' does not pick by a score of the head"),
        (
            "power",
            {"of": {"strategy": "seals", "of": "random"}},
            "option 'of.of': 'random' does not pick by a score of the head",
        ),
        (
            "seals",
            {"of": {"strategy": "cluster_margin", "leafs": 3}},
            "option 'of': cluster_margin has no option 'leafs'; did you mean 'leaves'?",
        ),
        (
            "seals",
            {"of": {"strategy": "power", "of": "margin", "beta": 0}},
            "option 'of': power: option 'beta': input should be greater than 0",
        ),
        (
            "schedule",
            {"first": "vaal", "rounds": 1, "then": "margin"},
            "option 'first': 'schedule' cannot combine 'vaal', which learns from images",
        ),
    ],
)
def test_mistakes_name_the_option(name, options, problem):
    (line,) = validate_options(find_strategy(name), options)[1]
    assert line.startswith(problem)


def test_options_within_get_their_defaults_and_types():
    options, problems = validate_options(find_strategy("seals"), {"of": {"strategy": "power", "of": "mase"}})
    assert problems == []
    assert options == {
        "of": {"strategy": "power", "of": {"strategy": "mase"}, "beta": 1.0},
        "neighbours": 100,
    }


def test_a_users_own_strategy_can_be_wrapped(tmp_path):
    (tmp_path / "own.py").write_text(
        "import numpy as np\n"
        "from activepool.strategies.declaration import strategy\n"
        "from activepool.strategies.query import Selection\n"
        "@strategy(source='here', scores=('margin',))\n"
        "def own(query, *, end: int | None = None):\n"
        "    return Selection(query.unlabelled[-query.budget:end])\n"
    )
    name, problem = f"{tmp_path}/own.py:own", Problem()
    picks = problem.select(find_strategy("seals"), 5, options={"of": name, "neighbours": 157}).index
    assert picks.tolist() == problem.unlabelled[-5:].tolist()
    with pytest.raises(InputError, match=r"does not pick by Query\.smallest, .*; let it end with"):
        problem.select(find_strategy("power"), 5, options={"of": name})


@pytest.mark.parametrize("first_line", ["", "from __future__ import annotations"])
def test_a_users_own_strategy_can_wrap(tmp_path, first_line):
    (tmp_path / "own.py").write_text(
        f"{first_line}\n"
        "from activepool.strategies.declaration import strategy\n"
        "from activepool.strategies.wrapping import Wrapped\n"
        "@strategy(source='here', reads_labels=False, narrows_pool=True)\n"
        "def own(query, *, of: Wrapped, those: list[Wrapped]):\n"
        "    half = query.part(slice(0, -1, 2))\n"
        "    return those[1].pick(half)\n"
    )
    name, problem = f"{tmp_path}/own.py:own", Problem()
    options, problems = validate_options(find_strategy(name), {"of": "base", "those": ["random", "margin"]})
    assert problems == []
    assert options == {
        "of": {"strategy": "base"},
        "those": [{"strategy": "random"}, {"strategy": "margin"}],
    }
    picks = problem.select(find_strategy(name), 9, options=options).index
    half = problem.unlabelled[:-1:2]
    whole = problem.select(find_strategy("margin"), len(problem.unlabelled)).index
    assert picks.tolist() == [row for row in whole.tolist() if row in half][:9]
