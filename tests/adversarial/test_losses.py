import math

import pytest
import torch
from scipy import integrate, stats

from activepool.adversarial.losses import (
    averaged_loss,
    deceiving_loss,
    discriminator_loss,
    variational_loss,
)
from activepool.adversarial.networks import CodeDistribution

BATCH = [1, 2, 5]


def draw(*shape, seed):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def kullback_leibler(mean, log_variance):
    """KL(q || N(0, 1)) of one number of a code, integrated."""
    q, p = stats.norm(mean, math.exp(log_variance / 2)), stats.norm()
    return integrate.quad(
        lambda z: q.pdf(z) * (q.logpdf(z) - p.logpdf(z)), *(q.mean() + q.std() * end for end in (-12, 12))
    )[0]


@pytest.mark.parametrize("batch", BATCH)
@pytest.mark.parametrize("beta", [0.0, 1.0, 3.5])
def test_variational_loss_is_equation_1(batch, beta):
    images, reconstruction = draw(2, batch, 1, 2, 3, seed=batch)
    code = CodeDistribution(*draw(2, batch, 4, seed=batch + 50))
    expected = 0.0
    for image, restored, mean, log_variance in zip(images, reconstruction, *code, strict=True):
        likelihood = stats.norm(restored.flatten(), 1).logpdf(image.flatten()) - stats.norm.logpdf(0)
        divergences = [
            kullback_leibler(*pair) for pair in zip(mean.tolist(), log_variance.tolist(), strict=True)
        ]
        expected -= (likelihood.sum() - beta * sum(divergences)) / batch
    assert float(variational_loss(images, reconstruction, code, beta)) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("batch", BATCH)
def test_averaged_loss_is_that_of_the_authors_code(batch):
    images, reconstruction = draw(2, batch, 3, 4, 4, seed=batch)
    code = CodeDistribution(*draw(2, batch, 5, seed=batch + 50))
    error = torch.nn.MSELoss()(reconstruction, images)
    divergence = sum(
        kullback_leibler(*pair)
        for pair in zip(code.mean.flatten().tolist(), code.log_variance.flatten().tolist(), strict=True)
    )
    loss = float(averaged_loss(images, reconstruction, code, 0.7))
    assert loss == pytest.approx(float(error) + 0.7 * divergence, rel=1e-5)
    # Of 48 numbers in an image: the same balance as equation 1 with another beta.
    same_balance = variational_loss(images, reconstruction, code, 0.7 * batch * 24)
    assert loss * 24 == pytest.approx(float(same_balance), rel=1e-5)


@pytest.mark.parametrize("batch", BATCH)
def test_adversarial_losses_are_equations_2_and_4(batch):
    labelled, unlabelled = draw(2, batch, seed=batch)
    probabilities = [[1 / (1 + math.exp(-x)) for x in half.tolist()] for half in (labelled, unlabelled)]
    of_labelled = sum(-math.log(p) for p in probabilities[0]) / batch
    taken_for_labelled = sum(-math.log(p) for p in probabilities[1]) / batch
    taken_for_unlabelled = sum(-math.log(1 - p) for p in probabilities[1]) / batch
    assert float(deceiving_loss(labelled, unlabelled)) == pytest.approx(
        of_labelled + taken_for_labelled, rel=1e-5
    )
    assert float(discriminator_loss(labelled, unlabelled)) == pytest.approx(
        of_labelled + taken_for_unlabelled, rel=1e-5
    )


def test_losses_are_finite_where_the_discriminator_is_sure():
    sure = torch.tensor([200.0, -200.0])
    assert torch.isfinite(deceiving_loss(sure, sure))
    assert torch.isfinite(discriminator_loss(sure, sure))
