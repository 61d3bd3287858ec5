"""Random augmentations: sets of transformations, with separate draws for each image of a batch.

An augmentation has two halves. The loader's workers cut the random crop from the whole image when they read
it, because a crop from a reduced image would lose detail; the caller draws its random numbers beforehand, so
that it does not depend on the workers. All other transformations run on the batch, on the device, with one
draw per image. The draws come from a torch generator on the CPU, so that a seed means the same augmentation
on every device.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn import functional

from activepool.backbones.networks import MAX_SMALL_SIDE
from activepool.compute.arrays import FloatArray
from activepool.errors import InputError
from activepool.features.draws import Draws

#: Areas (relative to the image) and aspect ratios of random crops: Chen et al. 2020, appendix A; and the
#: areas of MoCo, which are those of InstDisc (Wu et al. 2018).
CROP_AREA, CROP_AREA_MOCO = (0.08, 1.0), (0.2, 1.0)
CROP_RATIO = (3 / 4, 4 / 3)
#: Attempts to draw a crop that fits into the image.
CROP_TRIES = 10
#: Random numbers of one crop: the area of each attempt, its ratio, and the place; all but the areas uniform
#: in 0..1.
CROP_DRAWS = 2 * CROP_TRIES + 2

#: A transformation of a batch (B, C, S, S) in 0..1, with a separate draw for each image.
Transformation = Callable[[Tensor, Draws], Tensor]

# Random numbers, in a tensor or in an array.
_Numbers = TypeVar("_Numbers", Tensor, FloatArray)

# Weights of red, green and blue in grey (ITU-R 601).
_GREY = torch.tensor([0.299, 0.587, 0.114])
# From red, green and blue to luma and two colour differences (YIQ); a turn of the latter changes the hue.
_YIQ = torch.tensor([[0.299, 0.587, 0.114], [0.5959, -0.2746, -0.3213], [0.2115, -0.5227, 0.3112]])


@dataclass(frozen=True)
class Augmentation:
    """Random transformations of batches of images, in this order, after a random crop.

    ``crop_area`` bounds the area of the crop relative to the image; None for no crop.
    """

    crop_area: tuple[float, float] | None
    transformations: tuple[Transformation, ...]

    def draw_crops(self, views: int, images: int, generator: Generator) -> FloatArray | None:
        """Return the random numbers of crops, (views, images, CROP_DRAWS), or None if there are none."""
        if self.crop_area is None:
            return None
        draws = torch.rand(views, images, CROP_DRAWS, generator=generator).numpy()
        draws[..., :CROP_TRIES] = _between(draws[..., :CROP_TRIES], *self.crop_area)
        return draws

    def __call__(self, images: Tensor, source: Generator | Draws) -> Tensor:
        """Return augmented images (B, C, S, S) in 0..1, of images (B, C, S, S) in 0..1."""
        draws = Draws(source) if isinstance(source, Generator) else source
        for transformation in self.transformations:
            images = transformation(images, draws)
        return images


def augmentation(name: str, image_size: int) -> Augmentation:
    """Return an augmentation by name, for square images of ``image_size`` pixels.

    ``natural``: SimCLR's set for photographs (Chen et al. 2020, appendix A): random crop, flip, colour
    jitter, grey, and for images above 64 pixels blur. ``moco_v2``: that of MoCo v2 (Chen et al. 2020b), with
    larger crops and weaker jitter. ``crop``: only random crop and flip, the usual augmentation for training a
    head. ``shift``: small shifts and flip, the usual augmentation for training a network on small images.
    ``digits``: small rotations, shifts, scalings and shears, an erased rectangle, and noise, for centred
    signs on a dark ground, which a flip would turn into other signs.

    Raises: InputError for any other name.
    """
    if name not in AUGMENTATIONS:
        raise InputError(f"augmentation: {name!r} is not known; it must be one of {', '.join(AUGMENTATIONS)}")
    return (SMALL_IMAGE_AUGMENTATIONS if image_size <= MAX_SMALL_SIDE else AUGMENTATIONS)[name]


def crop_box(height: int, width: int, draws: FloatArray) -> tuple[int, int, int, int]:
    """Return (top, left, height, width) of a random crop of an image of ``height`` x ``width`` pixels.

    It tries areas and aspect ratios until the crop fits, as torchvision's RandomResizedCrop does; if none
    fits, it returns the largest central crop of an allowed ratio. ``draws`` (CROP_DRAWS,) are those of
    `Augmentation.draw_crops`.
    """
    area = height * width * draws[:CROP_TRIES]
    ratio = np.exp(_between(draws[CROP_TRIES : 2 * CROP_TRIES], *np.log(CROP_RATIO)))
    widths, heights = np.rint(np.sqrt(area * ratio)), np.rint(np.sqrt(area / ratio))
    fits = (widths >= 1) & (widths <= width) & (heights >= 1) & (heights <= height)
    if not fits.any():
        rows, columns = min(height, round(width / CROP_RATIO[0])), min(width, round(height * CROP_RATIO[1]))
        return (height - rows) // 2, (width - columns) // 2, rows, columns
    rows, columns = int(heights[fits.argmax()]), int(widths[fits.argmax()])
    down, right = draws[-2:]
    return int(down * (height - rows + 1)), int(right * (width - columns + 1)), rows, columns


def shift(images: Tensor, draws: Draws) -> Tensor:
    """Shift each image by up to an eighth of its side in each direction; the margin becomes black."""
    batch, channels, side, _ = images.shape
    reach = side // 8
    places = draws.integers(2 * reach + 1, 2, batch, 1, axis=1)
    down, across = (places + torch.arange(side)).to(images.device)
    padded = functional.pad(images, [reach] * 4)
    indices = [torch.arange(size, device=images.device) for size in (batch, channels)]
    return padded[
        indices[0][:, None, None, None],
        indices[1][:, None, None],
        down[:, None, :, None],
        across[:, None, None],
    ]


def flip(images: Tensor, draws: Draws) -> Tensor:
    """Mirror each image left to right with probability 0.5."""
    return torch.where(_draw_chosen(images, 0.5, draws), images.flip(-1), images)


def colour_jitter(images: Tensor, draws: Draws, strength: float) -> Tensor:
    """Change brightness, contrast, saturation and hue of each image, with probability 0.8.

    Brightness, contrast and saturation change by a factor in 1 ± 0.8 · strength, the hue by a rotation of up
    to 0.2 · strength. Each of them is a linear map of colours; one map per image combines them. For speed,
    two things differ from torchvision's ColorJitter: the order is fixed, and the hue rotates in YIQ, not in
    HSV. Grey images change only in brightness and contrast.
    """
    channels = images.shape[1]
    changes = 2 * draws.uniform(4, len(images), 1, 1, axis=1).to(images.device) - 1
    brightness, contrast, saturation = 1 + 0.8 * strength * changes[:3]
    identity = torch.eye(channels, device=images.device)
    colours = brightness * contrast * identity
    greys = torch.ones(1, device=images.device)
    if channels == 3:
        greys = _GREY.to(images.device)
        to_grey = greys.expand(3, 3)
        saturate = saturation * identity + (1 - saturation) * to_grey
        colours = colours @ saturate @ _hue_turn(0.2 * strength * changes[3])
    # Contrast stretches colours about the image's mean grey, which the other maps do not move.
    mean_grey = brightness * torch.einsum("bchw,c->b", images, greys).reshape(-1, 1, 1) / images[0, 0].numel()
    changed = (colours @ images.flatten(2) + (1 - contrast) * mean_grey).clamp(0, 1)
    return torch.where(_draw_chosen(images, 0.8, draws), changed.reshape(images.shape), images)


def _hue_turn(turns: Tensor) -> Tensor:
    """Return the maps of colours (B, 3, 3) that rotate the hue by ``turns`` (B, 1, 1), in whole turns."""
    angle = 2 * math.pi * turns
    cosine, sine, zero = angle.cos(), angle.sin(), torch.zeros_like(angle)
    rows = [[zero + 1, zero, zero], [zero, cosine, -sine], [zero, sine, cosine]]
    turn = torch.cat([torch.cat(row, dim=2) for row in rows], dim=1)
    from_yiq: Tensor = torch.linalg.inv(_YIQ).to(turns.device)
    return from_yiq @ turn @ _YIQ.to(turns.device)


def grey(images: Tensor, draws: Draws) -> Tensor:
    """Turn each image grey with probability 0.2."""
    is_chosen = _draw_chosen(images, 0.2, draws)
    if images.shape[1] == 1:
        return images
    weights = _GREY.to(images.device).reshape(1, 3, 1, 1)
    return torch.where(is_chosen, (images * weights).sum(dim=1, keepdim=True).expand_as(images), images)


def blur(images: Tensor, draws: Draws) -> Tensor:
    """Blur each image, with probability 0.5, by a Gaussian of 0.1 to 2 pixels; kernel a tenth as wide."""
    batch, channels, side, _ = images.shape
    radius = max(1, side // 20)
    sigma = _between(draws.uniform(batch, 1), 0.1, 2.0).to(images.device)
    distance = torch.arange(-radius, radius + 1, device=images.device)
    kernel = torch.exp(-0.5 * (distance / sigma) ** 2)
    kernel = (kernel / kernel.sum(dim=1, keepdim=True)).repeat_interleave(channels, dim=0)
    planes = functional.pad(images, [radius] * 4, mode="reflect").reshape(
        1, batch * channels, *[side + 2 * radius] * 2
    )
    planes = functional.conv2d(planes, kernel[:, None, :, None], groups=batch * channels)
    planes = functional.conv2d(planes, kernel[:, None, None, :], groups=batch * channels)
    return torch.where(_draw_chosen(images, 0.5, draws), planes.reshape(images.shape), images)


def affine(images: Tensor, draws: Draws) -> Tensor:
    """Rotate, scale, shear and shift each image a little; the margin becomes black."""
    changes = 2 * draws.uniform(6, len(images), axis=1) - 1
    angle, shear = math.radians(20) * changes[0], 0.25 * changes[1]
    across, down = torch.exp(0.2 * changes[2]), torch.exp(0.2 * changes[3])
    cosine, sine = angle.cos(), angle.sin()
    first = torch.stack([across * cosine, across * (shear * cosine - sine), 0.25 * changes[4]], dim=1)
    second = torch.stack([down * sine, down * (shear * sine + cosine), 0.25 * changes[5]], dim=1)
    maps = torch.stack([first, second], dim=1).to(images.device)
    grid = functional.affine_grid(maps, list(images.shape), align_corners=False)
    return functional.grid_sample(images, grid, align_corners=False)


def erase(images: Tensor, draws: Draws) -> Tensor:
    """Blacken a rectangle of each image, with sides of up to half the image's."""
    side = images.shape[-1]
    fractions = draws.uniform(4, len(images), 1, axis=1).to(images.device)
    places = torch.arange(side, device=images.device) / side
    lengths = 0.5 * fractions[:2]
    starts = fractions[2:] * (1 - lengths)
    rows, columns = (places >= starts) & (places < starts + lengths)
    return images.masked_fill((rows[:, :, None] & columns[:, None, :])[:, None], 0.0)


def noise(images: Tensor, draws: Draws) -> Tensor:
    """Add Gaussian noise to each pixel, with a standard deviation from 0 to 0.1 that is drawn per image."""
    deviation = 0.1 * draws.uniform(len(images), 1, 1, 1)
    offsets = deviation * draws.normal(*images.shape)
    return (images + offsets.to(images.device)).clamp(0, 1)


def _between(draws: _Numbers, low: float, high: float) -> _Numbers:
    return low + (high - low) * draws


def _draw_chosen(images: Tensor, probability: float, draws: Draws) -> Tensor:
    """Draw which images change, (B, 1, 1, 1) bool."""
    return (draws.uniform(len(images), 1, 1, 1) < probability).to(images.device)


# MoCo v2 changes brightness, contrast and saturation by 0.4 and the hue by 0.1: a strength of 0.5.
_WEAK_JITTER = partial(colour_jitter, strength=0.5)

#: See `augmentation`.
AUGMENTATIONS = {
    "natural": Augmentation(CROP_AREA, (flip, partial(colour_jitter, strength=1.0), grey, blur)),
    "moco_v2": Augmentation(CROP_AREA_MOCO, (flip, _WEAK_JITTER, grey, blur)),
    "digits": Augmentation(None, (affine, erase, noise)),
    "crop": Augmentation(CROP_AREA, (flip,)),
    "shift": Augmentation(None, (shift, flip)),
}

#: The same for images of up to MAX_SMALL_SIDE pixels. A blur would leave nothing to see on them; MoCo's
#: authors omit it, too, in their demonstration on CIFAR-10.
SMALL_IMAGE_AUGMENTATIONS = AUGMENTATIONS | {
    "natural": Augmentation(CROP_AREA, (flip, _WEAK_JITTER, grey)),
    "moco_v2": Augmentation(CROP_AREA_MOCO, (flip, _WEAK_JITTER, grey)),
}
