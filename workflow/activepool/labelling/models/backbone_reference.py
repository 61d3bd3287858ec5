"""The reference to a pool's backbone, by which features of other images are computed in the same way."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from activepool.backbones.backbone import Backbone, Preprocessing
from activepool.backbones.checkpoint import load_backbone
from activepool.backbones.execution import is_cuda, on_device, pixels
from activepool.backbones.settings import BackboneSettings
from activepool.compute.arrays import FloatArray
from activepool.compute.blocks import row_blocks
from activepool.data.image_files import converted_image, decode_image, without_warnings
from activepool.errors import InputError, one_line
from activepool.io import hdf5

#: A path, a Pillow image, or uint8 pixels (H, W), (H, W, 1) or (H, W, 3).
AnyImage = str | Path | Image.Image | np.ndarray

#: One or several images; an array is (n, H, W, 1 or 3).
Images = Iterable[AnyImage] | AnyImage

#: The images of one pass through the backbone.
BATCH_IMAGES = 64


@dataclass(frozen=True)
class BackboneReference:
    """The backbone of a pool's features, without its weights.

    Attributes:
        settings: as for the stage extract, with the size and the channels of its images.
        checkpoint_digest: the SHA-256 of its checkpoint, or of its weights where there is no checkpoint.
        exif: ``apply`` or ``ignore`` the rotation in the EXIF of an image file.
        dtype: in which the features are stored, ``float16`` or ``float32``.
    """

    settings: BackboneSettings
    checkpoint_digest: str
    preprocessing: Preprocessing
    exif: str
    dtype: str

    @classmethod
    def from_features(
        cls, features: str | Path, settings: BackboneSettings | None, exif: str
    ) -> "BackboneReference | None":
        """Return the reference to the backbone of features.h5; None if they are a user's own vectors.

        By default, ``settings`` of the backbone are only its name. Raises: InputError if they are of another
        one.
        """
        with hdf5.opened(features) as file:
            name, digest, transform = (
                str(file.attrs.get(key, "")) for key in ("backbone", "checkpoint_digest", "transform")
            )
            stored = hdf5.find_dataset(file, "train/features")
            dtype = "" if stored is None else stored.dtype.name
        if not transform:
            return None
        settings = settings or BackboneSettings(name=name)
        if settings.name != name:
            raise InputError(f"{features}: the backbone is {name!r}, and not {settings.name!r}")
        preprocessing = Preprocessing.parse(transform)
        size = {"image_size": preprocessing.image_size, "channels": preprocessing.channels}
        return cls(settings.model_copy(update=size), digest, preprocessing, exif, dtype)

    @classmethod
    def parse(cls, content: dict[str, Any]) -> "BackboneReference":
        """Return the reference of `as_json`; raises InputError, KeyError or TypeError for other content."""
        preprocessing: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value
            for name, value in content["preprocessing"].items()
        }
        fields: dict[str, Any] = {
            "settings": BackboneSettings.parse(content["settings"]),
            "preprocessing": Preprocessing(**preprocessing),
        }
        return cls(**content | fields)

    def as_json(self) -> dict[str, Any]:
        """Return the reference in a form for JSON."""
        return asdict(self) | {"settings": self.settings.model_dump(exclude_none=True)}

    def load(self, checkpoint: str | Path | None) -> Backbone:
        """Return the backbone; raises InputError if the weights are not those of the reference."""
        backbone, digest = load_backbone(self.settings, self.preprocessing.channels, checkpoint)
        backbone.normalise_by(self.preprocessing.mean, self.preprocessing.std)
        if digest != self.checkpoint_digest:
            raise InputError(
                f"checkpoint: {checkpoint or 'the backbone itself'} does not have the weights that the model "
                f"was trained with; give the file whose SHA-256 is {self.checkpoint_digest}"
            )
        return backbone

    @torch.inference_mode()
    def features_of(self, images: Images, backbone: Backbone, device: str) -> FloatArray:
        """Return the features of images, (n, d) of ``dtype``, as the stage extract makes them.

        Raises: InputError for anything that is not an image, and for a file that cannot be read.
        """
        image_list = _image_list(images)
        backbone = on_device(backbone.eval(), device)
        is_half = self.dtype == "float16" and is_cuda(device)
        features = [np.empty((0, backbone.width), self.dtype)]
        for block in row_blocks(len(image_list), BATCH_IMAGES):
            batch = torch.cat(
                [self.preprocessing.central_view(self._tensor(image)) for image in image_list[block]]
            )
            with torch.autocast(torch.device(device).type, torch.float16, enabled=is_half):
                block_features = backbone(pixels(batch, device))
            features.append(block_features.float().cpu().numpy().astype(self.dtype))
        return np.concatenate(features)

    def _tensor(self, image: AnyImage) -> Tensor:
        from torchvision.transforms.v2.functional import pil_to_tensor

        mode = "L" if self.preprocessing.channels == 1 else "RGB"
        if isinstance(image, np.ndarray):
            image = _image_of_pixels(image)
        if not isinstance(image, str | Path | Image.Image):
            raise InputError(f"an image is a {type(image).__name__}; give a path, an image or an array")
        return pil_to_tensor(_decode(image, mode, self.exif == "apply"))[None]


def _image_list(images: Images) -> list[AnyImage]:
    if isinstance(images, str | Path | Image.Image):
        return [images]
    if hasattr(images, "columns"):
        raise InputError(f"images is a {type(images).__name__}; give its column of paths")
    # The items of an array of pyarrow are not strings.
    items: Any = images.to_pylist() if hasattr(images, "to_pylist") else images
    if isinstance(items, np.ndarray) and items.ndim not in (1, 4):
        raise InputError(
            f"images is an array of shape {items.shape}; it must be (n, height, width, 1 or 3), or give a "
            "list of arrays"
        )
    try:
        image_list = list(items)
    except TypeError:
        raise InputError(f"images is a {type(images).__name__}; give a list of paths or images") from None
    if not image_list:
        raise InputError("images is empty; give at least one image")
    return image_list


def _decode(image: str | Path | Image.Image, mode: str, upright: bool) -> Image.Image:
    try:
        with without_warnings():
            if isinstance(image, Image.Image):
                return converted_image(image, mode, upright)
            return decode_image(Path(image), mode, upright)
    # A damaged file makes its decoder raise nearly any error (OSError, SyntaxError, struct.error, ...).
    except Exception as error:
        name = "an image" if isinstance(image, Image.Image) else image
        raise InputError(f"{name}: not a readable image ({one_line(error)})") from error


def _image_of_pixels(pixels: np.ndarray) -> Image.Image:
    shape = pixels.shape
    if pixels.dtype != np.uint8 or len(shape) < 2 or 0 in shape or shape[2:] not in ((), (1,), (3,)):
        raise InputError(
            f"an image is an array of {pixels.dtype} and shape {shape}; it must be uint8 of shape "
            "(height, width) or (height, width, 1 or 3)"
        )
    return Image.fromarray(pixels[..., 0] if shape[2:] == (1,) else pixels)
