"""The page on finetuning: its experiments run, and its table has the settings of the ready ones."""

import pandas as pd
import pytest
import yaml
from test_readme import ROOT, blocks, sections
from workflow_runs import Folder

from planning.checks.experiment import check
from planning.configuration.loading import load

PAGE = ROOT / "docs" / "finetuning.md"
EXPERIMENTS = ROOT / "workflow" / "experiments"


def configurations():
    """Return the experiments of the page, from pretrained weights and from scratch."""
    pretrained, changes = (yaml.safe_load(block) for block in blocks(PAGE) if sections(block))
    from_scratch = {key: value for key, value in pretrained.items() if key != "pretrain"} | changes
    return {"finetuned": pretrained, "from_scratch": from_scratch}


@pytest.mark.parametrize("name", configurations())
def test_the_experiments_of_the_page_have_no_problem_and_no_notice(name, capsys):
    experiment = load(configurations()[name], "my.yaml")
    check(experiment, "my.yaml")
    assert capsys.readouterr().err == ""
    assert experiment.experiment == name and experiment.changes_features
    assert len(experiment.seed_list) * (1 + len(experiment.strategies) * (experiment.rounds - 1)) == 21


@pytest.mark.long
@pytest.mark.parametrize("name", configurations())
def test_the_experiments_of_the_page_run_and_learn(name, tmp_path):
    folder = Folder(tmp_path, configurations()[name] | {"seeds": 1, "rounds": 2, "strategies": ["margin"]})
    folder.snakemake(f"results/{name}/curves.csv")
    curves = pd.read_csv(tmp_path / f"results/{name}/curves.csv")
    assert (curves.top1 > 0.5).all()
    assert (tmp_path / f"results/{name}/margin/seed0/round01/network.safetensors").is_file()


def test_the_table_has_the_settings_of_the_ready_experiments():
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    header, *rows = [
        line.strip("| ").split(" | ") for line in lines if "`workflow/ex" in line or ".yaml`" in line
    ]
    assert len(rows) == 4
    for file, *values in rows:
        head = load(yaml.safe_load((EXPERIMENTS / file.strip("`")).read_text()), file).head
        assert (head.momentum, head.batch_size, head.ties) == (0.9, 128, "latest")
        for key, value in zip(header[1:], values, strict=True):
            assert getattr(head, key.strip("`")) == yaml.safe_load(value.replace("5e-4", "0.0005")), (
                file,
                key,
            )
