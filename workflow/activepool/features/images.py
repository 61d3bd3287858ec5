"""Reading of dataset.h5's images for a backbone: uint8 tensors of its size, from arrays or image files."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import h5py
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from activepool.backbones.backbone import Preprocessing
from activepool.compute.arrays import FloatArray, IntArray
from activepool.data.image_files import ImageFiles, stored_images
from activepool.errors import InputError
from activepool.features.transforms import crop_box
from activepool.io.hdf5 import opened, texts, values

#: Channels of an image from a file, unless the backbone needs others.
FILE_CHANNELS = 3

#: A JPEG file that is decoded at less than its size keeps at least this many times the resized side.
SCALED_MARGIN = 2

# What a dataset returns for a request.
Item = TypeVar("Item")


@dataclass(frozen=True)
class Request:
    """Images to read, and their views.

    Attributes:
        rows: (B,) int64, rows of the part.
        crops: (V, B, CROP_DRAWS) random numbers of V crops of each image; None for the central view.
    """

    rows: IntArray
    crops: FloatArray | None = None


class PartImages(Dataset[Tensor | InputError]):
    """The images of one part (train or test) of dataset.h5, in the form for a backbone.

    It opens the file at the first read, so that each worker process of a loader opens it by itself. If
    ``scaled``, JPEG files for central views are decoded at a half, a quarter or an eighth of their size, down
    to `SCALED_MARGIN`.

    Raises: InputError if the file is not a dataset of images.
    """

    def __init__(
        self, path: str | Path, part: str, preprocessing: Preprocessing, scaled: bool = False
    ) -> None:
        self.path = Path(path)
        self.part = part
        self.preprocessing = preprocessing
        self._min_side = SCALED_MARGIN * preprocessing.resize if scaled else None
        with opened(self.path) as file:
            self._length = len(stored_images(file, part))
            self._files = ImageFiles.from_file(file)
        self._stored: h5py.Dataset | None = None

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, request: Request) -> Tensor | InputError:
        """Return views (V, B, channels, image_size, image_size) uint8; V = 1 for the central view.

        It returns an InputError instead of raising it: a loader would wrap it in the traceback of a worker.
        """
        try:
            return self._read(request)
        except InputError as error:
            return error

    def contents(self, rows: IntArray) -> Iterator[bytes]:
        """Yield the content of these rows, ascending: pixels, or digests of image files."""
        stored = self._open()
        if stored.ndim == 4:
            yield str(stored.shape[1:]).encode()
            yield values(stored, rows).tobytes()
        else:
            yield str(self._files.upright).encode()
            for path in texts(stored, rows):
                yield self._files.digest(path).encode()

    def _open(self) -> h5py.Dataset:
        if self._stored is None:
            self._stored = stored_images(opened(self.path), self.part)
        return self._stored

    def _read(self, request: Request) -> Tensor:
        # A crop of an image that was decoded at less than its size would lack detail.
        min_side = self._min_side if request.crops is None else None
        images = self._decode(self._open(), request.rows, min_side)
        if request.crops is None:
            central_views = [self.preprocessing.central_view(block) for block in images]
            return torch.cat(central_views)[None]
        single_images = (image for block in images for image in block)
        views = [
            torch.stack([self._crop(image, draws) for draws in view_draws])
            for image, view_draws in zip(single_images, request.crops.swapaxes(0, 1), strict=True)
        ]
        return torch.stack(views, dim=1)

    def _decode(self, stored: h5py.Dataset, rows: IntArray, min_side: int | None) -> Iterator[Tensor]:
        """Yield images as (n, C, H, W) uint8: arrays together, image files one at a time."""
        if stored.ndim == 4:
            yield torch.from_numpy(values(stored, rows)).permute(0, 3, 1, 2)
        else:
            from torchvision.transforms.v2.functional import pil_to_tensor

            mode = "L" if self.preprocessing.channels == 1 else "RGB"
            for path in texts(stored, rows):
                yield pil_to_tensor(self._files.read(path, mode, min_side))[None]

    def _crop(self, image: Tensor, draws: FloatArray) -> Tensor:
        from torchvision.transforms.v2.functional import resized_crop

        top, left, height, width = crop_box(image.shape[-2], image.shape[-1], draws)
        side = [self.preprocessing.image_size] * 2
        return self.preprocessing.with_channels(
            resized_crop(image, top, left, height, width, side, antialias=True)
        )


def image_channels(path: str | Path) -> int:
    """Return the number of channels of the images in dataset.h5; 3 for image files."""
    with opened(path) as file:
        images = stored_images(file, "train")
        return images.shape[3] if images.ndim == 4 else FILE_CHANNELS


def load_requests(
    dataset: Dataset[Item | InputError], requests: Iterable[Any], workers: int, pinned: bool
) -> Iterator[Item]:
    """Yield what a dataset returns for each request, in order.

    The requests are consumed in this process, as they are needed. ``workers`` processes read (0: this one),
    without effect on the result. Memory is ``pinned`` for faster copies to a GPU.

    Raises: InputError for an image that cannot be read, without the traceback of a worker.
    """
    loader = DataLoader(
        dataset,
        batch_size=None,
        sampler=requests,
        num_workers=workers,
        pin_memory=pinned,
        # Seeds only the workers' own streams, which are not used; the global generator does not advance.
        generator=torch.Generator(),
    )
    for item in loader:
        if isinstance(item, InputError):
            raise item
        yield item
