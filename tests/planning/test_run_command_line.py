"""Targets of a command line that do not exist."""

from types import SimpleNamespace

import pytest

from planning.runs.command_line import target_problem

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
        (["results/trial/curves.csv", "--cores", "2"], None),
        (["notes.txt", "--cores", "2"], None),
    ],
)
def test_a_target_is_a_rule_or_a_file(tmp_path, monkeypatch, words, problem):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "notes.txt").write_text("")
    assert target_problem(["snakemake", *words], RULES) == problem


@pytest.mark.parametrize(
    ("word", "file"),
    [
        ("tables", "results/trial/tables/area.csv"),
        ("table", "results/trial/tables/area.csv"),
        ("learning_curves", "results/trial/figures/learning_curves.pdf"),
        ("learning_curve.png", "results/trial/figures/learning_curves.pdf"),
    ],
)
def test_a_figure_or_table_is_a_file(word, file):
    folder = "results/trial"
    reported = [f"{folder}/figures/learning_curves.{form}" for form in ("pdf", "png")]
    reported += [f"{folder}/tables/{name}.csv" for name in ("area", "final")]
    hint = f"figures makes all figures and tables; one alone is a file, such as {file}"
    problem = target_problem(["snakemake", word], RULES, reported)
    assert problem == f"there is no target {word!r}; {hint}"
    misspelt = target_problem(["snakemake", "figurs"], RULES, reported)
    assert misspelt == "there is no target 'figurs'; did you mean 'figures'?"


def test_arguments_of_another_program_are_ignored():
    assert target_problem(["pytest", "figurs", "train"], RULES) is None


def test_a_rule_with_wildcards_in_its_outputs_is_not_a_target():
    problem = "'train' makes files of many names; name one of them: trial/{seed}/head.h5, log/{seed}.csv"
    assert target_problem(["snakemake", "all", "train", "--cores", "2"], RULES) == problem
    assert target_problem(["snakemake", "all", "figures", "--cores", "2"], RULES) is None
