"""The numbers of the stages' command lines: what is none of theirs is told of in one line."""

import sys

import pytest

from activepool.stages import curves, extract, initial_pool, validation

FILES = {
    validation: ["--samples", "dataset.h5", "--fraction", "0.1", "--output", "validation.csv"],
    initial_pool: ["--samples", "dataset.h5", "--validation", "validation.csv", "--kind", "random"],
    extract: ["--dataset", "dataset.h5", "--backbone", "{}", "--checkpoint", "none", "--output", "a.h5"],
    curves: ["--folder", "results", "--initial", "initial_random", "--strategies", "random"],
}


@pytest.mark.parametrize(
    ("stage", "options", "told"),
    [
        (validation, ["--seed", "-1"], "argument --seed: '-1' is not a whole number from 0 on"),
        (validation, ["--seed", "1.5"], "argument --seed: '1.5' is not a whole number from 0 on"),
        (validation, ["--seed", "one"], "argument --seed: 'one' is not a whole number from 0 on"),
        (validation, [], "the following arguments are required: --seed"),
        (initial_pool, ["--size", "0"], "argument --size: '0' is not a whole number from 1 on"),
        (extract, ["--batch-size", "0"], "argument --batch-size: '0' is not a whole number from 1 on"),
        (extract, ["--views", "-2"], "argument --views: '-2' is not a whole number from 0 on"),
        (curves, ["--seeds", "0", "-1"], "argument --seeds: '-1' is not a whole number from 0 on"),
        (curves, ["--rounds", "0"], "argument --rounds: '0' is not a whole number from 1 on"),
    ],
)
def test_a_wrong_command_line_is_one_line(stage, options, told, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["stage.py"])
    with pytest.raises(SystemExit) as stopped:
        stage.command_line().parse_args([*FILES[stage], *options])
    assert stopped.value.code == 2
    assert capsys.readouterr().err == f"activepool: stage.py: {told}\n"


def test_numbers_are_read():
    arguments = validation.command_line().parse_args([*FILES[validation], "--seed", "0"])
    assert arguments.seed == 0
