"""README and docs: the table of strategies, and every example as whoever copies it would use it."""

import re
import shlex
import subprocess
import textwrap
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from queries import Problem

from activepool.backbones.registry import build
from activepool.plugins import load_module
from activepool.strategies.registry import find_strategy
from planning.configuration.experiment import Experiment
from planning.configuration.loading import load, load_project
from planning.configuration.project import Project

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]

#: An experiment, to be completed by the sections of examples.
EXPERIMENT = """
experiment: example
dataset: {kind: digits}
backbone: {architecture: small}
initial: {size: 10}
budget: 10
rounds: 2
strategies: [random]
"""


def blocks(page):
    """Return the indented blocks of a page."""
    matches = re.finditer(r"(?m)(?:^    .*\n|^\n(?=    ))+", page.read_text(encoding="utf-8"))
    return [textwrap.dedent(block[0].strip("\n")) for block in matches]


def is_python(block):
    return re.search(r"(?m)^(from \S+ )?import ", block) is not None


def is_project(block):
    return re.search(r"(?m)^project: ", block) is not None


def sections(block):
    """Return the sections of an experiment's configuration that a block shows, each as text."""
    if is_project(block):
        return []
    parts = re.split(r"(?m)^(?=\w+:)|\n\n", block)
    return [part for part in parts if part.partition(":")[0] in Experiment.model_fields]


def commands(block):
    """Return the commands of a block that start snakemake or make, as words."""
    lines = block.replace("\\\n", " ").splitlines()
    words = [shlex.split(line, comments=True) for line in lines if re.match(r" *(snakemake|make) ", line)]
    return [word for word in words if "$cores" not in word]


def of_pages(parts_of):
    """Return what a function finds in the blocks of all pages, each with an identity for pytest."""
    return [
        pytest.param(part, id=f"{page.stem}-{number}")
        for page in PAGES
        for number, part in enumerate(part for block in blocks(page) for part in parts_of(block))
    ]


RULES = "\n".join(path.read_text() for path in [ROOT / "Snakefile", *(ROOT / "workflow/rules").glob("*.smk")])
TARGETS = set(re.findall(r"(?m)^ *(?:rule|use rule \w+ as) (\w+)", RULES))
GOALS = set(re.findall(r"(?m)^([\w-]+):", (ROOT / "Makefile").read_text()))


def test_the_table_of_strategies_is_up_to_date():
    module = load_module(str(ROOT / "docs" / "strategies.py"))
    page = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")
    assert module.table() in page, "run: python docs/strategies.py"


def test_every_block_of_the_readme_is_looked_at():
    further_blocks = [
        block
        for block in blocks(ROOT / "README.md")
        if not (
            is_python(block)
            or is_project(block)
            or sections(block)
            or commands(block)
            or block.startswith("results/")
        )
    ]
    assert not further_blocks


@pytest.mark.parametrize("section", of_pages(sections))
def test_sections_of_a_configuration_are_valid(section, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    written(ROOT / "README.md", tmp_path)
    load(yaml.safe_load(EXPERIMENT) | yaml.safe_load(section), "example.yaml")


@pytest.mark.parametrize("project", of_pages(lambda block: [block] if is_project(block) else []))
def test_projects_are_valid(project):
    assert load_project(yaml.safe_load(project), "example.yaml").batch > 0


@pytest.mark.parametrize("words", of_pages(commands))
def test_commands_are_those_of_snakemake_and_make(words, monkeypatch):
    monkeypatch.chdir(ROOT)
    program, *arguments = words
    if program == "make":
        assert set(arguments) <= GOALS
        return
    from snakemake.cli import parse_args

    # A profile may need variables of the environment.
    profiles = {argument for argument in arguments if argument.startswith("profiles/")}
    assert all(list(Path(argument).glob("config*.yaml")) for argument in profiles)
    _, parsed = parse_args(
        [argument for argument in arguments if argument not in {*profiles, "--workflow-profile"}]
    )
    assert {argument for argument in parsed.targets if not argument.startswith("results/")} <= TARGETS
    assert all(
        path.is_file() or path.name in ("my.yaml", "insects.yaml")
        for path in map(Path, parsed.configfile or ())
    )
    keys = {argument.partition("=")[0] for argument in parsed.config or ()}
    assert keys <= {*Experiment.model_fields, *Project.model_fields, "scale", "stand_in", "paper"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_links_lead_somewhere(page):
    for link in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8")):
        assert (page.parent / link).exists(), link


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_the_texts_of_links_to_pages_are_words(page):
    assert re.findall(r"\[([^]]*\.md)\]\(", page.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "block", of_pages(lambda block: [block] if commands(block) or block.startswith("for ") else [])
)
def test_shells_read_the_commands(block):
    subprocess.run(["bash", "-n"], input=block, text=True, check=True)


def written(page, folder):
    """Write the Python of a page as the file that its text names, and return its path."""
    (example,) = filter(is_python, blocks(page))
    (folder / "mine.py").write_text(example, encoding="utf-8")
    return folder / "mine.py"


@pytest.mark.parametrize("power", [0.0, 1.0])
def test_the_readmes_strategy_picks_what_it_says(tmp_path, power):
    readme = ROOT / "README.md"
    assert "`{strategy: mine.py:rarest}`" in readme.read_text(encoding="utf-8")
    strategy = find_strategy(f"{written(readme, tmp_path)}:rarest")
    raw = yaml.safe_load(EXPERIMENT) | {"strategies": [{"strategy": f"{tmp_path}/mine.py:rarest"}]}
    assert load(raw, "example.yaml").strategies[0].options == {"power": 1.0}
    problem = Problem()
    picked = problem.select(strategy, 9, options={"power": power}).index
    query = problem.query(strategy, 9)
    counts = [1 + int((query.labels == label).sum()) for label in query.predicted]
    weighed = [margin * count**power for margin, count in zip(query.scores["margin"], counts, strict=True)]
    expected = sorted(range(len(weighed)), key=lambda position: (weighed[position], position))[:9]
    assert np.array_equal(picked, query.unlabelled[expected])


def test_the_backbones_of_the_docs_take_pixels_as_they_are_and_load_their_weights(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    file = written(ROOT / "docs/backbones.md", tmp_path)
    backbone = build(f"{file}:unnormalised", 64, 3)
    assert backbone.width == 2048
    assert str(backbone.preprocessing).endswith("mean 0.0 0.0 0.0, std 1.0 1.0 1.0")
    weights = backbone.network.state_dict()
    torch.save(weights, "weights.pth")
    loaded = build(f"{file}:with_own_weights", 64, 3).network.state_dict()
    assert all(torch.equal(loaded[key], value) for key, value in weights.items())
