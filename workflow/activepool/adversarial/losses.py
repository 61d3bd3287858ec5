"""The losses of VAAL (Sinha et al. 2019, equations 1 to 4), each the mean over a batch."""

from torch import Tensor
from torch.nn.functional import softplus

from activepool.adversarial.networks import Encoded


def variational_loss(images: Tensor, reconstruction: Tensor, code: Encoded, beta: float) -> Tensor:
    """Return one half of equation 1, negated: that of the labelled or of the unlabelled images.

    -E[log p(x|z)] + beta KL(q(z|x) || N(0, 1)), where p has unit variance and its constant is left out:
    half the squared error, summed over the pixels of an image.

    Args:
        images, reconstruction: (B, ...) of the same shape.
        code: (B, latent) means and logarithms of variances.
        beta: weight of the divergence.
    """
    error = (images - reconstruction).square().flatten(1).sum(dim=1) / 2
    divergence = (code.mean.square() + code.log_variance.exp() - 1 - code.log_variance).sum(dim=1) / 2
    return (error + beta * divergence).mean()


def deceiving_loss(labelled: Tensor, unlabelled: Tensor) -> Tensor:
    """Return equation 2: -E[log D(labelled)] - E[log D(unlabelled)], of log-odds (B,) of being labelled."""
    return softplus(-labelled).mean() + softplus(-unlabelled).mean()


def discriminator_loss(labelled: Tensor, unlabelled: Tensor) -> Tensor:
    """Return equation 4: -E[log D(labelled)] - E[log(1 - D(unlabelled))], of log-odds (B,)."""
    return softplus(-labelled).mean() + softplus(unlabelled).mean()
