"""A digest of all images that a network is trained on: their content and order, but not their labels."""

import hashlib

import numpy as np
import torch
from torch.utils.data import Dataset

from activepool.compute.arrays import IntArray
from activepool.compute.blocks import row_blocks
from activepool.errors import InputError
from activepool.features.images import PartImages, load_requests
from activepool.parallel.distributed import Processes

#: Images that are digested together.
BLOCK = 256


def image_digest(images: PartImages, processes: Processes, workers: int) -> str:
    """Return the digest; each process, with its further ``workers``, reads its share of the images.

    Neither number changes the digest.
    """
    blocks = [np.arange(len(images))[block] for block in row_blocks(len(images), BLOCK)]
    share_digests = load_requests(
        _Digests(images), blocks[processes.share(len(blocks))], workers, pinned=False
    )
    digests = torch.tensor([*map(list, share_digests)], dtype=torch.uint8, device=processes.device).reshape(
        -1, 32
    )
    all_digests = processes.gather(digests, len(blocks))
    return hashlib.sha256(all_digests.cpu().numpy().tobytes()).hexdigest()


class _Digests(Dataset[bytes | InputError]):
    """The digests of images, for all rows of a block together."""

    def __init__(self, images: PartImages) -> None:
        self._images = images

    def __getitem__(self, rows: IntArray) -> bytes:
        digest = hashlib.sha256()
        for content in self._images.contents(rows):
            digest.update(content)
        return digest.digest()
