"""This workflow as a module of another one, the one of docs/module.md."""

import re
import shutil
import subprocess
import sys

import pandas as pd
import pytest
from dry_runs import planned
from new_environments import new_environment, without_path
from workflow.conftest import write_embeddings
from workflow_runs import REPOSITORY

PAGE = (REPOSITORY / "docs" / "module.md").read_text(encoding="utf-8")
SNAKEFILE, SETTINGS = re.findall(r"(?s)```\w+\n(.*?)```", PAGE)


@pytest.fixture
def folder(tmp_path):
    """The folder of the other workflow."""
    write_embeddings(tmp_path / "features.h5")
    (tmp_path / "activepool").symlink_to(REPOSITORY)
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "settings.yaml").write_text(SETTINGS)
    return tmp_path


def run(folder, *arguments, python=sys.executable, **environment):
    """Run the other workflow; return its exit code and what it printed."""
    command = [python, "-m", "snakemake", "--cores", "2", *arguments]
    done = subprocess.run(
        command,
        cwd=folder,
        env=without_path() | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return done.returncode, done.stdout


def test_its_rules_join_those_of_the_other_workflow(folder):
    (folder / "settings.yaml").rename(folder / "trial.yaml")
    jobs = planned(folder, repository=folder)
    assert jobs["last_round"] == 1
    assert jobs["activepool_train"] == 3  # of the initial pool, and for each strategy
    assert not jobs["activepool_all"]


def test_a_mistake_in_its_section_names_the_module(folder):
    (folder / "settings.yaml").write_text(SETTINGS.replace("budget:", "budgett:"))
    code, printed = run(folder, "--dry-run")
    assert code == 1
    assert "module activepool: budgett: unknown key; did you mean 'budget'?" in printed


def test_a_prefix_is_refused(folder):
    (folder / "Snakefile").write_text(
        SNAKEFILE.replace("    config:\n", '    prefix: "elsewhere"\n    config:\n')
    )
    code, printed = run(folder, "--dry-run")
    assert code == 1
    assert "activepool: the module cannot have a prefix" in printed


def test_a_module_without_a_clone_is_refused(folder):
    """Snakemake fetches the rules of a repository by themselves, without the library."""
    github = 'github("us/activepool", path="Snakefile", branch="main")'
    (folder / "Snakefile").write_text(SNAKEFILE.replace('"activepool/Snakefile"', github))
    repository = folder / "us" / "activepool"
    shutil.copytree(REPOSITORY / "workflow" / "rules", repository / "workflow" / "rules")
    shutil.copy(REPOSITORY / "Snakefile", repository)
    git = ["git", "-C", str(repository), "-c", "user.name=us", "-c", "user.email=us@example.com"]
    for command in (
        ["init", "--quiet", "--initial-branch", "main"],
        ["add", "."],
        ["commit", "--quiet", "-m", "."],
    ):
        subprocess.run([*git, *command], check=True)
    elsewhere = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{folder}/us/.insteadOf",
        "GIT_CONFIG_VALUE_0": "https://github.com/us/",
        "XDG_CACHE_HOME": str(folder / "cache"),
    }
    code, printed = run(folder, "--dry-run", **elsewhere)
    assert code == 1
    assert "activepool: the module needs a clone" in printed


@pytest.mark.long
def test_the_other_workflow_runs(folder):
    """It runs where the library is not installed, and its onstart calls that of the module."""
    python = new_environment(folder / "new")
    code, printed = run(folder, python=python)
    assert code == 0, printed
    (last,) = (folder / "last_round.csv").read_text().splitlines()
    curves = pd.read_csv(folder / "results/trial/curves.csv")
    assert last.split(",")[0] == str(curves.iloc[-1, 0])
    assert list((folder / ".snakemake/activepool/code").iterdir())
    assert "Nothing to be done" in run(folder, python=python)[1]
