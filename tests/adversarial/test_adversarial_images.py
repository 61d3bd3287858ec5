"""What the networks of VAAL see of an image."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from adversarial.test_adversarial_training import SETTINGS, write_images

from activepool.adversarial.images import batches, windows
from activepool.adversarial.training import rate_factor
from activepool.features.image_round import ImageRound
from activepool.features.images import Request


def generator(seed):
    return torch.Generator().manual_seed(seed)


def test_windows_of_a_batch_lie_in_one_place_and_anywhere():
    settings = replace(SETTINGS, zoom=1.25)
    images = torch.arange(20.0 * 20).reshape(1, 1, 20, 20).repeat(3, 1, 1, 1) / 400
    corners = set()
    for seed in range(200):
        crops = (windows(images, settings, generator(seed)) + 1) / 2
        assert crops.shape == (3, 1, 16, 16)
        assert torch.equal(crops[0], crops[2])
        top, left = divmod(round(float(crops[0, 0, 0, 0]) * 400), 20)
        assert torch.allclose(crops[0], images[0, :, top : top + 16, left : left + 16], atol=1e-6)
        corners.add((top, left))
    assert corners == {(top, left) for top in range(5) for left in range(5)}


@pytest.mark.parametrize(
    ("name", "mean", "deviation"),
    [
        ("signed", [0.5] * 3, [0.5] * 3),
        ("imagenet", [0.485, 0.456, 0.406], [0.229, 0.224, 0.225]),
        ("cifar10", [0.4914, 0.4822, 0.4465], [0.2023, 0.1994, 0.2010]),
    ],
)
def test_pixels_are_normalised_by_colour(name, mean, deviation):
    settings, images = replace(SETTINGS, normalisation=name), torch.rand(2, 3, 16, 16, generator=generator(0))
    expected = (images.permute(0, 2, 3, 1) - torch.tensor(mean)) / torch.tensor(deviation)
    assert torch.allclose(windows(images, settings, generator(0)).permute(0, 2, 3, 1), expected, atol=1e-6)
    grey = windows(images[:, :1], settings, generator(0))
    average, spread = round(np.mean(mean), 4), round(np.mean(deviation), 4)
    assert torch.allclose(grey, (images[:, :1] - average) / spread, atol=1e-6)


def test_large_images_are_cropped_as_for_a_backbone(tmp_path):
    pixels = np.zeros((1, 256, 256, 1), dtype=np.uint8)
    pixels[:, 16:240, 16:240] = 255
    images = ImageRound(write_images(tmp_path / "dataset.h5", pixels), np.array([0]), np.array([0]), 0, 1)
    request = [Request(np.array([0]))]
    (cropped,) = batches(images, replace(SETTINGS, zoom=14.0), request)
    assert cropped.shape == (1, 1, 224, 224)
    assert (cropped == 1).all()
    (whole,) = batches(images, SETTINGS, request)
    assert whole.shape == (1, 1, 16, 16)
    assert whole[0, 0, 0, 0] < 0.5


@pytest.mark.parametrize(
    ("schedule", "factors"),
    [
        ("constant", [1, 1, 1, 1, 1, 1, 1]),
        ("step", [1, 1, 0.5, 0.5, 0.25, 0.25, 0.125]),
        ("cosine", [1, 0.9330127, 0.75, 0.5, 0.25, 0.0669873, 0]),
    ],
)
def test_rates_fall_as_the_schedule_says(schedule, factors):
    settings = replace(SETTINGS, schedule=schedule)
    assert [rate_factor(settings, epoch) for epoch in range(7)] == pytest.approx(factors, abs=1e-6)
