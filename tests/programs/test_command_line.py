"""The command line of a stage: a mistake is one line, and its words become the function's arguments."""

import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

import pytest

from activepool.compute.blocks import Compute
from activepool.compute.shards import Shard
from activepool.errors import InputError
from activepool.programs.command_line import (
    CommandLine,
    function_arguments,
    input_files,
    output_files,
    settings,
)
from activepool.programs.stage import Count, Device, Folder, Input, Json, Natural, Output, Workers, stage
from activepool.stages.curves import curves
from activepool.stages.extract import extract
from activepool.stages.initial_labelled import initial_labelled
from activepool.stages.validation import validation

RUNS = {"folder": "results", "initial": "initial_random", "strategies": ["random"], "seeds": [0], "rounds": 2}

FILES = {
    validation: ["--samples", "dataset.h5", "--fraction", "0.1", "--validation", "validation.csv"],
    initial_labelled: [
        *("--samples", "dataset.h5", "--validation", "validation.csv", "--seed", "0"),
        *("--selected", "selected.csv", "--labelled", "labelled.csv"),
    ],
    extract: ["--dataset", "dataset.h5", "--backbone", '{"name": "small"}', "--features", "a.h5"],
    curves: ["--samples", "dataset.h5", "--curves", "curves.csv", "--class-counts", "class_counts.csv"],
}


@pytest.mark.parametrize(
    ("stage", "options", "told"),
    [
        (validation, ["--seed", "-1"], "argument --seed: '-1' is not a whole number of at least 0"),
        (validation, ["--seed", "1.5"], "argument --seed: '1.5' is not a whole number of at least 0"),
        (validation, ["--seed", "one"], "argument --seed: 'one' is not a whole number of at least 0"),
        (
            validation,
            ["--seed", "0", "--fraction", "some"],
            "argument --fraction: invalid float value: 'some'",
        ),
        (validation, [], "the following arguments are required: --seed"),
        (validation, ["--seed", "0", "--sed", "1"], "unrecognized arguments: --sed 1"),
        (
            validation,
            ["--seed", "0", "--provenance", "{"],
            "argument --provenance: '{' is not JSON",
        ),
        (
            initial_labelled,
            ["--kind", "random", "--size", "0"],
            "argument --size: '0' is not a whole number of at least 1",
        ),
        (
            initial_labelled,
            ["--kind", "clever", "--size", "1"],
            "argument --kind: invalid choice: 'clever' (choose from 'random', 'balanced')",
        ),
        (
            extract,
            ["--extraction", "batch"],
            "argument --extraction: 'batch' is not JSON (Expecting value",
        ),
        *(
            (
                extract,
                ["--extraction", text],
                f"argument --extraction: {text!r} is not a JSON object, such as {{}}",
            )
            for text in ("null", "3", "[]", '"x"')
        ),
        (
            extract,
            ["--extraction", "{}", "--shards", "0"],
            "argument --shards: '0' is not a whole number of at least 1",
        ),
        (
            extract,
            ["--extraction", "{}", "--workers", "0"],
            "argument --workers: '0' is not a whole number of at least 1",
        ),
        (curves, [], "the following arguments are required: --runs"),
    ],
)
def test_a_wrong_command_line_is_one_line(stage, options, told, capsys):
    with pytest.raises(SystemExit) as stopped:
        stage.run([*FILES[stage], *options])
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith(f"activepool: {stage.name}: {told}")


@pytest.mark.parametrize(
    ("stage", "options", "told"),
    [
        (
            extract,
            {"extraction": {"batch_size": 0}},
            "batch_size: Input should be greater than",
        ),
        (extract, {"extraction": {"views": -2}}, "views: Input should be greater than"),
        (curves, {"runs": RUNS | {"seeds": [0, -1]}}, "runs: seeds: -1 is not a whole number of at least 0"),
        (curves, {"runs": RUNS | {"rounds": 0}}, "runs: rounds: 0 is not a whole number of at least 1"),
    ],
)
def test_a_wrong_value_in_json_is_one_line(stage, options, told, capsys):
    words = [word for name, value in options.items() for word in (f"--{name}", json.dumps(value))]
    with pytest.raises(SystemExit) as stopped:
        stage.run([*FILES[stage], *words])
    assert stopped.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert told in line


def test_numbers_are_read():
    arguments = CommandLine(validation).parse_args([*FILES[validation], "--seed", "0"])
    assert function_arguments(validation, arguments) == {
        "samples": "dataset.h5",
        "fraction": 0.1,
        "seed": 0,
        "round_to": "samples",
        "validation": "validation.csv",
    }


def doubled(content: dict[str, Any]) -> dict[str, Any]:
    if "bad" in content:
        raise InputError("recipe: bad")
    return {name: 2 * value for name, value in content.items()}


@stage
def example(
    table: Input,
    pieces: list[Input],
    result: Output,
    size: Count,
    recipe: Annotated[dict[str, Any], Json(doubled, lambda content: content)],
    pictures: Sequence[Output] = (),
    folder: Folder = "logs",
    extra: Input | None = None,
    seed: Natural = 7,
    kind: Literal["fast", "exact"] = "exact",
    options: Mapping[str, Any] = {},
    names: Sequence[str] = (),
    ratio: float | None = None,
    shard: Shard = Shard(),
    compute: Compute = Compute(),
) -> None:
    """Do nothing."""


REQUIRED = ["--table", "t", "--pieces", "p0", "p1", "--result", "r", "--size", "3", "--recipe", '{"f": 1}']


def given_of(*options):
    return CommandLine(example).parse_args([*REQUIRED, *options])


def test_what_is_left_out_has_the_defaults_of_the_function():
    assert function_arguments(example, given_of("--device", "cpu")) == {
        **{"table": "t", "pieces": ["p0", "p1"], "result": "r", "size": 3, "recipe": {"f": 2}},
        **{"pictures": (), "folder": "logs", "extra": None, "seed": 7, "kind": "exact", "options": {}},
        **{"names": (), "ratio": None, "shard": Shard(), "compute": Compute("cpu", 1)},
    }


def test_what_is_given_reaches_the_function():
    words = [
        "--kind",
        "fast",
        "--options",
        '{"a": [1]}',
        "--names",
        "x",
        "y",
        "--ratio",
        "0.5",
        "--extra",
        "e",
    ]
    words += ["--shard", "1", "--shards", "3", "--device", "cpu", "--workers", "2", "--seed", "0"]
    arguments = function_arguments(example, given_of(*words))
    assert (arguments["kind"], arguments["options"], arguments["names"]) == ("fast", {"a": [1]}, ["x", "y"])
    assert (arguments["ratio"], arguments["extra"], arguments["seed"]) == (0.5, "e", 0)
    assert (arguments["shard"], arguments["compute"]) == (Shard(1, 3), Compute("cpu", 2))


def test_a_list_that_is_not_required_may_be_empty():
    assert given_of("--names").names == []


def test_device_and_workers_alone_stay_words():
    @stage
    def example_of_two(device: Device = "auto", workers: Workers = 1) -> None:
        """Do nothing."""

    arguments = CommandLine(example_of_two).parse_args(["--workers", "3"])
    assert function_arguments(example_of_two, arguments) == {"device": "auto", "workers": 3}


def test_an_impossible_value_is_an_input_error():
    arguments = CommandLine(example).parse_args([*REQUIRED, "--recipe", '{"bad": 1}'])
    with pytest.raises(InputError, match="recipe: bad"):
        function_arguments(example, arguments)
    with pytest.raises(InputError, match="shard: 3 of 2 does not exist"):
        function_arguments(example, given_of("--shard", "3", "--shards", "2"))


def test_input_files_are_those_that_exist_each_once_and_those_named_in_json(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("t", "p1", "f", "e"):
        (tmp_path / name).touch()
    assert input_files(example, given_of()) == ["t", "p1", "f"]
    assert input_files(example, given_of("--extra", "e", "--pieces", "p1", "t")) == ["t", "p1", "e", "f"]


def test_output_files_stand_in_their_order():
    assert output_files(example, given_of()) == ["r"]
    assert output_files(example, given_of("--pictures", "b", "a")) == ["r", "b", "a"]


def test_settings_are_what_was_given_beside_files():
    words = ["--ratio", "0.5", "--log", "log", "--provenance", "{}", "--folder", "elsewhere"]
    assert settings(example, given_of(*words)) == {
        **{"size": 3, "recipe": {"f": 1}, "seed": 7, "kind": "exact", "options": {}, "names": ()},
        **{"ratio": 0.5, "shard": 0, "shards": 1, "device": "auto", "workers": 1},
    }


def test_a_list_may_be_given_in_parts_for_values_that_begin_with_a_dash():
    assert given_of("--names=-x", "--names", "y", "z", "--names=--log").names == ["-x", "y", "z", "--log"]
    assert given_of("--pieces=-p").pieces == ["p0", "p1", "-p"]
