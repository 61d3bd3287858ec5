"""Targets of a command line that do not exist."""

from types import SimpleNamespace

import pytest

from planning.runs.command_line import unknown_target

RULES = [
    SimpleNamespace(
        name=name,
        has_wildcards=lambda name=name: name == "train",
        output=["{experiment,trial}/{seed,[0-9]+}/head.h5", "log/{seed}.csv"],
    )
    for name in ("all", "figures", "train")
]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (["figurs", "--cores", "2"], "there is no target 'figurs'; did you mean 'figures'?"),
        (["--cores", "2", "all", "nothing"], "there is no target 'nothing'; there are all, figures"),
        (["--cores", "2"], None),
        (["figures", "all", "--cores", "2", "--configfile", "figurs"], None),
        (
            ["train", "--cores", "2"],
            "'train' makes files of many names; name one of them: trial/{seed}/head.h5, log/{seed}.csv",
        ),
        (["results/trial/curves.csv", "--cores", "2"], None),
        (["notes.txt", "--cores", "2"], None),
    ],
)
def test_a_target_is_a_rule_or_a_file(tmp_path, monkeypatch, words, problem):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("")
    assert unknown_target(["snakemake", *words], RULES) == problem


def test_of_another_programs_arguments_nothing_is_known():
    assert unknown_target(["pytest", "figurs"], RULES) is None
