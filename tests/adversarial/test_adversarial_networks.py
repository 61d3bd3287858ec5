import pytest
import torch

from activepool.adversarial.networks import Discriminator, VariationalAutoencoder


@pytest.mark.parametrize("size", [16, 32, 48])
@pytest.mark.parametrize("channels", [1, 3])
def test_images_come_back_in_their_size(size, channels):
    autoencoder = VariationalAutoencoder(size, channels, width=2, latent=5)
    restored, code = autoencoder(torch.zeros(3, channels, size, size), torch.zeros(3, 5))
    assert restored.shape == (3, channels, size, size)
    assert code.mean.shape == code.log_variance.shape == (3, 5)


def test_codes_are_drawn_with_their_own_mean_and_deviation():
    autoencoder = VariationalAutoencoder(16, 1, width=2, latent=3).eval()
    seen = []
    autoencoder.decoder = torch.nn.Identity()
    images = torch.rand(4, 1, 16, 16)
    for noise in (torch.zeros(4, 3), torch.ones(4, 3)):
        sample, code = autoencoder(images, noise)
        seen.append(sample)
    assert torch.equal(seen[0], code.mean)
    assert torch.allclose((seen[1] - seen[0]).log() * 2, code.log_variance, atol=1e-4)


def test_discriminator_gives_one_number_a_code():
    assert Discriminator(6)(torch.zeros(1, 6)).shape == (1,)
    assert Discriminator(6)(torch.zeros(9, 6)).shape == (9,)
