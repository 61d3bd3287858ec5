"""A wrong value of any key, and an unknown key of any name, get one line that names the key."""

import copy
import inspect
from typing import get_args

import pytest

from activepool.errors import InputError
from activepool.strategies.registry import builtin_strategies
from activepool.strategies.wrapping import wrapped_options
from planning.checks import experiment as experiment_checks
from planning.configuration.experiment import Experiment
from planning.configuration.loading import load, load_project
from planning.configuration.messages import is_model, members
from planning.configuration.project import Project
from planning.project import checks as project_checks

EXPERIMENT = {
    "experiment": "trial",
    "dataset": {"kind": "digits"},
    "backbone": {"architecture": "identity"},
    "initial": {"size": 20},
    "budget": 5,
    "rounds": 2,
    "strategies": ["random"],
}
PROJECT = {"project": "insects", "images": "photos", "backbone": {"architecture": "identity"}, "batch": 50}

INF = float("inf")

WRONG = [0, -1, "", [], {}, None, True, 1.5, "x", [0], ["x"], [[1]]]

#: Keys that say which section one is.
TAGS = ("kind", "solver", "method")

#: Values of keys that a section cannot do without; the photographs for others.
VALID_VALUES = {"size": 20, "epochs": 20, "factor": 0.5, "learning_rate": 0.1, "weight_decay": 0}


@pytest.fixture(autouse=True)
def photos(tmp_path, monkeypatch):
    """A working folder with photographs in it."""
    (tmp_path / "photos").mkdir()
    monkeypatch.chdir(tmp_path)


def changed(configuration, path, value):
    """Return a configuration with a value put at a path of keys."""
    configuration = copy.deepcopy(configuration)
    *sections, last = path
    section = configuration
    for key in sections:
        section = section[key]
    section[last] = value
    return configuration


def keys_of(model, configuration, path=()):
    """Yield each key below a section as a path, with a valid configuration that may have it."""
    for name, field in model.model_fields.items():
        key = (*path, name)
        sections = [member for member in members(field.annotation) if is_model(member)]
        with_key = [with_section(configuration, key, section) for section in sections]
        yield (with_key or [configuration])[0], key
        for section, inside in zip(sections, with_key, strict=True):
            yield from keys_of(section, inside, key)


def with_section(configuration, path, section):
    """Return a configuration with a section that has no more than it must have."""
    content = {}
    for name, field in section.model_fields.items():
        if name in TAGS:
            content[name] = get_args(field.annotation)[0]
        elif field.is_required():
            content[name] = VALID_VALUES.get(name, "random" if name == "strategy" else "photos")
    configuration = changed(configuration, path, content)
    if path == ("pretrain",):
        configuration["backbone"] = {"architecture": "small"}
    elif path == ("backbone",):
        configuration["backbone"] = {"architecture": "identity"}
    elif path == ("embeddings",):
        del configuration["images"], configuration["backbone"]
    elif content.get("kind") == "embeddings":
        del configuration["backbone"]
    return configuration


def lines_about(configuration):
    """Return the lines about the mistakes of a configuration, checks of its files included."""
    is_project = "project" in configuration
    loading = load_project if is_project else load
    checks = project_checks if is_project else experiment_checks
    try:
        loading(configuration, "mine.yaml", further=checks.problems_with_files)
    except InputError as error:
        return str(error).splitlines()
    return []


def is_clear(lines, key, value):
    """Return whether there is one line at most, or one for each key that an empty section lacks."""
    if value == {} and len(lines) > 1:
        return all(line.endswith(": is missing") for line in lines)
    return len(lines) <= 1 and all(str(key) in line for line in lines)


@pytest.mark.parametrize(
    ("model", "base"),
    [
        (Experiment, EXPERIMENT),
        (Experiment, EXPERIMENT | {"scale": 0.1}),
        (Experiment, EXPERIMENT | {"stand_in": "digits"}),
        (Project, PROJECT),
    ],
    ids=["experiment", "scale", "stand_in", "project"],
)
def test_each_wrong_value_of_each_key_has_one_line_that_names_the_key(model, base):
    checked, unclear = 0, {}
    for configuration, path in keys_of(model, base):
        for value in WRONG:
            lines = lines_about(changed(configuration, path, value))
            checked += bool(lines)
            if not is_clear(lines, path[-1], value):
                unclear[".".join(path), repr(value)] = lines
    assert not unclear
    assert checked > 100


@pytest.mark.parametrize("name", builtin_strategies())
def test_each_wrong_value_of_each_option_has_one_line_that_names_the_option(name):
    strategy = builtin_strategies()[name]
    options = {
        option: "margin"
        for option, declared in strategy.options.items()
        if declared.default is inspect.Parameter.empty
    }
    options |= {option: ["margin"] for option, is_list in wrapped_options(strategy).items() if is_list}
    options |= {"rounds": 2} if "rounds" in options else {}
    entry = {"strategy": name, **options}
    assert lines_about(EXPERIMENT | {"strategies": [entry]}) == []
    for option in ("name", *strategy.options):
        for value in WRONG:
            lines = lines_about(EXPERIMENT | {"strategies": [{**entry, option: value}]})
            assert is_clear(lines, option, value), (option, value, lines)


@pytest.mark.parametrize("value", WRONG)
def test_a_wrong_strategy_has_one_line(value):
    for entry in (value, {"strategy": value}):
        (line,) = lines_about(EXPERIMENT | {"strategies": [entry]})
        assert line.startswith("mine.yaml: strategies.0")


@pytest.mark.parametrize(
    ("key", "value", "line"),
    [
        (
            "dataset",
            {"kind": "folder", "root": 2024},
            "dataset.root: input should be a valid string (given: 2024); put it in quotes",
        ),
        (
            "dataset",
            {"kind": "folder", "root": ""},
            "dataset.root: string should have at least 1 character (given: '')",
        ),
        ("head", {"weight_decays": [0]}, "head.weight_decays.0: input should be greater than 0 (given: 0)"),
        ("head", {"weight_decays": [[1]]}, "head.weight_decays.0: input should be a valid number"),
        ("seeds", [[1]], "seeds.0: input should be a valid integer"),
    ],
)
def test_one_mistake_is_one_line(key, value, line):
    assert lines_about(EXPERIMENT | {key: value}) == [f"mine.yaml: {line}"]


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        ({"budget": 0}, ["budget", "pretrain.weight_decay"]),
        ({"pretrain": {"epochs": 0, "weight_decay": INF}}, ["pretrain.epochs", "pretrain.weight_decay"]),
        (
            {"head": {"solver": "sgd", "learning_rate": INF, "weight_decay": INF}},
            ["head.learning_rate", "head.weight_decay", "pretrain.weight_decay"],
        ),
        (
            {"strategies": [{"strategy": "power", "of": "margin", "beta": INF}], "rounds": True},
            ["pretrain.weight_decay", "rounds", "strategies.0.beta"],
        ),
        ({"pretrain": {"epochs": True, "threads": INF}}, ["pretrain.epochs", "pretrain.threads"]),
        ({"pretrain": {"epochs": True, "epoch": 3}}, ["pretrain.epoch", "pretrain.epochs"]),
        ({"device": "gpu", "seeds": [True, 2, 2]}, ["device", "pretrain.weight_decay", "seeds"]),
        ({"backbone": {"architecture": "none.py:net"}}, ["backbone.architecture", "pretrain.weight_decay"]),
    ],
)
def test_infinities_and_truth_values_hide_no_other_mistake(changes, wrong):
    pretrain = {"epochs": 20, "weight_decay": INF}
    base = EXPERIMENT | {"backbone": {"architecture": "small"}, "pretrain": pretrain}
    lines = lines_about(base | changes)
    assert sorted(line.split(": ")[1] for line in lines) == wrong


@pytest.mark.parametrize("word", ["end-to-end", "E2E", "fine-tune", "finetuning", "Fine_tuning"])
def test_another_word_for_finetuning_has_the_right_one(word):
    line = f"head.solver: {word!r} is not known; it must be one of 'sgd', 'lbfgs', 'finetune'"
    wrong = EXPERIMENT | {"head": {"solver": word}}
    assert lines_about(wrong) == [f"mine.yaml: {line}; did you mean 'finetune'?"]


def test_a_default_in_place_of_a_wrong_value_has_no_line():
    wrong = {"epochs": 5, "warmup_epochs": "few"}
    (line,) = lines_about(EXPERIMENT | {"backbone": {"architecture": "small"}, "pretrain": wrong})
    assert line.startswith("mine.yaml: pretrain.warmup_epochs: input should be a valid integer")


def test_a_mistake_of_the_pretraining_does_not_hide_that_its_backbone_is_missing():
    without_backbone = {key: EXPERIMENT[key] for key in EXPERIMENT.keys() - {"backbone"}}
    lines = lines_about(without_backbone | {"pretrain": {"epochs": 2}})
    assert [line.split(": ")[1] for line in lines] == ["pretrain", "backbone"]


def test_a_wrong_architecture_does_not_ask_for_weights():
    wrong = PROJECT | {"backbone": {"architecture": 18}}
    line = "backbone.architecture: input should be a valid string (given: 18); put it in quotes"
    assert lines_about(wrong) == [f"mine.yaml: {line}"]


@pytest.mark.parametrize(
    ("key", "shown"),
    [
        ("x-def", "x-def"),
        ("budget-", "budget-"),
        ("(a)", "(a)"),
        ("[a]", "[a]"),
        ("list", "list"),
        ("", "''"),
        ("a\nb", "'a\\nb'"),
    ],
)
@pytest.mark.parametrize("section", [(), ("dataset",), ("head",)])
def test_an_unknown_key_of_any_name_is_named(key, shown, section):
    base = EXPERIMENT | {"dataset": {"kind": "folder", "root": "."}, "head": {"solver": "sgd"}}
    (line,) = lines_about(changed(base, (*section, key), 1))
    assert line.startswith(f"mine.yaml: {'.'.join([*section, shown])}: unknown key; ")


def test_a_key_of_the_users_own_is_named():
    wrong = EXPERIMENT | {"initial": {"size": 20, "by_strategy": {"my-base1": "none"}}}
    (line,) = lines_about(wrong)
    assert line.startswith("mine.yaml: initial.by_strategy.my-base1: input should be 'random', ")
