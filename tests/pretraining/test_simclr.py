import math

import pytest
import torch

from activepool.backbones.registry import build
from activepool.backbones.settings import parsed
from activepool.errors import InputError
from activepool.pretraining.settings import PretrainSettings
from activepool.pretraining.simclr import SimCLR, learning_rate, nt_xent


def nt_xent_by_loops(first, second, temperature):
    """Equation 1 of Chen et al. 2020, term by term."""
    views = [*first.double(), *second.double()]
    count = len(first)

    def similarity(i, k):
        return float(views[i] @ views[k] / (views[i].norm() * views[k].norm()))

    losses = []
    for i in range(2 * count):
        j = (i + count) % (2 * count)
        others = sum(math.exp(similarity(i, k) / temperature) for k in range(2 * count) if k != i)
        losses.append(-math.log(math.exp(similarity(i, j) / temperature) / others))
    return sum(losses) / len(losses)


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_nt_xent_is_equation_1(count, temperature):
    first, second = torch.randn(2, count, 3, generator=torch.Generator().manual_seed(count))
    second[0] = first[-1]
    expected = nt_xent_by_loops(first, second, temperature)
    assert float(nt_xent(first, second, temperature)) == pytest.approx(expected, abs=1e-5)


def test_learning_rate_rises_and_falls():
    rates = [learning_rate(step, 4, 20, 0.5) for step in range(20)]
    assert rates[:4] == pytest.approx([0.125, 0.25, 0.375, 0.5])
    assert rates[4] == 0.5
    assert rates[12] == pytest.approx(0.25)
    assert rates[4:] == sorted(rates[4:], reverse=True)
    assert 0 < rates[-1] < 0.01


def test_learning_rate_without_warm_up_starts_at_the_largest():
    assert learning_rate(0, 0, 10, 0.5) == 0.5


def test_projection_has_the_width_asked_for():
    assert SimCLR(build("small", 8, 1), 7)(torch.rand(4, 1, 8, 8)).shape == (4, 7)


def test_unknown_setting_is_named():
    with pytest.raises(InputError, match=r"pretrain: epochz: Extra inputs are not permitted; its keys are"):
        parsed(PretrainSettings, {"epochs": 20, "epochz": 3}, "pretrain")


def test_warm_up_must_end():
    with pytest.raises(InputError, match="warmup_epochs 10 must be below epochs 5"):
        parsed(PretrainSettings, {"epochs": 5}, "pretrain")
