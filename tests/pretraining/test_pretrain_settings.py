from typing import get_args

import pytest

from activepool.errors import InputError
from activepool.features.transforms import AUGMENTATIONS
from activepool.pretraining.settings import Augmentation, MocoSettings, SimclrSettings, pretrain_settings
from planning.configuration.loading import load


def experiment(pretrain):
    raw = {
        "experiment": "trial",
        "dataset": {"kind": "digits"},
        "backbone": {"architecture": "small"},
        "pretrain": pretrain,
        "initial": {"size": 20},
        "budget": 20,
        "rounds": 2,
        "strategies": ["random"],
    }
    return load(raw, "trial.yaml")


def test_defaults_are_those_of_the_method_and_the_optimizer():
    simclr, moco = pretrain_settings({"epochs": 20}), pretrain_settings({"method": "moco_v2", "epochs": 20})
    assert isinstance(simclr, SimclrSettings) and isinstance(moco, MocoSettings)
    assert (simclr.optimizer, simclr.learning_rate, simclr.weight_decay) == ("adamw", 2e-3, 1e-4)
    assert (moco.optimizer, moco.learning_rate, moco.weight_decay) == ("sgd", 0.03, 1e-4)
    assert (moco.queue, moco.key_momentum, moco.temperature) == (65536, 0.999, 0.2)
    lars = pretrain_settings({"epochs": 20, "optimizer": "lars", "learning_rate": 4.8})
    assert (lars.learning_rate, lars.weight_decay) == (4.8, 1e-6)


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ({"epochs": 20, "epochz": 3}, "epochz: Extra inputs are not permitted; its keys are: method, epochs"),
        (
            {"epochs": 5},
            "warmup_epochs 10 must be below epochs 5; this is its default, write warmup_epochs: 0 for so few "
            "epochs; its keys are",
        ),
        ({"epochs": 5, "warmup_epochs": 5}, "warmup_epochs 5 must be below epochs 5; its keys are"),
        ({"epochs": 20, "queue": 4096}, "queue: Extra inputs are not permitted"),
        ({"method": "byol", "epochs": 20}, "method: 'byol' is not known; it must be one of simclr, moco_v2"),
        ({"epochs": 20, "optimizer": "adam"}, "optimizer: Input should be 'adamw', 'lars' or 'sgd'"),
        (
            {"method": "moco_v2", "epochs": 20, "batch_size": 100},
            "batch_size 100 must be a multiple of batch_norm_groups 8",
        ),
        (
            {"method": "moco_v2", "epochs": 20, "batch_size": 8},
            "batch_size 8 must be at least twice batch_norm_groups 8",
        ),
        ({"method": "moco_v2", "epochs": 20, "queue": 128}, "queue 128 must not be below batch_size 256"),
    ],
)
def test_mistakes_are_named(given, problem):
    with pytest.raises(InputError) as caught:
        pretrain_settings(given)
    assert str(caught.value).startswith("pretrain: ") and problem in str(caught.value)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"epochs": 20, "queue": 4096}, "trial.yaml: pretrain.queue: unknown key; the keys here are method,"),
        (
            {"method": "moco_v2", "epochs": 20, "key_momentm": 1},
            "trial.yaml: pretrain.key_momentm: unknown key; did you mean 'key_momentum'?",
        ),
        (
            {"method": "byol", "epochs": 20},
            "trial.yaml: pretrain.method: 'byol' is not known; it must be one of 'simclr', 'moco_v2'",
        ),
        ({"method": "moco_v2"}, "trial.yaml: pretrain.epochs: is missing"),
    ],
)
def test_a_configuration_names_the_key(given, line):
    with pytest.raises(InputError) as caught:
        experiment(given)
    assert str(caught.value).startswith(line)


def test_every_augmentation_may_be_chosen():
    assert set(get_args(Augmentation)) == set(AUGMENTATIONS)


def test_a_configuration_may_leave_out_the_method():
    assert experiment({"epochs": "20"}).pretrain == pretrain_settings({"epochs": 20})
    moco = experiment({"method": "moco_v2", "epochs": 20, "queue": "4096"})
    assert moco.pretrain.queue == 4096
    assert moco.backbone_name == "small_moco_v2"
