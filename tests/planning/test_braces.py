"""Paths with braces, which Snakemake takes for wildcards and for what it should format."""

import shlex
import subprocess
from pathlib import Path
from types import SimpleNamespace

import pytest
from rules_read import digests_of
from snakemake.io import contains_wildcard
from snakemake.utils import format as formatted

from planning.configuration.experiment import Experiment
from planning.paths import Paths, has_wildcards
from planning.runs.submission import shell_prefix
from planning.stages.arguments import StageArguments
from planning.stages.late_labels import LateLabels
from planning.stages.settings import ExperimentSettings

PATHS = [
    "w {run}.pth",
    "w{ a }",
    "w{a,b}",
    "{a}{b}",
    "{é}",
    "w {a-b}.pth",
    "w {}.pth",
    "w {",
    "}w{",
    "w{{a}}.pth",
    "w",
]


def paths_of(checkpoint):
    configuration = {"experiment": "trial", "dataset": {"kind": "digits", "annotations": checkpoint}}
    configuration |= {"backbone": {"architecture": "small", "image_size": 8, "checkpoint": checkpoint}}
    configuration |= {"initial": {"size": 30}, "budget": 10, "rounds": 2, "strategies": ["random"]}
    return Paths(Experiment.model_validate(configuration))


@pytest.mark.parametrize("path", PATHS)
def test_wildcards_are_those_that_snakemake_would_see(path):
    assert has_wildcards(path) == contains_wildcard(path)


@pytest.mark.parametrize("path", PATHS)
def test_weights_are_an_input_or_count_by_their_content(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    paths = paths_of(path)
    (tmp_path / path).write_bytes(b"first")
    first = digests_of(paths.experiment).describe("extract", {}, {})
    (tmp_path / path).write_bytes(b"second")
    is_input = paths.checkpoint_inputs == [path]
    assert is_input == (not has_wildcards(path))
    assert is_input == (digests_of(paths.experiment).describe("extract", {}, {}) == first)
    _, unrecorded = StageArguments(
        None, ExperimentSettings(paths.experiment, paths), LateLabels(paths).digest
    )("extract")
    words = shlex.split(unrecorded({}, {"checkpoint": "copy"} if is_input else {}, {}))
    assert words == ["--checkpoint", "copy" if is_input else path]


@pytest.mark.parametrize("path", [*PATHS, "'{q}' \"$HOME\" `x` \\n", "a\nb {c}", "-é"])
def test_a_shell_of_a_job_gets_its_paths_as_they_are(path):
    workflow = SimpleNamespace(deployment_settings=SimpleNamespace(deployment_method=set()))
    prefix = formatted(shell_prefix(workflow, Path(f"/clone {path}"), path))
    command = prefix + shlex.join(["printenv", "-0", "PYTHONPATH", "ACTIVEPOOL_IMAGES"])
    printed = subprocess.run(["/bin/bash", "-c", command], stdout=subprocess.PIPE, encoding="utf-8").stdout
    assert printed.split("\0")[:2] == [f"/clone {path}/workflow", path]
