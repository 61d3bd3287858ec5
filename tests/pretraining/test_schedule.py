import pytest
import torch
from torch import nn

from activepool.pretraining.schedule import learning_rate, optimizer_of
from activepool.pretraining.settings import SimclrSettings


def test_learning_rate_rises_and_falls():
    rates = [learning_rate(step, 4, 20, 0.5) for step in range(20)]
    assert rates[:4] == pytest.approx([0.125, 0.25, 0.375, 0.5])
    assert rates[4] == 0.5
    assert rates[12] == pytest.approx(0.25)
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert 0 < rates[-1] < 0.01


def test_learning_rate_without_warm_up_starts_at_the_largest():
    assert learning_rate(0, 0, 10, 0.5) == 0.5


@pytest.mark.parametrize(
    ("optimizer", "decays", "adapted"),
    [("adamw", [0.5, 0.0], None), ("lars", [0.5, 0.0], [True, False]), ("sgd", [0.5], None)],
)
def test_biases_and_normalisation_are_left_out_as_each_paper_says(optimizer, decays, adapted):
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Linear(4, 2))
    optimizer_found = optimizer_of(network, SimclrSettings(epochs=20, optimizer=optimizer, weight_decay=0.5))
    assert [group["weight_decay"] for group in optimizer_found.param_groups] == decays
    if adapted:
        assert [group["adapted"] for group in optimizer_found.param_groups] == adapted
    if len(decays) == 2:
        assert [values.ndim for values in optimizer_found.param_groups[1]["params"]] == [1, 1, 1, 1]
    assert sum(len(group["params"]) for group in optimizer_found.param_groups) == len(
        list(network.parameters())
    )
    assert isinstance(optimizer_found, torch.optim.Optimizer)
