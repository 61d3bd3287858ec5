import colorsys

import numpy as np
import pytest
import torch

from activepool.errors import InputError
from activepool.features import transforms
from activepool.features.draws import Draws
from activepool.features.transforms import AUGMENTATIONS, augmentation, crop_box


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def drawn():
    return Draws(seeded())


def some_images(count=6, channels=3, side=16):
    return torch.rand(count, channels, side, side, generator=seeded(7))


@pytest.mark.parametrize("name", sorted(AUGMENTATIONS))
@pytest.mark.parametrize(("channels", "side"), [(1, 8), (3, 32), (3, 96)])
def test_augmentation_is_reproducible_and_keeps_the_range(name, channels, side):
    images, augment = some_images(5, channels, side), augmentation(name, side)
    first, again = augment(images, seeded(1)), augment(images, seeded(1))
    assert torch.equal(first, again)
    assert first.shape == images.shape
    assert first.min() >= 0 and first.max() <= 1 + 1e-6


@pytest.mark.parametrize("name", ["digits", "natural"])
def test_each_image_has_its_own_draw(name):
    same = some_images(1).expand(40, -1, -1, -1)
    changed = augmentation(name, 16)(same, seeded())
    assert len({values.numpy().tobytes() for values in changed}) > 20


def test_unknown_augmentation_is_named():
    with pytest.raises(InputError, match=r"augmentation: 'flips' is not known; it must be one of natural"):
        augmentation("flips", 8)


@pytest.mark.parametrize(("height", "width"), [(8, 8), (480, 640), (3, 200), (200, 3), (1, 1)])
def test_crops_lie_in_the_image(height, width):
    for draws in augmentation("crop", 8).draw_crops(1, 200, seeded())[0]:
        top, left, rows, columns = crop_box(height, width, draws)
        assert rows >= 1 and columns >= 1
        assert 0 <= top <= height - rows and 0 <= left <= width - columns


@pytest.mark.parametrize(("name", "least"), [("natural", 0.08), ("moco_v2", 0.2)])
def test_crops_have_the_areas_and_ratios_of_the_papers(name, least):
    draws = augmentation(name, 8).draw_crops(1, 500, seeded())[0]
    boxes = np.array([crop_box(1000, 1000, draw) for draw in draws])
    areas, ratios = boxes[:, 2] * boxes[:, 3] / 1e6, boxes[:, 3] / boxes[:, 2]
    assert least - 0.001 < areas.min() < least + 0.02 and areas.max() > 0.9
    assert areas.mean() == pytest.approx((least + 1) / 2, abs=0.06)
    assert ratios.min() > 0.745 and ratios.max() < 1.34


@pytest.mark.parametrize("name", sorted(AUGMENTATIONS))
def test_a_share_of_a_batch_is_augmented_as_in_the_whole(name):
    images, augment = some_images(9, 3, 96), augmentation(name, 96)
    whole = augment(images, seeded())
    rows = torch.tensor([1, 4, 5, 8])
    share = augment(images[rows], Draws(seeded(), 9, rows))
    assert torch.allclose(share, whole[rows], atol=1e-6)


def test_flip_mirrors_about_half():
    images = some_images(400)
    flipped = transforms.flip(images, drawn())
    mirrored = torch.tensor([torch.equal(a, b.flip(-1)) for a, b in zip(flipped, images, strict=True)])
    is_kept = torch.tensor([torch.equal(a, b) for a, b in zip(flipped, images, strict=True)])
    assert (mirrored ^ is_kept).all()
    assert 150 < mirrored.sum() < 250


def test_grey_makes_channels_equal():
    images = some_images(100)
    grey = transforms.grey(images, drawn())
    changed = (grey != images).flatten(1).any(1)
    assert 8 < changed.sum() < 35
    assert torch.equal(grey[changed][:, 0], grey[changed][:, 2])


def test_hue_turn_keeps_grey_and_turns_colours():
    for turns in (0.0, 0.1, -0.2):
        turn = transforms._hue_turn(torch.tensor(turns).reshape(1, 1, 1))[0]
        assert torch.allclose(turn @ torch.full((3,), 0.4), torch.full((3,), 0.4), atol=1e-3)
    muted_red = torch.tensor([0.6, 0.4, 0.4])
    turned = transforms._hue_turn(torch.tensor(1 / 3).reshape(1, 1, 1))[0] @ muted_red
    hue = colorsys.rgb_to_hsv(*turned.tolist())[0]
    assert min(abs(hue - 1 / 3), abs(hue - 2 / 3)) < 0.1


def test_jitter_of_strength_0_changes_nothing():
    images = some_images()
    assert torch.allclose(transforms.colour_jitter(images, drawn(), strength=0.0), images, atol=1e-3)


def test_contrast_stretches_about_the_mean(monkeypatch):
    # Draws of 0.5 mean no change; only the contrast is drawn to its largest factor, 1.8.
    images = 0.45 + 0.1 * some_images(1, 1)
    draws = torch.full((4, 1, 1, 1), 0.5)
    draws[1] = 1.0
    answers = iter([draws, torch.zeros(1, 1, 1, 1)])
    monkeypatch.setattr(transforms.torch, "rand", lambda *shape, generator: next(answers))
    changed = transforms.colour_jitter(images, drawn(), strength=1.0)
    mean = images.mean()
    assert torch.allclose(changed, mean + 1.8 * (images - mean), atol=1e-5)


def test_blur_lowers_detail_and_keeps_the_mean():
    images = some_images(30, 3, 64)
    blurred = transforms.blur(images, drawn())
    changed = (blurred != images).flatten(1).any(1)
    assert 5 < changed.sum() < 25
    assert blurred.std() < images.std()
    assert blurred.mean() == pytest.approx(float(images.mean()), abs=0.01)


def test_erase_blackens_a_rectangle():
    erased = transforms.erase(torch.ones(50, 1, 12, 12), drawn())[:, 0] == 0
    for hole in erased:
        rows, columns = hole.any(1), hole.any(0)
        assert torch.equal(hole, rows[:, None] & columns[None])
        assert rows.sum() <= 7 and columns.sum() <= 7
    assert erased.any()


def test_affine_keeps_a_blob_near_its_place():
    images = torch.zeros(60, 1, 16, 16)
    images[:, :, 6:10, 6:10] = 1
    moved = transforms.affine(images, drawn())[:, 0]
    place = torch.arange(16.0)
    mass = moved.sum((1, 2))
    down, right = (moved.sum(2) @ place) / mass, (moved.sum(1) @ place) / mass
    assert (down - 7.5).abs().max() < 4 and (right - 7.5).abs().max() < 4
    assert down.std() > 0.3 and right.std() > 0.3
