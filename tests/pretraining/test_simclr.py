import math

import pytest
import torch

from activepool.backbones.registry import build
from activepool.parallel.distributed import Processes
from activepool.pretraining.settings import SimclrSettings
from activepool.pretraining.simclr import SimCLR, nt_xent


def nt_xent_by_loops(first, second, temperature):
    """Equation 1 of Chen et al. 2020, term by term."""
    views = [*first.double(), *second.double()]
    count = len(first)

    def similarity(i, k):
        return float(views[i] @ views[k] / (views[i].norm() * views[k].norm()))

    losses = []
    for i in range(2 * count):
        j = (i + count) % (2 * count)
        denominator = sum(math.exp(similarity(i, k) / temperature) for k in range(2 * count) if k != i)
        losses.append(-math.log(math.exp(similarity(i, j) / temperature) / denominator))
    return sum(losses) / len(losses)


@pytest.mark.parametrize("count", [1, 2, 5])
@pytest.mark.parametrize("temperature", [0.1, 1.0])
def test_nt_xent_is_equation_1(count, temperature):
    first, second = torch.randn(2, count, 3, generator=torch.Generator().manual_seed(count))
    second[0] = first[-1]
    expected = nt_xent_by_loops(first, second, temperature)
    assert float(nt_xent(first, second, temperature)) == pytest.approx(expected, abs=1e-5)


def test_projection_has_the_width_asked_for():
    settings = SimclrSettings(epochs=20, projection_width=7)
    method = SimCLR(build("small", 8, 1), settings, Processes())
    assert method.encoder(torch.rand(4, 1, 8, 8)).shape == (4, 7)


def test_the_loss_of_a_batch_is_that_of_its_two_views():
    method = SimCLR(build("small", 8, 1), SimclrSettings(epochs=20), Processes()).eval()
    views = torch.rand(2, 4, 1, 8, 8)
    expected = nt_xent(method.encoder(views[0]), method.encoder(views[1]), 0.2).detach()
    loss = method.loss(method.encoder, views, 4, torch.Generator()).detach()
    assert float(loss) == pytest.approx(float(expected), abs=1e-5)
