"""Samples of a batch that look nearly the same, so that people see them side by side.

A picture and its copy have features that point in nearly the same direction: the cosine between them is at
least THRESHOLD. Measured with `benchmarks/near_duplicates.py` on 2,000 test images of CIFAR-10 (JPEG), and on
copies of 200 of them:

- ``small`` after 8 epochs of SimCLR on 9,000 images. At 0.95 all copies that were only saved again are found,
  and 99.5 % of those cropped to 95 % of each side. 3.2 % of the images have another one that near, and few of
  these pairs are true near-duplicates. At 0.92 it is 19.8 %.
- EfficientNet-Lite0, trained with labels on ImageNet, on images enlarged to 128 pixels. At 0.95 it is 89 %,
  2.5 % and none. At 0.92: 99 %, 15.5 % and none.

So at 0.95 a network may miss cropped copies, but reports few pairs that are not copies.
"""

from collections.abc import Sequence

import numpy as np

from activepool.compute.arrays import FloatArray
from activepool.compute.blocks import one_blas_thread, row_blocks
from activepool.features.store import FeatureMatrix

#: The least cosine of the features of two samples that look nearly the same.
THRESHOLD = 0.95

#: The samples of a block; two blocks of features are in memory at once.
BLOCK_SAMPLES = 1024


def near_duplicates(
    features: FeatureMatrix, rows: Sequence[int], threshold: float = THRESHOLD
) -> dict[int, tuple[int, ...]]:
    """Return, for each row of a batch, the rows that look nearly the same; rows without any are left out.

    Keys and values keep the order of ``rows`` (n,), which are distinct; ``features`` are (N, d). A row whose
    features are zero or not finite looks like no other.

    Memory: 2 × BLOCK_SAMPLES × (d + BLOCK_SAMPLES) float64.
    """
    batch = np.asarray(rows, dtype=np.int64)
    neighbours: list[list[int]] = [[] for _ in rows]
    blocks = row_blocks(len(batch), BLOCK_SAMPLES)
    with one_blas_thread():
        for number, block in enumerate(blocks):
            directions = _directions(features, batch[block])
            for other_block in blocks[number:]:
                other_directions = (
                    directions if other_block == block else _directions(features, batch[other_block])
                )
                first, second = np.nonzero(directions @ other_directions.T >= threshold)
                places, other_places = first + block.start, second + other_block.start
                for place, other_place in zip(places.tolist(), other_places.tolist(), strict=True):
                    if place < other_place:
                        neighbours[place].append(other_place)
                        neighbours[other_place].append(place)
    numbers = batch.tolist()
    return {
        numbers[place]: tuple(numbers[neighbour] for neighbour in sorted(group))
        for place, group in enumerate(neighbours)
        if group
    }


def _directions(features: FeatureMatrix, rows: np.ndarray) -> FloatArray:
    """Return the features of rows, scaled to length 1, (n, d) float64; NaN where they have no direction."""
    values = features.take(rows, np.float64)
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        directions: FloatArray = values / np.linalg.norm(values, axis=1, keepdims=True)
    return directions
