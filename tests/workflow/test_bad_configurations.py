"""Bad configurations: one line for each mistake, before any job, also in a run of Snakemake."""

import copy
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest
import yaml
from workflow.bad_files import cut, values, write_small_run
from workflow_runs import Folder

from activepool.errors import InputError
from planning.checks.experiment import check
from planning.configuration.loading import load

VALID = {
    "experiment": "trial",
    "dataset": {"kind": "embeddings", "path": "given.h5"},
    "validation": {"fraction": 0.2},
    "initial": {"size": 3},
    "budget": 3,
    "rounds": 3,
    "seeds": 1,
    "strategies": ["random", "margin"],
    "head": {"solver": "lbfgs"},
}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_small_run()
    return tmp_path


def changed(key, value):
    """Return the valid configuration with one key, dotted, of another value."""
    raw = copy.deepcopy(VALID)
    *path, last = key.split(".")
    section = raw
    for step in path:
        section = section.setdefault(step, {})
    section[last] = value
    return raw


def lines_for(raw):
    Path("trial.yaml").write_text(yaml.safe_dump(raw))
    with pytest.raises(InputError) as caught:
        check(load(yaml.safe_load(Path("trial.yaml").read_text()), "trial.yaml"), "trial.yaml")
    return str(caught.value).splitlines()


def dataset(kind, **options):
    return "dataset", {"kind": kind, **options}


PARTITIONED = {"strategy": "partitioned", "wraps": "coreset", "subset_unlabelled": 2}
SUBSET = "strategies: partitioned: subset_unlabelled is 2; it must be at least 3, the budget"
BACKBONE = {"architecture": "small", "checkpoint": "labelled.csv"}
NO_FILE = "backbone.checkpoint: the file labelled.csv is neither a file of torch.save nor of safetensors"
EXTERNAL = "dataset: nowhere.h5: no such file; it must be .npy, .npz"
TOO_LARGE = "budget: 3 initial samples and 2 queries of 21 are 45, but the pool has 24"
TOO_MANY = "budget: 3 initial samples and 39 queries of 3 are 120, but the pool has 24"

MISTAKES = [
    ("rouns", 3, "rouns: unknown key; did you mean 'rounds'?"),
    ("7", 3, "7: unknown key; the keys here are experiment, dataset"),
    ("head.epochs", 3, "head.epochs: unknown key; the keys here are solver, class_weights, weight_decays"),
    ("experiment", "../trial", "experiment: may have only the letters A to Z"),
    ("experiment", "features", "experiment: 'features' is the name of a folder or file that all experiments"),
    ("experiment", "verify.log", "experiment: 'verify.log' is the name of a folder or file that all experim"),
    ("experiment", "a" * 260, "experiment: string should have at most 200 characters"),
    ("budget", 10**400, "budget: input should be less than or equal to 1000000000000"),
    ("seeds", 10**9, "seeds: input should be less than or equal to 100000"),
    ("head", {"solver": "lbfgs", "tolerance": 10**400}, "head.tolerance: input should be a valid number (g"),
    ("experiment", 2024, "experiment: input should be a valid string (given: 2024)"),
    ("budget", 0, "budget: input should be greater than or equal to 1 (given: 0)"),
    ("budget", 2.5, "budget: input should be a valid integer, got a number with a fractional part (given: 2"),
    ("budget", True, "budget: input should be a number, not true or false (given: True)"),
    ("budget", None, "budget: input should be a valid integer (it is empty)"),
    ("rounds", "some", "rounds: input should be a valid integer (given: 'some')"),
    ("seeds", [], "seeds: list should have at least 1 item"),
    ("seeds", [0, 1, 0], "seeds: 0 is listed twice; list each seed once"),
    ("seeds", [-1], "seeds.0: input should be greater than or equal to 0 (given: -1)"),
    ("validation", None, "validation: input should be a section with keys of its own (it is empty)"),
    ("validation.fraction", float("nan"), "validation.fraction: input should be less than 1 (given: nan)"),
    ("validation.fraction", 0.01, "validation.fraction: validation fraction 0.01 of 30 labelled train sampl"),
    ("head", {"solver": "lbfgs", "tolerance": 0}, "head.tolerance: input should be greater than 0 (given: 0"),
    ("head", "lbfgs", "head: input should be a section with keys of its own (given: 'lbfgs')"),
    ("head", {"solver": "adam"}, "head.solver: 'adam' is not known; it must be one of 'sgd', 'lbfgs', 'fine"),
    ("head", {"solver": "finetune"}, "head.solver: finetune needs images, but a dataset of kind embed"),
    ("strategies", [], "strategies: list should have at least 1 item"),
    ("strategies", "random", "strategies: input should be a valid list (given: 'random')"),
    ("strategies", ["margn"], "strategies.0.strategy: strategy 'margn' does not exist; did you mean 'margin"),
    ("strategies", ["random", "random"], "strategies: 'random' is listed twice; give each entry another"),
    ("strategies", ["no/such.py:mine"], "strategies.0.strategy: strategy file no/such.py does not exist"),
    ("strategies", [{"strategy": "random", "name": "curves.csv"}], "strategies.0.name: 'curves.csv' is the"),
    ("strategies", [{"strategy": "base", "size": 3}], "strategies.0: base has no options; leave out 'size'"),
    ("strategies", [PARTITIONED], SUBSET),
    ("strategies", ["vaal"], "strategies: vaal learns from images, but a dataset of kind embeddings has"),
    ("figures.colours", {"random": "greenish"}, "figures.colours.random: 'greenish' is not a colour; give a"),
    ("figures.metric", "top3", "figures.metric: input should be 'top1', 'top5' or 'balanced_accuracy' (give"),
    ("device", "gpu", "device: must be auto, cpu, cuda or cuda:0"),
    ("initial.by_strategy", {"base": "balanced"}, "initial.by_strategy: 'base' is not one of the strategies"),
    ("initial.size", 25, "initial.size: 25 is larger than the 24 labelled training samples outside the vali"),
    ("budget", 21, f"{TOO_LARGE}; the budget can be 20 at most, or rounds can be 2 at most, or initial."),
    ("rounds", 40, f"{TOO_MANY}; rounds can be 8 at most"),
    ("backbone", BACKBONE, "backbone: a dataset of kind embeddings has no images to use it on; leave it out"),
    ("backbone", BACKBONE, NO_FILE),
    (*dataset("film"), "dataset.kind: 'film' is not known; it must be one of 'digits', 'cifar10', "),
    (*dataset("embeddings"), "dataset.path: is missing"),
    (*dataset("embeddings", path="nowhere.h5"), EXTERNAL),
    (*dataset("embeddings", path="given.h5", test_fraction=0.2), "dataset: given.h5: has a test part of its"),
    (*dataset("folder", root="images"), "dataset: images: has no test part to measure accuracy on; add test"),
    (*dataset("digits", imbalance={"kind": "exp", "factor": 1e-4}), "dataset: imbalance: factor 0.0001 leav"),
    (*dataset("digits"), "backbone: is missing; a dataset of images needs one"),
    (*dataset("folder", root="a" * 260), "dataset: "),
    (*dataset("digits", annotations="a" * 260), "dataset.annotations: the file aaa"),
    (*dataset("digits", annotations="a\0"), "dataset.annotations: the file a\0 does not exist"),
    ("strategies", ["a" * 260 + ".py:mine"], "strategies.0.strategy: strategy file aaa"),
    (*dataset("digits", annotations="no.csv"), "dataset.annotations: the file no.csv does not exist; a path"),
    (*dataset("digits", annotations="validation.csv"), "dataset.annotations: validation.csv:1: must have th"),
]  # fmt: skip


@pytest.mark.parametrize(("key", "value", "words"), MISTAKES, ids=lambda argument: str(argument)[:40])
def test_a_mistake_gets_its_line(key, value, words):
    lines = lines_for(changed(key, value))
    assert any(line.startswith(f"trial.yaml: {words}") for line in lines), lines


@pytest.mark.parametrize(
    ("initial", "budget", "rounds", "words"),
    [
        (25, 3, 3, "split; it can be 20 at most"),
        (25, 3, 1, "split; it can be 24 at most"),
        (25, 3, 40, "split; with 39 queries of 3, none fits; lower rounds"),
        (
            24,
            3,
            2,
            "1 query of 3 are 27, but the pool has 24; rounds can be 1 at most, or initial.size can be 23 at",
        ),
    ],
)
def test_the_line_says_which_size_fits(initial, budget, rounds, words):
    (line,) = lines_for(VALID | {"initial": {"size": initial}, "budget": budget, "rounds": rounds})
    assert words in line


@pytest.mark.parametrize(("initial", "budget", "rounds"), [(3, 21, 3), (20, 3, 4), (24, 5, 3), (25, 5, 3)])
def test_each_number_that_the_line_names_fits_and_no_larger_one(initial, budget, rounds):
    wrong = {"initial": {"size": initial}, "budget": budget, "rounds": rounds}
    (line,) = lines_for(VALID | wrong)
    limits = dict(re.findall(r"(it|budget|rounds|initial.size) can be (\d+) at most", line))
    assert limits
    for key, most in limits.items():
        right, larger = ({**wrong, **sized(key, int(most) + more)} for more in (0, 1))
        check(load(VALID | right, "trial.yaml"), "trial.yaml")
        lines_for(VALID | larger)


def sized(key, number):
    return {key: number} if key in ("budget", "rounds") else {"initial": {"size": number}}


def test_the_configuration_is_good_without_a_mistake():
    Path("trial.yaml").write_text(yaml.safe_dump(VALID))
    check(load(VALID, "trial.yaml"), "trial.yaml")


#: Of the class bee row 7 alone.
ONE_BEE = np.where(np.arange(30) == 7, 1, np.arange(30) % 2 * 2)

BAD_DATA = [
    (cut("given.h5"), "dataset: given.h5: not a readable HDF5 file (Unable to"),
    (values("given.h5", "train/labels", np.full(30, 7.5)), "dataset: given.h5: train/labels: label 7.5 in"),
    (values("given.h5", "train/labels", ONE_BEE), "validation.fraction: class 'bee' has 1 label"),
]


@pytest.mark.parametrize(("spoil", "words"), BAD_DATA, ids=[words for _, words in BAD_DATA])
def test_bad_data_are_reported_with_the_configuration(spoil, words):
    spoil()
    (line,) = lines_for(VALID)
    assert line.startswith(f"trial.yaml: {words}")


def test_repeated_keys_are_reported():
    Path("twice.yaml").write_text(yaml.safe_dump(VALID) + "rounds: 2\n")
    with pytest.raises(
        InputError, match=r"twice.yaml: rounds: is given twice, in lines 10 and 17; give it once"
    ):
        check(load(VALID, "twice.yaml"), "twice.yaml")


def test_repeated_keys_are_reported_beside_other_mistakes():
    Path("twice.yaml").write_text(yaml.safe_dump(VALID) + "rounds: none\nbudget: 010\n")
    with pytest.raises(InputError) as caught:
        load(yaml.safe_load(Path("twice.yaml").read_text()), "all of them", ["twice.yaml"])
    words = [
        "rounds: is given twice",
        "budget: is given twice",
        "budget: 010 is 8",
        "rounds: input should be",
    ]
    lines = str(caught.value).splitlines()
    assert len(lines) == len(words)
    for word in words:
        assert any(line.startswith(f"all of them: {word}") for line in lines), lines


def test_the_last_query_may_take_what_is_left(capsys):
    for budget, remaining in ((12, 9), (20, 1)):
        check(load(changed("budget", budget), "trial.yaml"), "trial.yaml")
        printed = capsys.readouterr().err
        assert (
            printed
            == f"activepool: notice: the last query picks the {remaining} samples that are left of the pool\n"
        )
    check(load(changed("budget", 10), "trial.yaml"), "trial.yaml")
    assert not capsys.readouterr().err


@pytest.fixture
def configured(folder):
    """Return a function that runs Snakemake on a text: its exit status, and what it printed."""

    def run(text):
        command = Folder(folder, {}).command(cores=1)
        Path("trial.yaml").write_text(text)
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
        return done.returncode, done.stdout + done.stderr

    return run


def test_a_run_reports_all_mistakes_and_starts_no_job(configured):
    status, printed = configured(yaml.safe_dump(changed("budget", "many") | {"rouns": 2}))
    assert status == 1
    assert "Traceback" not in printed
    assert printed.partition("activepool: the configuration cannot be used\n")[2].splitlines() == [
        f"{Path.cwd()}/trial.yaml: {problem}"
        for problem in (
            "budget: input should be a valid integer (given: 'many')",
            "rouns: unknown key; did you mean 'rounds'? It is given, too; leave one of them out",
        )
    ]
    assert not Path("results").exists()


def test_a_run_names_the_target_that_may_be_meant(folder):
    printed = Folder(folder, VALID).snakemake("figurs", check=False)
    assert printed.splitlines()[-1] == "activepool: there is no target 'figurs'; did you mean 'figures'?"


def test_a_gpu_that_is_not_there_is_found_before_any_job(folder, monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    printed = Folder(folder, VALID | {"device": "cuda"}).snakemake("figures", check=False)
    assert printed.splitlines()[-1].startswith(
        "activepool: device: cuda: score, select, train would compute on a GPU, and CUDA finds none on this"
    )
    assert not Path("results").exists()


def test_a_run_in_a_folder_without_a_configuration_says_so(folder):
    trial = Folder(folder, VALID)
    command = trial.command()
    place = command.index("--configfile")
    done = subprocess.run(
        [*command[:place], *command[place + 2 :]], cwd=folder, capture_output=True, text=True
    )
    assert done.stderr.splitlines()[-2:] == [
        "activepool: the configuration cannot be used",
        "config.yaml: does not exist here; start in its folder, or name another file with --configfile",
    ]


def test_a_run_reports_repeated_keys(configured):
    status, printed = configured(yaml.safe_dump(VALID) + "budget: 4\n")
    assert status == 1
    assert "trial.yaml: budget: is given twice, in lines 1 and 17; give it once" in printed
    assert not Path("results").exists()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "Config file must be given as JSON or YAML with keys at top level."),
        ("- experiment\n", "Config file must be given as JSON or YAML with keys at top level."),
        ("initial:\n\tsize: 3\n", "In case of YAML, make sure to not mix whitespace and tab indentation."),
        ("budget: *nowhere\n", "Config file is not valid JSON or YAML."),
    ],
    ids=["empty", "a list", "tabs", "an alias of nothing"],
)
def test_snakemake_reports_an_unusable_configuration(configured, text, words):
    status, printed = configured(text)
    assert status == 1
    assert words in printed
    assert "Traceback" not in printed


def test_how_to_read_images_has_no_effect_on_embeddings(capsys):
    check(load(changed("features", {"shards": 2}), "trial.yaml"), "trial.yaml")
    assert capsys.readouterr().err == (
        "activepool: notice: features: says how to read images; embeddings are taken as they are\n"
    )
