"""Samples of a batch that look nearly the same, so that people see them side by side.

A picture and its copy have features that point in nearly the same direction: the cosine between them is at
least THRESHOLD. Measured with `benchmarks/near_duplicates.py` on 2,000 test images of CIFAR-10 (JPEG), and on
copies of 200 of them:

- ``small`` after 8 epochs of SimCLR on 9,000 images. At 0.95 all copies that were only saved again are found,
  and 99.5 % of those cropped to 95 % of each side. 3.2 % of the images have another one that near, and few of
  these pairs are true near-duplicates. At 0.92 it is 19.8 %.
- EfficientNet-Lite0, trained with labels on ImageNet, on images enlarged to 128 pixels. At 0.95 it is 89 %,
  2.5 % and none. At 0.92: 99 %, 15.5 % and none.

So at 0.95 a network may miss cropped copies, but names few pairs that are no copies.
"""

from collections.abc import Sequence

import numpy as np

from activepool.compute.arrays import FloatArray
from activepool.compute.blocks import one_blas_thread, row_blocks
from activepool.features.store import FeatureMatrix

#: The least cosine of the features of two samples that look nearly the same.
THRESHOLD = 0.95

#: Samples whose features are in memory at once, and again as many to compare them with.
BLOCK_SAMPLES = 1024


def near_duplicates(
    features: FeatureMatrix, rows: Sequence[int], threshold: float = THRESHOLD
) -> dict[int, tuple[int, ...]]:
    """Return the rows that look nearly like a row of a batch, by row; those without any are left out.

    Args:
        features: (N, d).
        rows: (n,) the different rows of the batch; both the keys and the rows of each keep this order.

    Memory: 2 × BLOCK_SAMPLES × (d + BLOCK_SAMPLES) float64. A row whose features are zero or not finite looks
    like no other.
    """
    batch = np.asarray(rows, dtype=np.int64)
    near: list[list[int]] = [[] for _ in rows]
    blocks = row_blocks(len(batch), BLOCK_SAMPLES)
    with one_blas_thread():
        for number, left in enumerate(blocks):
            here = _directions(features, batch[left])
            for right in blocks[number:]:
                there = here if right == left else _directions(features, batch[right])
                for first, second in zip(*np.nonzero(here @ there.T >= threshold), strict=True):
                    place, other = left.start + int(first), right.start + int(second)
                    if place < other:
                        near[place].append(other)
                        near[other].append(place)
    numbers = batch.tolist()
    return {
        numbers[place]: tuple(numbers[other] for other in sorted(others))
        for place, others in enumerate(near)
        if others
    }


def _directions(features: FeatureMatrix, rows: np.ndarray) -> FloatArray:
    """Return the features of rows, scaled to length 1, (n, d) float64; NaN where they have no direction."""
    values = features.take(rows, np.float64)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        directions: FloatArray = values / np.linalg.norm(values, axis=1, keepdims=True)
    return directions
