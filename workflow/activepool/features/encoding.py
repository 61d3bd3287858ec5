"""Features of images in memory, for measurements during the training of a network."""

import torch
from torch import Tensor

from activepool.backbones.backbone import Backbone
from activepool.backbones.execution import is_cuda, mixed_precision, pixels
from activepool.compute.arrays import IntArray
from activepool.compute.blocks import row_blocks
from activepool.features.images import PartImages, Request, load_requests

#: Images that pass through the backbone together.
BATCH_SIZE = 256


@torch.inference_mode()
def encode(backbone: Backbone, images: PartImages, rows: IntArray, device: str, workers: int) -> Tensor:
    """Return the features of the central views of ``rows``, (n, d) float32 on the device.

    On a GPU the backbone computes in bfloat16 where that is safe. Leaves the backbone in evaluation mode.
    """
    backbone.eval()
    requests = (Request(rows[block]) for block in row_blocks(len(rows), BATCH_SIZE))
    features = [torch.empty(0, backbone.width, device=device)]
    for views in load_requests(images, requests, workers, pinned=is_cuda(device)):
        with mixed_precision(device):
            features.append(backbone(pixels(views[0], device)).float())
    return torch.cat(features)
