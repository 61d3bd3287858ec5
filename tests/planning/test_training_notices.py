"""Notices about batches, queues and steps that are too large for the images, labels or epochs."""

import pytest
import yaml

from planning.checks.experiment import check
from planning.checks.settings import head_notices, pretraining_notices
from planning.configuration.loading import load

EXPERIMENT = """
experiment: trial
dataset: {kind: digits}
backbone: {architecture: small, image_size: 8}
initial: {size: 20}
budget: 10
rounds: 5
strategies: [random]
"""


def experiment(**sections):
    return load(yaml.safe_load(EXPERIMENT) | sections, "trial.yaml")


@pytest.mark.parametrize(
    ("pretrain", "images", "notices"),
    [
        (None, 1, []),
        ({"batch_size": 90}, 90, []),
        (
            {"batch_size": 256},
            90,
            [
                "pretrain.batch_size: 256 is more than the 90 train images, so each epoch is one step; give "
                "fewer, such as 16"
            ],
        ),
        (
            {"method": "moco_v2"},
            40_000,
            [
                "pretrain.queue: 65,536, the default, is not below the 40,000 train images, so an image's "
                "own older keys are among its negatives; give fewer, such as 8,192"
            ],
        ),
        ({"method": "moco_v2", "queue": 256}, 257, []),
    ],
)
def test_batches_and_queues_of_more_than_all_images(pretrain, images, notices):
    settings = experiment(pretrain={"epochs": 20, **pretrain} if pretrain else None).pretrain
    assert list(pretraining_notices(settings, images)) == notices


@pytest.mark.parametrize("groups", [1, 3, 8, 20])
@pytest.mark.parametrize("images", [48, 90, 254, 65_536])
def test_the_numbers_that_would_fit_make_a_valid_pretraining_without_notices(groups, images):
    given = {"method": "moco_v2", "epochs": 20, "batch_size": 120_000, "queue": 240_000}
    given["batch_norm_groups"] = groups
    for _ in range(2):
        lines = list(pretraining_notices(experiment(pretrain=given).pretrain, images))
        for line in lines:
            key, number = line.partition(":")[0], line.rpartition(" ")[2]
            given[key.removeprefix("pretrain.")] = int(number.replace(",", ""))
    assert lines == [] and given["queue"] < images


@pytest.mark.parametrize(
    ("head", "notices"),
    [
        ({"solver": "lbfgs"}, []),
        ({"solver": "sgd", "batch_size": 60}, []),
        (
            {"solver": "finetune"},
            [
                "head.batch_size: 128, the default, is more than the 60 labels of the last round, so each "
                "epoch is one step; give fewer, such as 8"
            ],
        ),
        (
            {"solver": "sgd", "batch_size": 8, "epochs": 15},
            [
                "head.step_size: 20, the default, is not below the 15 epochs, so the learning rate never "
                "falls; give fewer, such as 5"
            ],
        ),
        ({"solver": "sgd", "batch_size": 8, "epochs": 15, "schedule": "cosine"}, []),
        ({"solver": "sgd", "batch_size": 8, "epochs": 1}, []),
    ],
)
def test_batches_of_more_than_all_labels_and_steps_after_the_last_epoch(head, notices):
    pretrain = {"epochs": 20}
    assert list(head_notices(experiment(head=head, pretrain=pretrain))) == notices


def test_a_run_prints_them_before_its_jobs(capsys):
    head = {"solver": "sgd"}
    check(experiment(head=head, pretrain={"epochs": 20, "batch_size": 2_000}), "trial.yaml")
    printed = capsys.readouterr().err
    assert "activepool: notice: pretrain.batch_size: 2,000 is more than the 1,352 train images" in printed
    assert "activepool: notice: head.batch_size: 128, the default, is more than the 60 labels" in printed
