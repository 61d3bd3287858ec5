"""The worked examples of CONTRIBUTING.md, added to a copy of the repository and run."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest
import yaml
from dry_runs import planned, snakemake
from PIL import Image
from workflow.conftest import EMBEDDINGS, write_embeddings

ROOT = Path(__file__).parents[1]
PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")

#: The files of the examples: (path, what stands in it).
EXAMPLES = dict(re.findall(r"(?m)`((?:workflow|tests)/[\w/.]+)`:\n\n```\w+\n((?:.*\n)*?)```$", PAGE))

#: What the page adds to lists: (name, list, its file).
LISTED = re.findall(r"add `(\"\w+\")` to `(\w+)` in `([\w/.]+)`", PAGE)

#: The tests that the page names.
TESTS = re.findall(r"(?m)^    \.venv/bin/pytest (.*)$", PAGE)

#: A score, as the function and the line of a table that the page shows.
SCORE, SCORE_LINE = re.search(
    r"(?s)above that table:\n\n```python\n(.*?)```\n\nand its line of the table:\n\n```python\n(.*?)```", PAGE
).groups()
SCORES, TABLE = "workflow/activepool/scores/uncertainty.py", "\n#: The scores by name"

CONFIGURATION = EMBEDDINGS | {"rounds": 2, "seeds": 1, "strategies": ["least_gap"]}
RUN = "results/trial/least_gap/seed0/round01"
TARGETS = [f"{RUN}/label_counts.csv", "results/trial/figures/log_likelihood.png"]


@pytest.fixture(scope="module")
def repository(tmp_path_factory):
    """A copy of the repository with the examples."""
    copy = tmp_path_factory.mktemp("repository")
    for name in ("workflow", "profiles", "envs", "tests"):
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("Snakefile", "pyproject.toml"):
        shutil.copy(ROOT / name, copy)
    for path, text in EXAMPLES.items():
        with (copy / path).open("a", encoding="utf-8") as file:
            file.write(text)
    for name, group, path in LISTED:
        before, beginning, tail = (copy / path).read_text(encoding="utf-8").partition(f"\n{group} = {{")
        (copy / path).write_text(f"{before}{beginning}{name}, {tail}", encoding="utf-8")
    text = (copy / SCORES).read_text(encoding="utf-8")
    assert text.count(TABLE) == 1 and text.endswith("}\n")
    text = text.replace(TABLE, f"\n{SCORE}\n{TABLE}").removesuffix("}\n") + SCORE_LINE + "}\n"
    (copy / SCORES).write_text(text, encoding="utf-8")
    return copy


def python(repository, *words):
    """Run Python on the copy; return what it printed."""
    done = subprocess.run(
        [sys.executable, *words],
        cwd=repository,
        env=os.environ | {"PYTHONPATH": str(repository / "workflow")},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_the_page_has_as_many_files_as_it_says():
    existing = {path for path in EXAMPLES if (ROOT / path).exists()}
    assert existing == {"workflow/rules/evaluation.smk"}
    assert len(EXAMPLES) + len(LISTED) == 3 + 2 + 2


def test_the_examples_run(repository, tmp_path):
    write_embeddings(tmp_path / "given.h5")
    (tmp_path / "trial.yaml").write_text(yaml.safe_dump(CONFIGURATION))
    snakemake(tmp_path, *TARGETS, repository=repository)
    counts = pd.read_csv(tmp_path / RUN / "label_counts.csv")
    assert counts["labels"].sum() == CONFIGURATION["initial"]["size"] + CONFIGURATION["budget"]
    assert (tmp_path / RUN / "provenance/label_counts.csv.json").is_file()
    Image.open(tmp_path / TARGETS[1]).load()
    assert "logit_gap" in (tmp_path / RUN / "selected.csv").read_text().partition("\n")[0]
    assert not planned(tmp_path, *TARGETS, repository=repository)
    # A change of its code reruns the new rule as it does any other.
    stage = repository / "workflow/activepool/stages/label_counts.py"
    text = stage.read_text()
    stage.write_text(text.replace("labels >= 0", "labels > 0"))
    assert planned(tmp_path, *TARGETS, repository=repository) == {"label_counts": 1}
    stage.write_text(text)


@pytest.mark.parametrize("words", TESTS)
def test_the_tests_that_the_page_names_pass(repository, words):
    python(repository, "-m", "pytest", "-q", "-p", "no:cacheprovider", *shlex.split(words))


@pytest.mark.parametrize("name", ["label_counts", "log_likelihood", "scores", "least_gap"])
def test_the_page_names_tests_of_each_kind(name):
    assert any(name in words for words in TESTS)


def test_the_stage_has_a_command_line(repository):
    printed = python(repository, "-m", "activepool.stages.label_counts", "--help")
    for words in ("--samples", "labelled.csv of a round", "--counts", "--provenance"):
        assert words in printed


def test_figure_and_strategy_are_found_by_existing(repository):
    program = "from activepool.figures.registry import FIGURES; print(*FIGURES); "
    program += "from activepool.strategies.registry import builtin_strategies; print(*builtin_strategies())"
    assert {"log_likelihood", "least_gap"} <= set(python(repository, "-c", program).split())
