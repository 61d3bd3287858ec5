"""The words that rules pass to a stage come back from its command line, whatever they begin with."""

import shlex
from collections.abc import Sequence

import numpy as np
import pytest
from rules_read import Rules
from snakemake.iocontainers import Wildcards

from activepool.programs.command_line import CommandLine
from activepool.programs.stage import Input, Output, stage
from planning.stages.arguments import option_words

PROJECT = {"project": "p", "embeddings": "v.npy", "batch": 2}


@stage
def example(result: Output, pieces: list[Input], names: Sequence[str] = ()) -> None:
    """Do nothing."""


@pytest.mark.parametrize(
    "names",
    [
        [],
        ["cat", "dog"],
        ["cat", "-dog", "bird"],
        ["-dog"],
        ["--help"],
        ["--log=x", "--names", "-h", "--", "-", "-1", "", "a b", "- b", "a=b", "-a=b"],
        ["--"],
    ],
)
def test_values_of_a_list_come_back(names):
    words = ["--result", "r", *option_words("--pieces", names or ["p"]), *option_words("--names", names)]
    arguments = CommandLine(example).parse_args([*words, "--log", "log"])
    assert (arguments.names, arguments.pieces) == (names, names or ["p"])
    assert (arguments.result, arguments.log) == ("r", "log")


@pytest.mark.parametrize("path", ["-r", "--help", "r"])
def test_a_single_value_comes_back(path):
    assert (
        CommandLine(example).parse_args([*option_words("--result", [path]), "--pieces", "p"]).result == path
    )


def test_a_class_may_begin_with_a_dash(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    np.save("v.npy", np.eye(4))
    rules = Rules(PROJECT | {"classes": ["cat", "-dog", "--help"]})
    for name in ("training_labels", "status"):
        words = shlex.split(rules.by_name[name].params[0](Wildcards(fromdict={"batch": "b1"})))
        given = [word for word in words if word.startswith("--given")]
        assert given == ["--given-classes=cat", "--given-classes=-dog", "--given-classes=--help"]
