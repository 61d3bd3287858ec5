"""No mistake of a configuration hides another, unless that one only follows from it."""

import pytest
import yaml
from small_experiments import VALID, changed, problems

from activepool.errors import InputError
from planning.checks.experiment import problems_beside_keys, problems_with_files
from planning.configuration.loading import load


def test_a_wrong_split_hides_no_other_mistake(capsys):
    wrong = changed("validation", "fraction", 0.001) | {"pool_shards": 999}
    lines = problems(wrong | {"initial": {"kind": "random", "size": 5000}})
    keys = ["validation.fraction", "pool_shards", "initial.size"]
    assert [line.split(": ")[1] for line in lines] == keys
    # The number of samples that are left depends on the split.
    (_,) = problems(changed("validation", "fraction", 0.001) | {"budget": 210})
    assert "the last query picks" not in capsys.readouterr().err


def test_mistakes_of_keys_hide_none_of_files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    raw = yaml.safe_load(VALID) | {
        "budget": "many",
        "backbone": {"architecture": "mine.py:net", "checkpoint": "none.pth", "image_size": 0},
        "strategies": ["margn"],
        "figures": {"colours": {"random": "blu"}},
    }
    with pytest.raises(InputError) as caught:
        load(raw, "mine.yaml", further=problems_with_files)
    keys = [line.split(": ")[1] for line in str(caught.value).splitlines()]
    assert sorted(keys) == [
        *("backbone.architecture", "backbone.checkpoint", "backbone.image_size"),
        *("budget", "figures.colours.random", "strategies.0.strategy"),
    ]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, "mine.yaml: dataset: none.csv: no such file; it must be"),
        ({"test_fraction": 3}, "mine.yaml: dataset.test_fraction: input should be less than"),
    ],
)
def test_mistakes_of_keys_hide_no_missing_data(tmp_path, monkeypatch, changes, words):
    monkeypatch.chdir(tmp_path)
    dataset = {"kind": "manifest", "path": "none.csv", **changes}
    with pytest.raises(InputError) as caught:
        load(changed("budget", 0) | {"dataset": dataset}, "mine.yaml", further=problems_beside_keys)
    about_data = [line for line in str(caught.value).splitlines() if ": dataset" in line]
    assert [line.startswith(words) for line in about_data] == [True]


@pytest.mark.parametrize(
    ("strategies", "keys"),
    [
        ([{"strategy": "badge", "centre": True}, "margin", "margin"], ["strategies.0", "strategies"]),
        ([{"strategy": "badge", "centre": True}, "badge"], ["strategies.0", "strategies"]),
        (
            [{"strategy": "badge", "name": "curves.csv"}, "margin", "margin"],
            ["strategies.0.name", "strategies"],
        ),
        (["margn", {"strategy": "badge", "name": "a/b"}], ["strategies.0.strategy", "strategies.1.name"]),
        (["random", 7], ["strategies.1"]),
    ],
)
def test_a_strategy_with_mistakes_hides_none_of_the_list(strategies, keys):
    lines = problems(changed("strategies", strategies))
    assert [line.split(": ")[1] for line in lines] == keys


def test_mistakes_of_scale_and_stand_in_hide_none_of_other_keys():
    raw = changed("budget", 0) | {"scale": 2, "stand_in": "digit"}
    keys = [line.split(": ")[1] for line in problems(raw)]
    assert keys == ["stand_in", "scale", "budget"]
