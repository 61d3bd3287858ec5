"""A backbone: a network, the width of its features, and its preprocessing."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from activepool.errors import InputError

# Importing torchvision takes as long as importing torch: functions import it when they need it.

#: The text of a preprocessing.
_TEXT = re.compile(
    r"resize (\d+)(?: (\w+))?, centre crop (\d+), (grey|rgb), mean ([\d.e -]+), std ([\d.e -]+)"
)


@dataclass(frozen=True)
class Preprocessing:
    """The preprocessing of an image for a backbone.

    Attributes:
        image_size: side of the square input, in pixels.
        channels: 1 (grey) or 3 (red, green, blue).
        resize: the shorter side after resizing, before the central crop, in pixels.
        mean, std: one number per channel, for pixels in 0..1: subtracted, and divided by.
        interpolation: the method of resizing, ``bilinear`` or ``bicubic``.
    """

    image_size: int
    channels: int
    resize: int
    mean: tuple[float, ...]
    std: tuple[float, ...]
    interpolation: str = "bilinear"

    def __str__(self) -> str:
        """The value of the attribute ``transform`` in features.h5."""
        colours = "grey" if self.channels == 1 else "rgb"
        mean, std = (" ".join(map(str, values)) for values in (self.mean, self.std))
        method = "" if self.interpolation == "bilinear" else f" {self.interpolation}"
        return (
            f"resize {self.resize}{method}, centre crop {self.image_size}, {colours}, mean {mean}, std {std}"
        )

    @classmethod
    def parse(cls, text: str) -> "Preprocessing":
        """Return the preprocessing that `str` writes as this text; raises InputError for any other text."""
        match = _TEXT.fullmatch(text)
        if match is None:
            raise InputError(f"{text!r} is not the text of a preprocessing")
        resize, interpolation, size, colours, *scale = match.groups()
        mean, std = (tuple(map(float, numbers.split())) for numbers in scale)
        channels = 1 if colours == "grey" else 3
        return cls(int(size), channels, int(resize), mean, std, interpolation or "bilinear")

    def central_view(self, images: Tensor) -> Tensor:
        """Return the central view of uint8 images (..., C, H, W): (..., channels, image_size, image_size)."""
        square = [self.image_size, self.image_size]
        if list(images.shape[-2:]) != square:
            from torchvision.transforms import InterpolationMode
            from torchvision.transforms.v2 import functional

            mode = InterpolationMode(self.interpolation)
            images = functional.center_crop(functional.resize(images, [self.resize], mode), square)
        return self.with_channels(images)

    def with_channels(self, images: Tensor) -> Tensor:
        """Return images (..., C, H, W) with ``channels`` channels: grey repeated, or colours converted."""
        if images.shape[-3] == self.channels:
            return images
        from torchvision.transforms.v2 import functional

        if self.channels == 1:
            return functional.rgb_to_grayscale(images)
        return functional.grayscale_to_rgb(images)


class Backbone(nn.Module):
    """A network that turns images into features, vectors of length ``width``.

    ``network`` maps normalised images (B, channels, image_size, image_size) to features (B, width). A
    checkpoint contains its weights.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, network: nn.Module, width: int, preprocessing: Preprocessing) -> None:
        super().__init__()
        self.network = network
        self.width = width
        self.preprocessing = preprocessing
        self.register_buffer("mean", _per_channel(preprocessing.mean), persistent=False)
        self.register_buffer("std", _per_channel(preprocessing.std), persistent=False)

    def normalise_by(self, mean: tuple[float, ...], std: tuple[float, ...]) -> None:
        """Change the normalisation of pixels; one number per channel."""
        self.preprocessing = replace(self.preprocessing, mean=mean, std=std)
        self.mean, self.std = _per_channel(mean), _per_channel(std)

    def forward(self, images: Tensor) -> Tensor:
        """Return the features (B, width) of images (B, channels, image_size, image_size) in 0..1."""
        features: Tensor = self.network((images - self.mean) / self.std)
        return features


@contextmanager
def require_image_size(name: str, size: int) -> Iterator[None]:
    """Raise InputError with the ``name`` of a network if the ``with`` block fails on images of this size."""
    try:
        yield
    except (RuntimeError, ValueError, AssertionError) as error:
        reason = (str(error).splitlines() or [type(error).__name__])[0]
        raise InputError(
            f"backbone: {name!r} does not take images of {size} x {size} pixels ({reason}); "
            "leave out image_size to use the network's own"
        ) from error


def measured_backbone(name: str, network: nn.Module, preprocessing: Preprocessing) -> Backbone:
    """Return the backbone of a network; the features of one black image show their width.

    Raises: InputError with ``name`` if the network fails on such images, or does not return features.
    """
    size = preprocessing.image_size
    was_training = network.training
    with require_image_size(name, size), torch.no_grad():
        features = network.eval()(torch.zeros(1, preprocessing.channels, size, size))
    network.train(was_training)
    if not isinstance(features, Tensor) or features.ndim != 2:
        returned = tuple(features.shape) if isinstance(features, Tensor) else type(features).__name__
        raise InputError(
            f"backbone: {name!r} must return features (B, d); for one image it returned {returned}"
        )
    return Backbone(network, features.shape[1], preprocessing)


def _per_channel(values: tuple[float, ...]) -> Tensor:
    return torch.tensor(values).reshape(1, -1, 1, 1)
