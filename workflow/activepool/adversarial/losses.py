"""The losses of VAAL (Sinha et al. 2019, equations 1 to 4), each the mean over a batch."""

from torch import Tensor
from torch.nn.functional import softplus

from activepool.adversarial.networks import CodeDistribution


def variational_loss(images: Tensor, reconstruction: Tensor, code: CodeDistribution, beta: float) -> Tensor:
    """Return one half of equation 1, negated: that of the labelled or of the unlabelled images.

    -E[log p(x|z)] + beta KL(q(z|x) || N(0, 1)), where p has unit variance and its constant is left out:
    half the squared error, summed over the pixels of an image. Images and reconstruction are (B, ...).
    """
    error = (images - reconstruction).square().flatten(1).sum(dim=1) / 2
    return (error + beta * _divergence(code)).mean()


def averaged_loss(images: Tensor, reconstruction: Tensor, code: CodeDistribution, beta: float) -> Tensor:
    """Return what the authors' code has in place of `variational_loss`.

    The mean squared error of all pixels, and ``beta`` times the sum of all images' divergences. Up to a
    factor, it is `variational_loss` with ``beta`` times half the number of images and of an image's pixels.
    """
    return (images - reconstruction).square().mean() + beta * _divergence(code).sum()


def deceiving_loss(labelled: Tensor, unlabelled: Tensor) -> Tensor:
    """Return equation 2: -E[log D(labelled)] - E[log D(unlabelled)], of log-odds (B,) of being labelled."""
    return softplus(-labelled).mean() + softplus(-unlabelled).mean()


def discriminator_loss(labelled: Tensor, unlabelled: Tensor) -> Tensor:
    """Return equation 4: -E[log D(labelled)] - E[log(1 - D(unlabelled))], of log-odds (B,)."""
    return softplus(-labelled).mean() + softplus(unlabelled).mean()


def _divergence(code: CodeDistribution) -> Tensor:
    """Return KL(q(z|x) || N(0, 1)) of each image, (B,)."""
    return (code.mean.square() + code.log_variance.exp() - 1 - code.log_variance).sum(dim=1) / 2
