"""The files by which GitHub, pre-commit and the Snakemake workflow catalogue know the repository."""

import re

import pytest
import yaml
from workflow_runs import REPOSITORY

PINNED = dict(re.findall(r"(?m)^([\w-]+)==(\S+)", (REPOSITORY / "envs/requirements.lock").read_text()))
WORKFLOWS = sorted((REPOSITORY / ".github" / "workflows").glob("*.yml"))


def test_hooks_have_the_versions_of_the_lock():
    """`make lint` and pre-commit would else undo each other's work; after `make lock`, set `rev` by hand."""
    repositories = yaml.safe_load((REPOSITORY / ".pre-commit-config.yaml").read_text())["repos"]
    names = [repository["repo"].rpartition("/")[2].removesuffix("-pre-commit") for repository in repositories]
    assert names == ["ruff", "snakefmt"]
    assert [repository["rev"] for repository in repositories] == [f"v{PINNED[name]}" for name in names]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_workflows_call_what_is_there(workflow):
    targets = re.findall(r"(?m)^([\w-]+):", (REPOSITORY / "Makefile").read_text())
    steps = [step for job in yaml.safe_load(workflow.read_text())["jobs"].values() for step in job["steps"]]
    commands = [step["run"] for step in steps if "run" in step]
    assert commands
    for command in commands:
        program, name = command.split()[-2:]
        assert name in targets if program == "make" else (REPOSITORY / name).is_file()


def test_the_catalogue_reads_the_usage():
    usage = yaml.safe_load((REPOSITORY / ".snakemake-workflow-catalog.yml").read_text())["usage"]
    assert set(usage) <= {"mandatory-flags", "software-stack-deployment", "report"}
    assert set(usage["software-stack-deployment"]) == {"conda", "apptainer", "apptainer+conda"}


def test_no_two_test_files_have_one_name():
    """Pytest could not collect both."""
    names = [path.name for path in (REPOSITORY / "tests").rglob("test_*.py")]
    assert [name for name in sorted(set(names)) if names.count(name) > 1] == []
