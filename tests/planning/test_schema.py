import copy
import json
import re

import jsonschema
import pytest
import yaml
from workflow_runs import REPOSITORY as ROOT

from activepool.errors import InputError
from activepool.plugins import load_module
from activepool.strategies.registry import builtin_strategies
from planning.configuration.loading import load, load_project
from planning.configuration.schema import configuration_schema

SCHEMA = configuration_schema()
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
FILES = [ROOT / "config.yaml", *sorted((ROOT / "workflow/experiments").glob("*.yaml"))]


class Editor(yaml.SafeLoader):
    """Reads 1e-3 as a number, as YAML 1.2 and editors do."""


Editor.add_implicit_resolver(
    "tag:yaml.org,2002:float", re.compile(r"[-+]?\d+(\.\d*)?[eE][-+]?\d+"), list("-+0123456789")
)

EXPERIMENT = {
    "experiment": "mine",
    "dataset": {"kind": "digits"},
    "backbone": {"architecture": "small", "image_size": 8},
    "pretrain": {"epochs": 20},
    "initial": {"size": 20},
    "budget": 5,
    "rounds": 2,
    "strategies": ["random", {"strategy": "seals", "of": {"strategy": "kmeans", "normalise": True}}],
    "head": {"solver": "lbfgs"},
}
PROJECT = {"project": "insects", "images": "photos", "backbone": {"architecture": "resnet18"}, "batch": 50}


def changed(configuration, **keys):
    return copy.deepcopy(configuration) | keys


def is_read(configuration):
    try:
        (load_project if "project" in configuration else load)(copy.deepcopy(configuration), "x.yaml")
    except InputError:
        return False
    return True


def test_it_is_a_schema():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_accepts_the_configurations_of_the_repository(path):
    VALIDATOR.validate(yaml.load(path.read_text(encoding="utf-8"), Editor))


@pytest.mark.parametrize(
    "configuration",
    [
        EXPERIMENT,
        PROJECT,
        changed(EXPERIMENT, scale=0.1, stand_in="digits"),
        changed(EXPERIMENT, strategies=["mine.py:rarest"]) | {"head": {"tolerance": 1e-3}},
        changed(EXPERIMENT, pretrain={"method": "moco_v2", "epochs": 30, "learning_rate": 0.1}),
        changed(EXPERIMENT, strategies=[{"strategy": "vaal", "name": "small_vaal", "width": 8}]),
        changed(PROJECT, strategy={"strategy": "seals", "of": "badge"}, ask_again=["awaited"]),
        changed(PROJECT, ask_again="disputed"),
        changed(EXPERIMENT, backbone={"architecture": "resnet18", "keys": {"prefix": "encoder."}}),
        changed(EXPERIMENT, backbone={"architecture": "resnet18", "keys": {"prefix": ["a.", "b."]}}),
    ],
)
def test_what_the_schema_accepts_is_read(configuration, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(
        "from activepool.strategies.declaration import strategy\n"
        "@strategy(source='ours')\ndef rarest(query):\n    '''Rare.'''\n"
    )
    assert VALIDATOR.is_valid(configuration)
    assert is_read(configuration)


@pytest.mark.parametrize(
    "configuration",
    [
        changed(EXPERIMENT, bugdet=5),
        changed(EXPERIMENT, budget=0),
        changed(EXPERIMENT, initial={"kind": "margin", "size": 5}),
        changed(EXPERIMENT, head={"solver": "lbfgs", "epochs": 5}),
        changed(EXPERIMENT, pretrain={"epochs": 20, "queue": 5}),
        changed(EXPERIMENT, strategies=["marginn"]),
        changed(EXPERIMENT, strategies=[{"strategy": "kmeans", "normalize": True}]),
        changed(EXPERIMENT, strategies=[{"strategy": "power", "of": {"strategy": "falcun", "gamma": 0}}]),
        changed(EXPERIMENT, strategies=[{"strategy": "power"}]),
        changed(EXPERIMENT, dataset={"kind": "folder"}),
        changed(PROJECT, budget=5),
        changed(PROJECT, batch="many"),
        changed(PROJECT, ask_again=["all"]),
    ],
)
def test_what_the_schema_refuses_is_a_mistake(configuration):
    assert not VALIDATOR.is_valid(configuration)
    assert not is_read(configuration)


def test_it_describes_every_key():
    tags = ("kind", "method", "solver", "strategy")
    missing = [
        f"{name}.{key}"
        for name, definition in SCHEMA["$defs"].items()
        for key, content in definition.get("properties", {}).items()
        if key not in tags and not content.get("description")
    ]
    assert not missing


def test_it_has_every_strategy_and_option():
    for name, strategy in builtin_strategies().items():
        assert set(SCHEMA["$defs"][f"strategy.{name}"]["properties"]) == {
            "strategy",
            "name",
            *strategy.options,
        }


def test_the_page_and_the_file_are_up_to_date():
    module = load_module(str(ROOT / "docs" / "configuration.py"))
    assert module.PAGE.read_text(encoding="utf-8") == module.page(SCHEMA), "run: python docs/configuration.py"
    assert json.loads(module.SCHEMA.read_text(encoding="utf-8")) == SCHEMA, (
        "run: python docs/configuration.py"
    )
    for definition in SCHEMA["$defs"]:
        listed = [name for names in module.SECTIONS.values() for name in names]
        assert definition in listed or definition == "StrategySettings" or definition.startswith("strategy.")
