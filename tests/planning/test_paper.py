import sys

import pytest

from activepool.errors import InputError
from planning.paper import EXPERIMENTS, NAMES, chosen, command_for


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
def test_options_stay_but_for_target_and_configuration(given, kept):
    assert arguments_for(*given) == kept


def test_every_experiment_of_the_paper_is_there():
    assert chosen(None) == NAMES
    assert {f"{name}.yaml" for name in NAMES} <= {path.name for path in EXPERIMENTS.iterdir()}


def test_experiments_are_chosen_by_name():
    assert chosen("imagenet_linear") == ("imagenet_linear",)
    assert chosen("imagenet_linear,cifar10_finetuning") == ("imagenet_linear", "cifar10_finetuning")
    assert chosen(["cifar10_finetuning"]) == ("cifar10_finetuning",)
    with pytest.raises(InputError, match=r"paper: 'imagenet_liner' is no .* did you mean 'imagenet_linear'"):
        chosen("imagenet_liner")
