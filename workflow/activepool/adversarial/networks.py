"""The networks of VAAL (Sinha et al. 2019, section 4; sizes as in the authors' code)."""

import math
from typing import NamedTuple

import torch
from torch import Tensor, nn

from activepool.adversarial.settings import REDUCTION, AdversarialSettings
from activepool.backbones.execution import on_device

#: Units in the two hidden layers of the discriminator.
DISCRIMINATOR_WIDTH = 512


class CodeDistribution(NamedTuple):
    """Means and logarithms of variances of the codes q(z|x), each (B, latent)."""

    mean: Tensor
    log_variance: Tensor


class VariationalAutoencoder(nn.Module):
    """Four convolutions down to a Gaussian code of length ``latent``, and a decoder back up.

    ``width`` is the channels after the first convolution, doubled by each of the next three; the images'
    side is a multiple of REDUCTION.
    """

    def __init__(self, image_size: int, channels: int, width: int, latent: int) -> None:
        super().__init__()
        side = image_size // REDUCTION
        widths = [width, 2 * width, 4 * width, 8 * width]
        down = [_halve(*pair) for pair in zip([channels, *widths[:-1]], widths, strict=True)]
        self.encoder = nn.Sequential(*down, nn.Flatten())
        self.mean = nn.Linear(widths[-1] * side**2, latent)
        self.log_variance = nn.Linear(widths[-1] * side**2, latent)
        # The decoder starts at twice the side: three doublings, and a last layer that only mixes channels.
        start = [
            nn.Linear(latent, widths[-1] * (2 * side) ** 2),
            nn.Unflatten(1, (widths[-1], 2 * side, 2 * side)),
        ]
        up = [_double(*pair) for pair in zip(widths[:0:-1], widths[-2::-1], strict=True)]
        self.decoder = nn.Sequential(*start, *up, nn.Conv2d(width, channels, 1))

    def encode(self, images: Tensor) -> CodeDistribution:
        """Return the codes of images (B, channels, S, S) in -1..1."""
        hidden: Tensor = self.encoder(images)
        return CodeDistribution(self.mean(hidden), self.log_variance(hidden))

    def forward(self, images: Tensor, noise: Tensor) -> tuple[Tensor, CodeDistribution]:
        """Return reconstructions (B, channels, S, S) and codes; ``noise`` (B, latent) is standard normal."""
        code = self.encode(images)
        return self.decoder(code.mean + noise * torch.exp(code.log_variance / 2)), code


class Discriminator(nn.Sequential):
    """Maps codes (B, latent) to the log-odds (B,) that their images are labelled."""

    def __init__(self, latent: int) -> None:
        super().__init__(
            nn.Linear(latent, DISCRIMINATOR_WIDTH),
            nn.ReLU(),
            nn.Linear(DISCRIMINATOR_WIDTH, DISCRIMINATOR_WIDTH),
            nn.ReLU(),
            nn.Linear(DISCRIMINATOR_WIDTH, 1),
            nn.Flatten(0),
        )


class Networks(nn.Module):
    """The autoencoder and the discriminator, on one device."""

    def __init__(self, autoencoder: VariationalAutoencoder, discriminator: Discriminator) -> None:
        super().__init__()
        self.autoencoder = autoencoder
        self.discriminator = discriminator

    @classmethod
    def untrained(cls, settings: AdversarialSettings, channels: int, device: str) -> "Networks":
        """Return networks of these sizes; torch's global generator draws their weights."""
        autoencoder = VariationalAutoencoder(settings.image_size, channels, settings.width, settings.latent)
        networks = cls(autoencoder, Discriminator(settings.latent))
        if settings.initialisation == "full":
            networks.apply(_initialise)
        else:
            _initialise_partly(networks, channels)
        return on_device(networks, device)


def _initialise(layer: nn.Module) -> None:
    """Initialise a layer as in He et al. 2015."""
    if isinstance(layer, nn.Conv2d | nn.ConvTranspose2d | nn.Linear):
        nn.init.kaiming_normal_(layer.weight)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)


def _initialise_partly(networks: Networks, channels: int) -> None:
    """Initialise the layers that the authors' code does; all others keep torch's initial weights.

    The last layer is a transposed convolution there, for which torch takes the outputs as the inputs.
    """
    autoencoder = networks.autoencoder
    for part in (autoencoder.encoder, autoencoder.decoder[0], networks.discriminator):
        part.apply(_initialise)
    bound = 1 / math.sqrt(channels)
    for values in autoencoder.decoder[-1].parameters():
        nn.init.uniform_(values, -bound, bound)


def _halve(channels: int, width: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU())


def _double(width: int, channels: int) -> nn.Sequential:
    layer = nn.ConvTranspose2d(width, channels, 4, 2, 1, bias=False)
    return nn.Sequential(layer, nn.BatchNorm2d(channels), nn.ReLU())
