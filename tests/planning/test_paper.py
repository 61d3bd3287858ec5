import shlex
import sys

import pytest
import yaml

from activepool.errors import InputError
from planning.configuration.loading import load
from planning.paper import experiments
from planning.paper.estimates import estimate
from planning.paper.experiments import (
    EXPERIMENTS,
    NAMES,
    ON_REQUEST,
    chosen,
    command_for,
    experiment_file,
    make_experiments,
    only_plans,
)


def arguments_for(*arguments):
    command = command_for("imagenet_linear", arguments)
    assert command[:3] == [sys.executable, "-m", "snakemake"]
    assert command[-4:] == ["--configfile", str(EXPERIMENTS / "imagenet_linear.yaml"), "--", "figures"]
    return command[3:-4]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (["--cores", "all", "paper_figures"], ["--cores", "all"]),
        (["-c2", "paper_figures", "-k"], ["-c2", "-k"]),
        (["paper_figures", "--cores", "2"], ["--cores", "2"]),
        (["--cores", "2", "--", "paper_figures"], ["--cores", "2"]),
        (["--configfile", "mine.yaml", "--cores", "2", "paper_figures"], ["--cores", "2"]),
        (
            ["--cores", "2", "--config", "scale=0.1", "paper=imagenet_linear", "--", "paper_figures"],
            ["--cores", "2", "--config", "scale=0.1"],
        ),
        (["--config", "paper=a,b", "--profile", "slurm", "paper_figures"], ["--profile", "slurm"]),
    ],
)
def test_all_options_stay_except_target_and_configuration(given, kept):
    assert arguments_for(*given) == kept


def test_every_experiment_of_the_paper_is_there():
    assert chosen(None) == NAMES
    assert {f"{name}.yaml" for name in NAMES + ON_REQUEST} <= {path.name for path in EXPERIMENTS.iterdir()}


def test_experiments_are_chosen_by_name():
    assert chosen("imagenet_linear") == ("imagenet_linear",)
    assert chosen("imagenet_linear,cifar10_finetuning") == ("imagenet_linear", "cifar10_finetuning")
    assert chosen(["cifar10_finetuning"]) == ("cifar10_finetuning",)
    assert chosen("imagenet_esvit_window7") == ("imagenet_esvit_window7",)
    with pytest.raises(
        InputError, match=r"paper: 'imagenet_liner' is not an .* did you mean 'imagenet_linear'"
    ):
        chosen("imagenet_liner")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ("-n paper_figures", True),
        ("--cores 2 -np --config scale=0.01 paper=imagenet_linear -- paper_figures", True),
        ("--dry-run --quiet rules --cores 2 paper_figures", True),
        ("--cores 2 paper_figures", False),
        ("-n figures", False),
        ("-n --config experiment=paper_figures", False),
    ],
)
def test_only_a_dry_run_of_the_target_plans_the_experiments(arguments, expected):
    assert only_plans(shlex.split(arguments)) is expected


def test_the_summary_says_which_experiments_failed_and_why(monkeypatch, tmp_path, capfd):
    programs = {
        "imagenet_linear": "print('/a/imagenet_linear.yaml: dataset: is missing', file=sys.stderr); exit(1)",
        "cifar10_finetuning": "print('a job failed', file=sys.stderr); exit(1)",
        "imagenet_lt_linear": "print('the plan')",
    }
    monkeypatch.setattr(
        experiments, "command_for", lambda name, _: [sys.executable, "-c", f"import sys; {programs[name]}"]
    )
    log = tmp_path / "paper.log"
    assert make_experiments(list(programs), [], str(log)) == 1
    summary = (
        "activepool: finished 1 of 3 experiments; these failed, or their data are missing:\n"
        "  imagenet_linear: dataset: is missing\n"
        "  imagenet_linear: the first lines of workflow/experiments/imagenet_linear.yaml say what it needs\n"
        "  cifar10_finetuning: it was interrupted, or a job failed; see the messages above\n"
    )
    out, err = capfd.readouterr()
    assert out == "the plan\n"
    assert log.read_text().startswith("activepool: what differs from the paper\n  imagenet_linear\n  - ")
    assert log.read_text().endswith(summary)
    assert err.endswith(log.read_text()) and "a job failed\n" in err
    assert make_experiments(["imagenet_lt_linear"], []) == 0
    assert capfd.readouterr().err.endswith("activepool: finished 1 of 1 experiment\n")
    assert make_experiments(["cifar10_finetuning", "imagenet_lt_linear"], ["-n", "paper_figures"]) == 1
    assert "activepool: planned 1 of 2 experiments; these failed, or" in capfd.readouterr().err


def jobs_of_imagenet_linear(**changes):
    raw = yaml.safe_load(experiment_file("imagenet_linear").read_text())
    return f"- jobs: {estimate(load(raw | changes, 'test')).jobs}, "


def printed_before(capfd, *arguments):
    make_experiments(["imagenet_linear"], arguments)
    printed = capfd.readouterr().err.partition("activepool: imagenet_linear\n")[0]
    return " ".join(printed.split())


def test_what_an_experiment_takes_is_said_before_it_starts(monkeypatch, capfd):
    monkeypatch.setattr(experiments, "command_for", lambda name, _: [sys.executable, "-c", "pass"])
    printed = printed_before(capfd, "--cores", "2", "paper_figures")
    expected = (jobs_of_imagenet_linear(), "features 26", "benchmarks/imagenet_pool.py")
    assert all(part in printed for part in expected)
    printed = printed_before(capfd, "--config", "rounds=2", "paper=imagenet_linear", "paper_figures")
    assert jobs_of_imagenet_linear(rounds=2) in printed
    printed = printed_before(capfd, "-C", "stand_in=digits", "scale=0.01", "--", "paper_figures")
    assert "not measured for a small version" in printed and " MB (" in printed
    printed = printed_before(capfd, "--config", "rounds=none", "paper_figures")
    assert printed.endswith("imagenet_linear - its configuration cannot be used; its run says why")
    printed = printed_before(capfd, "--config", "dataset={kind: folder, root: photos}")
    assert "not known for this dataset or backbone" in printed
