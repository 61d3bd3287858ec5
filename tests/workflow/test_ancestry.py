"""The stages in a job's record are those whose files it reads in Snakemake's plan, directly or not."""

import re

import pytest
import yaml
from dry_runs import snakemake
from rerun_trials import IMAGES, write_images
from workflow.conftest import EMBEDDINGS, write_embeddings

from planning.chain import Chain
from planning.configuration import Experiment

VAAL = {"strategy": "vaal", "image_size": 16}
FINETUNING = {
    **IMAGES,
    "strategies": ["random", "coreset", "margin", "cluster_margin", "balancing", VAAL],
    "rounds": 3,
    "head": {"solver": "finetune"},
}

#: Rules that are not called as their stage.
STAGES = {
    "select_with_state": "select",
    "figure_pretraining": "pretraining_figure",
}

#: Rules whose jobs read the rounds of all strategies.
OF_ALL_ROUNDS = ("curves", "selections", "costs", "feature_map", "figure_", "table_")

#: A job of a dry-run: (rule, inputs, outputs).
JOB = re.compile(r"(?m)^ *rule (\w+):\n(?: +input: (.*)\n)? +output: (.*)$")


@pytest.mark.parametrize(
    "configuration",
    [
        EMBEDDINGS,
        EMBEDDINGS | {"pool_shards": 2},
        {**IMAGES, "strategies": FINETUNING["strategies"], "rounds": 3},
        FINETUNING,
        FINETUNING | {"pool_shards": 3},
    ],
    ids=["embeddings", "embeddings in shards", "images", "finetuning", "finetuning in shards"],
)
def test_ancestry_is_that_of_the_plan(configuration, tmp_path, monkeypatch):
    write_embeddings(tmp_path / "given.h5")
    write_images(tmp_path)
    (tmp_path / "trial.yaml").write_text(yaml.safe_dump(configuration))
    stage_of, inputs_of = plan(tmp_path)
    monkeypatch.chdir(tmp_path)
    experiment = Experiment.model_validate(configuration)
    chain = Chain(experiment)
    seen = set()
    for file, stage in stage_of.items():
        if stage.startswith(OF_ALL_ROUNDS):
            continue
        strategy, round_number = place(file, experiment)
        found = chain.ancestry(stage, strategy, first_query=round_number == 1)
        assert found[-1] == stage
        assert set(found) == ancestors(file, stage_of, inputs_of), (file, stage)
        seen.add(stage)
    assert {"validation", "initial_pool", "score", "select", chain.training} <= seen


def plan(folder):
    """Return the stage and the inputs of each file that a run would write."""
    stage_of, inputs_of = {}, {}
    for rule, inputs, outputs in JOB.findall(snakemake(folder, "--dry-run")):
        for file in outputs.split(", "):
            stage_of[file] = STAGES.get(rule, rule)
            inputs_of[file] = inputs.split(", ")
    return stage_of, inputs_of


def place(file, experiment):
    """Return strategy and round that a file is of, None where it has none."""
    part, number = (
        re.search(rf"(?<={experiment.experiment}/)[^/]+(?=/seed)|(?<=contact_sheet_)[^/]+(?=\.png)|$", file),
        re.search(r"round(\d+)|$", file),
    )
    strategy = part[0] if part[0] in {one.folder for one in experiment.strategies} else None
    return strategy, int(number[1]) if number[1] else None


def ancestors(file, stage_of, inputs_of):
    """Return the stages of a file and of all that it is made from."""
    visited, waiting = set(), [file]
    while waiting:
        one = waiting.pop()
        if one in stage_of and one not in visited:
            visited.add(one)
            waiting.extend(inputs_of[one])
    return {stage_of[one] for one in visited}
