"""The rounds of an experiment: which there are, and where their files lie."""

from pathlib import Path

import numpy as np
import pytest

from activepool.errors import InputError
from activepool.io.index_files import write_index
from activepool.io.rounds import Rounds, Run, read_selections

CONTENT = {"folder": "results", "initial": "initial_random", "strategies": ["base", "random"]}
CONTENT |= {"seeds": [0, 12], "rounds": 3}


def test_each_seed_has_a_shared_round_and_those_of_each_strategy():
    rounds = Rounds.parse(CONTENT)
    assert rounds == Rounds("results", "initial_random", ["base", "random"], [0, 12], 3)
    assert rounds.runs() == [
        *(Run(None, 0, 0), Run(None, 12, 0)),
        *(Run("base", 0, 1), Run("base", 0, 2), Run("base", 12, 1), Run("base", 12, 2)),
        *(Run("random", 0, 1), Run("random", 0, 2), Run("random", 12, 1), Run("random", 12, 2)),
    ]


def test_one_round_is_shared_by_all():
    assert Rounds.parse(CONTENT | {"rounds": 1}).runs() == [Run(None, 0, 0), Run(None, 12, 0)]


def test_a_strategy_may_start_from_a_round_0_of_its_own():
    rounds = Rounds.parse(CONTENT | {"own_initial": {"base": "initial_balanced"}, "rounds": 2})
    assert rounds.runs() == [
        *(Run(None, 0, 0), Run(None, 12, 0)),
        *(Run("base", 0, 0), Run("base", 0, 1), Run("base", 12, 0), Run("base", 12, 1)),
        *(Run("random", 0, 1), Run("random", 12, 1)),
    ]
    assert rounds.path(Run("base", 12, 0), "head.h5") == Path(
        "results/initial_balanced/seed12/round00/head.h5"
    )
    assert (rounds.strategies_of(None), rounds.strategies_of("base")) == (["random"], ["base"])
    initial = {"base": "initial_balanced", "random": "initial_typiclust"}
    assert Run(None, 0, 0) not in Rounds.parse(CONTENT | {"own_initial": initial}).runs()


@pytest.mark.parametrize(
    ("run", "path"),
    [
        (Run(None, 3, 0), "results/initial_random/seed3/round00/metrics.json"),
        (Run("base", 12, 7), "results/base/seed12/round07/metrics.json"),
        (Run("base", 0, 123), "results/base/seed0/round123/metrics.json"),
    ],
)
def test_files_lie_where_the_contract_says(run, path):
    assert Rounds.parse(CONTENT).path(run, "metrics.json") == Path(path)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"seeds": [0, -1]}, "runs: seeds: -1 is not a whole number of at least 0"),
        ({"seeds": ["0"]}, "runs: seeds: '0' is not a whole number of at least 0"),
        ({"seeds": [True]}, "runs: seeds: True is not a whole number of at least 0"),
        ({"rounds": 0}, "runs: rounds: 0 is not a whole number of at least 1"),
        ({"rounds": 1.5}, "runs: rounds: 1.5 is not a whole number of at least 1"),
        (
            {"own_initial": {"margin": "initial_balanced"}},
            "runs: own_initial: must be a folder for each of some",
        ),
        ({"round": 1}, "runs: got an unexpected keyword argument 'round'"),
    ],
)
def test_impossible_values_are_named(changes, words):
    with pytest.raises(InputError, match=words):
        Rounds.parse(CONTENT | changes)


def test_a_missing_key_is_named():
    with pytest.raises(InputError, match="runs: missing 1 required positional argument: 'rounds'"):
        Rounds.parse({name: value for name, value in CONTENT.items() if name != "rounds"})


@pytest.fixture
def rounds(tmp_path):
    """Rounds whose selections lie in tmp_path: the picks of a round are named after its place."""
    rounds_parsed = Rounds.parse(CONTENT | {"folder": str(tmp_path)})
    for place, run in enumerate(rounds_parsed.runs()):
        write_index(rounds_parsed.path(run, "selected.csv"), {"index": np.array([place, place + 100])})
    return rounds_parsed


def test_files_are_those_of_all_rounds_and_must_be_there(rounds):
    files = rounds.files("selected.csv")
    assert list(files) == rounds.runs()
    assert all(path == rounds.path(run, "selected.csv") for run, path in files.items())
    files[Run("random", 12, 1)].unlink()
    words = r"random/seed12/round01/selected\.csv: there is no such file, and every round must have its own"
    with pytest.raises(InputError, match=words):
        rounds.files("selected.csv")


def test_selections_of_a_seed_begin_with_the_shared_round(rounds):
    picks = read_selections(rounds, 12)
    assert {name: [rows.tolist() for rows in of_strategy] for name, of_strategy in picks.items()} == {
        "base": [[1, 101], [4, 104], [5, 105]],
        "random": [[1, 101], [8, 108], [9, 109]],
    }


def test_selections_of_a_strategy_begin_with_its_own_round_0(tmp_path):
    content = CONTENT | {"folder": str(tmp_path), "own_initial": {"base": "initial_balanced"}}
    rounds = Rounds.parse(content)
    for place, run in enumerate(rounds.runs()):
        write_index(rounds.path(run, "selected.csv"), {"index": np.array([place])})
    picks = read_selections(rounds, 12)
    assert {name: np.concatenate(rows).tolist() for name, rows in picks.items()} == {
        "base": [5, 6, 7],
        "random": [1, 10, 11],
    }
