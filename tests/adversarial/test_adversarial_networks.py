from dataclasses import replace

import pytest
import torch
from adversarial.test_adversarial_training import SETTINGS
from torch import nn

from activepool.adversarial.networks import Discriminator, Networks, VariationalAutoencoder


@pytest.mark.parametrize("size", [16, 32, 48])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_come_back_in_their_size(size, channels):
    autoencoder = VariationalAutoencoder(size, channels, width=2, latent=5)
    restored, code = autoencoder(torch.zeros(3, channels, size, size), torch.zeros(3, 5))
    assert restored.shape == (3, channels, size, size)
    assert code.mean.shape == code.log_variance.shape == (3, 5)


def test_codes_are_drawn_with_their_own_mean_and_deviation():
    autoencoder = VariationalAutoencoder(16, 1, width=2, latent=3).eval()
    codes = []
    autoencoder.decoder = torch.nn.Identity()
    images = torch.rand(4, 1, 16, 16)
    for noise in (torch.zeros(4, 3), torch.ones(4, 3)):
        sample, code = autoencoder(images, noise)
        codes.append(sample)
    assert torch.equal(codes[0], code.mean)
    assert torch.allclose((codes[1] - codes[0]).log() * 2, code.log_variance, atol=1e-4)


def test_discriminator_gives_one_number_per_code():
    assert Discriminator(6)(torch.zeros(1, 6)).shape == (1,)
    assert Discriminator(6)(torch.zeros(9, 6)).shape == (9,)


def deviations(initialisation):
    """Return the standard deviation of each layer's first weights, and the layers whose bias is not 0."""
    settings = replace(SETTINGS, image_size=32, width=16, latent=64, initialisation=initialisation)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        networks = Networks.untrained(settings, channels=3, device="cpu")
    kinds = (nn.Conv2d, nn.ConvTranspose2d, nn.Linear)
    layers = {name: layer for name, layer in networks.named_modules() if isinstance(layer, kinds)}
    by_layer = {name: layer.weight.std().item() for name, layer in layers.items()}
    return by_layer, [name for name, layer in layers.items() if layer.bias is not None and layer.bias.any()]


def of_he(inputs):
    return (2 / inputs) ** 0.5


def of_torch(inputs):
    return (3 * inputs) ** -0.5


#: The decoder's transposed convolutions, and their outputs, which torch takes for the inputs.
DOUBLINGS = ((2, 64), (3, 32), (4, 16))

ENCODER_AND_DISCRIMINATOR = {
    **{f"autoencoder.encoder.{place}.0": of_he(16 * inputs) for place, inputs in enumerate((3, 16, 32, 64))},
    "autoencoder.decoder.0": of_he(64),
    "discriminator.0": of_he(64),
    "discriminator.2": of_he(512),
    "discriminator.4": of_he(512),
}


def test_weights_are_initialised_as_by_he():
    by_layer, biased = deviations("full")
    assert by_layer == pytest.approx(
        ENCODER_AND_DISCRIMINATOR
        | {f"autoencoder.{name}": of_he(128 * 2**2) for name in ("mean", "log_variance")}
        | {f"autoencoder.decoder.{place}.0": of_he(16 * outputs) for place, outputs in DOUBLINGS}
        | {"autoencoder.decoder.5": of_he(16)},
        rel=0.2,
    )
    assert biased == []


def test_layers_that_the_authors_code_skips_are_initialised_as_by_torch():
    by_layer, biased = deviations("partial")
    assert by_layer == pytest.approx(
        ENCODER_AND_DISCRIMINATOR
        | {f"autoencoder.{name}": of_torch(128 * 2**2) for name in ("mean", "log_variance")}
        | {f"autoencoder.decoder.{place}.0": of_torch(16 * outputs) for place, outputs in DOUBLINGS}
        | {"autoencoder.decoder.5": of_torch(3)},
        rel=0.2,
    )
    assert biased == ["autoencoder.mean", "autoencoder.log_variance", "autoencoder.decoder.5"]
