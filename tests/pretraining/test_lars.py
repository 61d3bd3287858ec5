import numpy as np
import pytest
import torch

from activepool.pretraining.lars import TRUST, Lars


def lars_by_hand(weights, gradients, rates, decay, adapted, momentum=0.9):
    """You et al. 2017, algorithm 1, in double precision."""
    weights, velocity = np.array(weights, dtype=np.float64), 0.0
    for gradient, rate in zip(gradients, rates, strict=True):
        gradient = np.array(gradient, dtype=np.float64) + decay * weights
        norms = np.linalg.norm(weights), np.linalg.norm(gradient)
        trust = TRUST * norms[0] / norms[1] if adapted and min(norms) > 0 else 1.0
        velocity = momentum * velocity + rate * trust * gradient
        weights = weights - velocity
    return weights


@pytest.mark.parametrize("adapted", [True, False])
@pytest.mark.parametrize("decay", [0.0, 0.3])
@pytest.mark.parametrize("start", [[[0.5, -1.0], [2.0, 0.25]], [[0.0, 0.0], [0.0, 0.0]]])
def test_steps_follow_the_formula(start, decay, adapted):
    weights = torch.nn.Parameter(torch.tensor(start))
    optimizer = Lars([{"params": [weights], "weight_decay": decay, "adapted": adapted}])
    gradients = np.random.default_rng(0).normal(size=(5, 2, 2))
    gradients[3] = 0
    rates = [0.5, 2.0, 1.0, 0.0, 0.3]
    for gradient, rate in zip(gradients, rates, strict=True):
        optimizer.param_groups[0]["lr"] = rate
        weights.grad = torch.tensor(gradient, dtype=torch.float32)
        optimizer.step()
    expected = lars_by_hand(start, gradients, rates, decay, adapted)
    np.testing.assert_allclose(weights.detach().numpy(), expected, rtol=1e-5, atol=1e-6)


def test_what_has_no_gradient_stays():
    weights = torch.nn.Parameter(torch.ones(3))
    Lars([{"params": [weights]}], lr=1.0).step()
    assert weights.tolist() == [1, 1, 1]
