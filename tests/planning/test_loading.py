"""The configuration: what is accepted, and the line that each mistake gets."""

import copy
import inspect
from pathlib import Path
from typing import get_args

import pytest
import yaml
from small_experiments import VALID, changed, problems
from snakemake.cli import parse_config
from snakemake.utils import update_config

from activepool.data.kinds import KINDS
from activepool.errors import InputError
from planning.checks.experiment import check, problems_with_files
from planning.configuration.datasets import (
    Cifar,
    DatasetSettings,
    Digits,
    Folder,
    ImageNet,
    ImageNetLT,
    Manifest,
)
from planning.configuration.loading import load, set_nulls
from planning.paths import Paths

REPOSITORY = Path(__file__).parents[2]

MISTAKES = [
    (("rouns", 3), "trial.yaml: rouns: unknown key; did you mean 'rounds'?"),
    (("head", "epochs", 3), "trial.yaml: head.epochs: unknown key; the keys here are solver, class_weights"),
    (("pretrain", "epocs", 3), "trial.yaml: pretrain.epocs: unknown key; did you mean 'epochs'?"),
    (
        ("dataset", "imbalance", "factr", 1),
        "trial.yaml: dataset.imbalance.factr: unknown key; did you mean 'factor'?",
    ),
    (
        ("budget", "many"),
        "trial.yaml: budget: input should be a valid integer (given: 'many')",
    ),
    (("budget", 0), "trial.yaml: budget: input should be greater than or equal to 1 (given: 0)"),
    (
        ("dataset", "kind", "cifar"),
        "trial.yaml: dataset.kind: 'cifar' is not known; it must be one of 'digits', ",
    ),
    (
        ("dataset", {"kind": "embedings", "path": "a.npy"}),
        "trial.yaml: dataset.kind: 'embedings' is not known; it must be one of 'digits', 'cifar10', "
        "'cifar100', 'imagenet', 'imagenet_lt', 'folder', 'manifest', 'webdataset', 'huggingface', "
        "'embeddings'; did you mean 'embeddings'?",
    ),
    (
        ("head", {"solver": "lbgfs"}),
        "trial.yaml: head.solver: 'lbgfs' is not known; it must be one of 'sgd', 'lbfgs', 'finetune'; did "
        "you mean 'lbfgs'?",
    ),
    (
        ("initial", "kind", "randm"),
        "trial.yaml: initial.kind: input should be 'random', 'balanced', 'coreset', 'kmeans', 'lcmd', "
        "'maxherding', 'probcover' or 'typiclust' (given: 'randm'); did you mean 'random'?",
    ),
    (
        ("strategies", "random"),
        "trial.yaml: strategies: input should be a valid list (given: 'random'); write [random]",
    ),
    (("dataset", {"kind": "imagenet"}), "trial.yaml: dataset.root: is missing"),
    (("dataset", {"kind": "imagenet", "root": "/no/such"}), "trial.yaml: dataset: "),
    (
        ("head", {"solver": "adam"}),
        "trial.yaml: head.solver: 'adam' is not known; it must be one of 'sgd', 'lbfgs'",
    ),
    (
        ("strategies", ["margn"]),
        "trial.yaml: strategies.0.strategy: strategy 'margn' does not exist; did you mean 'margin'?",
    ),
    (
        ("strategies", [{"strategy": "base", "size": 3}]),
        "trial.yaml: strategies.0: base has no options; leave out 'size'",
    ),
    (
        ("strategies", [{"strategy": "partitioned", "wraps": "coreset", "partitions": 0}]),
        "trial.yaml: strategies.0: option 'partitions': input should be greater than or equal to 1",
    ),
    (
        ("strategies", [{"strategy": "power", "of": "margin", "beta": "high"}]),
        "trial.yaml: strategies.0: option 'beta': input should be a valid number (given: 'high')",
    ),
    (("strategies", None), "trial.yaml: strategies: input should be a valid list (it is empty)"),
    (
        ("dataset", {"root": "photos"}),
        "trial.yaml: dataset.kind: is missing; it must be one of 'digits', 'cif",
    ),
    (
        ("strategies", [{"strategy": "power", "of": {"strategy": "seals", "of": "margn"}}]),
        "trial.yaml: strategies.0: option 'of': seals: option 'of': strategy 'margn' does not exist; did you",
    ),
    (
        ("strategies", [{"strategy": "power", "of": "seals"}]),
        "trial.yaml: strategies.0: option 'of': seals: option 'of' is missing",
    ),
    (
        ("strategies", [{"strategy": "power", "of": "badge"}]),
        "trial.yaml: strategies.0: option 'of': 'badge' does not pick by a score of the head, such as conf",
    ),
    (
        ("strategies", [{"strategy": "vaal", "image_size": 40}]),
        "trial.yaml: strategies.0: option 'image_size': input should be a multiple of 16",
    ),
    (
        ("strategies", ["nothing.py:mine"]),
        "trial.yaml: strategies.0.strategy: strategy file nothing.py does not exist",
    ),
    (
        ("strategies", ["mine.py"]),
        "trial.yaml: strategies.0.strategy: strategy 'mine.py': name its function, too, as mine.py:function",
    ),
    (
        ("strategies", ["mine.py:"]),
        "trial.yaml: strategies.0.strategy: strategy 'mine.py:': name both the file and its function, as fil",
    ),
    (
        ("initial", "kind", "margin"),
        "trial.yaml: initial.kind: 'margin' cannot pick round 0, before there are labels; give random, balan",
    ),
    (
        ("initial", "by_strategy", {"base": "mine.py:top"}),
        "trial.yaml: initial.by_strategy: 'mine.py:top' cannot pick round 0, before there are labels; give ",
    ),
    (
        ("strategies", ["base", "base"]),
        "trial.yaml: strategies: 'base' is listed twice; give each entry another",
    ),
    (
        ("strategies", [{"strategy": "base", "name": "splits"}]),
        "trial.yaml: strategies.0.name: 'splits' is the name of",
    ),
    (
        ("strategies", ["base", {"strategy": "margin", "name": "Base"}]),
        "trial.yaml: strategies: 'base' and 'Base' differ only in case, and some file systems",
    ),
    (
        ("strategies", [{"strategy": "base", "name": "Splits"}]),
        "trial.yaml: strategies.0.name: 'Splits' is the name of",
    ),
    (("experiment", "Features"), "trial.yaml: experiment: 'Features' is the name of a folder or file that"),
    (("strategies", []), "trial.yaml: strategies: list should have at least 1 item"),
    (("experiment", "a/b"), "trial.yaml: experiment: may have only the letters A to Z"),
    (("device", "gpu"), "trial.yaml: device: must be auto, cpu, cuda or cuda:0"),
    (("backbone", "checkpoint", "none.pt"), "trial.yaml: backbone: its weights come from pretrain or"),
    (("backbone", "architecture", "identity"), "trial.yaml: backbone.architecture: identity has no weights"),
    (
        ("budget", 400),
        "trial.yaml: budget: 20 initial samples and 3 queries of 400 are 1220, but the pool has",
    ),
    (
        ("features", {"shards": 1_000_000}),
        "trial.yaml: features.shards: input should be less than or equal to 10000 (given: 1000000)",
    ),
    (("pool_shards", 10_001), "trial.yaml: pool_shards: input should be less than or equal to 10000 (given"),
    (
        ("features", {"shards": 2000}),
        "trial.yaml: features.shards: 2,000 jobs cannot share 555 images; with batches of 256, at most 3",
    ),
    (("pool_shards", 999), "trial.yaml: pool_shards: 999 jobs cannot share a pool of "),
    (("initial", "size", 5000), "trial.yaml: initial.size: 5000 is larger than the"),
    (("validation", "fraction", 0.001), "trial.yaml: validation.fraction: "),
    (
        ("dataset", "annotations", "none.csv"),
        "trial.yaml: dataset.annotations: the file none.csv does not exist",
    ),
    (("dataset", "annotations", "."), "trial.yaml: dataset.annotations: . is a folder; name a file in it"),
]


@pytest.mark.parametrize(("change", "line"), MISTAKES, ids=lambda value: str(value)[:40])
def test_each_mistake_gets_its_line(change, line):
    lines = problems(changed(*change))
    assert any(problem.startswith(line) for problem in lines), lines


@pytest.mark.parametrize(
    ("seeds", "line"),
    [
        (-1, "seeds: input should be greater than or equal to 1 (given: -1)"),
        ([], "seeds: list should have at least 1 item"),
        ([0, -1], "seeds.1: input should be greater than or equal to 0 (given: -1)"),
        ("many", "seeds: input should be a valid integer (given: 'many')"),
    ],
)
def test_seeds_as_a_number_and_as_a_list_have_one_mistake(seeds, line):
    assert problems(changed("seeds", seeds)) == [f"trial.yaml: {line}"]


@pytest.mark.parametrize("name", ["010", "no", "2026-01-31", "1.10"])
def test_a_text_that_yaml_reads_otherwise_needs_quotes(name):
    text = "{kind: manifest, path: images.csv, class_names: [cat, %s]}"
    with pytest.raises(
        InputError, match=r"class_names.1: input should be a valid string \(.*\); put it in qu"
    ):
        load(changed("dataset", yaml.safe_load(text % name)), "my.yaml")
    load(changed("dataset", yaml.safe_load(text % f"'{name}'")), "my.yaml")


def test_the_valid_configuration_passes():
    experiment = load(yaml.safe_load(VALID), "trial.yaml")
    check(experiment, "trial.yaml")
    assert [strategy.folder for strategy in experiment.strategies] == ["random", "ours"]
    assert experiment.seed_list == [0, 1, 2]
    assert experiment.head.solver == "lbfgs"


def test_all_mistakes_are_reported_together():
    raw = changed("budget", "many") | {"rounds": -1, "sed": 0}
    assert len(problems(raw)) == 3


def test_a_missing_section_is_named():
    raw = changed("budget", 1)
    del raw["initial"]
    assert problems(raw) == ["trial.yaml: initial: is missing"]


def test_a_strategy_on_images_needs_images():
    raw = changed("strategies", ["vaal"]) | {"dataset": {"kind": "embeddings", "path": "none.h5"}}
    lines = problems(raw)
    assert any(
        "vaal learns from images, but a dataset of kind embeddings has none" in line for line in lines
    ), lines


def test_a_model_cannot_end_with_a_head_that_takes_no_steps():
    raw = changed("strategies", [{"strategy": "vaal", "ends_with_head": True}])
    line = "strategies: vaal: ends_with_head needs a head that is trained in steps"
    assert any(line in problem for problem in problems(raw | {"head": {"solver": "lbfgs"}}))
    check(load(raw | {"head": {"solver": "sgd"}}, "trial.yaml"), "trial.yaml")


def test_null_on_the_command_line_takes_a_choice_of_the_file_back():
    words = ["pretrain={precision: null, epochs: 3}", "ceiling=null", "more={c: {d: null}}"]
    command_line = parse_config(words)
    raw = {"pretrain": {"precision": "bfloat16"}, "ceiling": True, "other": "null"}
    update_config(raw, command_line)
    given = copy.deepcopy(command_line)
    set_nulls(raw, command_line)
    assert raw == {
        "pretrain": {"precision": None, "epochs": "3"},
        "ceiling": None,
        "more": {"c": {"d": None}},
        "other": "null",
    }
    assert command_line == given


def test_numbers_may_be_text():
    raw = changed("head", {"solver": "sgd", "learning_rate": "1e-3", "epochs": "7"})
    head = load(raw, "trial.yaml").head
    assert (head.learning_rate, head.epochs) == (0.001, 7)


@pytest.mark.parametrize("given", [{}, {"head": {}}, {"head": {"tolerance": 1e-6}}])
def test_the_head_defaults_to_the_optimum(given):
    """It is the same on every machine; that of sgd is not."""
    raw = changed("budget", 1)
    del raw["head"]
    head = load(raw | given, "trial.yaml").head
    assert (head.solver, head.weight_decays) == ("lbfgs", (1e-2, 1e-3, 1e-4, 1e-5, 1e-6))


def test_sgd_defaults_to_the_papers_recipe():
    head = load(changed("head", {"solver": "sgd"}), "trial.yaml").head
    recipe = (head.solver, head.learning_rate, head.momentum, head.weight_decay, head.batch_size, head.epochs)
    assert recipe == ("sgd", 15.0, 0.9, 1e-4, 128, 60)
    assert (head.schedule, head.step_size, head.gamma, head.patience) == ("step", 20, 0.1, 30)


def test_a_users_own_strategy(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(
        "from activepool.strategies.declaration import strategy\n"
        "from activepool.strategies.query import Query, Selection\n\n"
        "@strategy(source='here')\n"
        "def first(query: Query, *, step: int = 2) -> Selection:\n"
        "    'The first of the pool.'\n"
        "    return Selection(query.unlabelled[::step][: query.budget])\n"
    )
    raw = changed("strategies", [{"strategy": f"{file}:first", "step": "3"}])
    entry = load(raw, "trial.yaml").strategies[0]
    assert (entry.folder, entry.options) == ("first", {"step": 3})
    wrong = changed("strategies", [{"strategy": f"{file}:first", "stepp": 3}])
    assert problems(wrong) == ["trial.yaml: strategies.0: first has no option 'stepp'; did you mean 'step'?"]
    assert "declares no strategy 'second'" in problems(changed("strategies", [f"{file}:second"]))[0]
    file.write_text("import nothing_of_that_name\n")
    assert "cannot import" in problems(changed("strategies", [f"{file}:first"]))[0]


@pytest.mark.parametrize(
    "file", sorted((REPOSITORY / "workflow/experiments").glob("*.yaml")), ids=lambda file: file.stem
)
def test_the_ready_experiments_are_valid(file):
    experiment = load(yaml.safe_load(file.read_text()), file.name)
    assert experiment.experiment == file.stem
    assert Paths(experiment).targets()


def test_the_options_of_every_dataset_are_those_of_its_kind():
    """What a configuration may say of a kind of dataset is what the kind's function takes."""
    shared = set(DatasetSettings.model_fields) | {"kind", "on_unreadable", "exif"}
    for section in (Digits, Cifar, ImageNet, ImageNetLT, Folder, Manifest):
        for kind in get_args(section.model_fields["kind"].annotation):
            names = set(inspect.signature(KINDS[kind].load).parameters)
            assert set(section.model_fields) - shared == names, kind


def test_a_colour_is_of_a_strategy_of_the_experiment_or_the_library():
    raw = changed("figures", {"colours": {"margn": "red", "badge": "red", "margin": "blue"}})
    experiment = load(raw | {"strategies": ["margin"]}, "mine.yaml")
    lines = [line for line in problems_with_files(experiment) if line.startswith("figures")]
    assert lines == ["figures.colours.margn: is not one of the strategies; did you mean 'margin'?"]
