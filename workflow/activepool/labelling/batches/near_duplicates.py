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

from activepool.compute.blocks import BLOCK_ROWS, Compute, row_blocks
from activepool.diversity.balls import neighbours_within
from activepool.diversity.distances import squared_norms
from activepool.features.store import FeatureMatrix
from activepool.features.unit_rows import unit_rows

#: The least cosine of the features of two samples that look nearly the same.
THRESHOLD = 0.95


def near_duplicates(
    features: FeatureMatrix, rows: Sequence[int], threshold: float = THRESHOLD
) -> dict[int, tuple[int, ...]]:
    """Return, for each row of a batch, the rows that look nearly the same; rows without any are left out.

    Keys and values keep the order of ``rows`` (n,), which are distinct; ``features`` are (N, d). A row whose
    features are zero or not finite looks like no other.
    """
    batch, directions = np.asarray(rows, dtype=np.int64), unit_rows(features)
    lengths = [squared_norms(directions.take(batch[block])) for block in row_blocks(len(batch), BLOCK_ROWS)]
    batch = batch[np.concatenate([np.empty(0), *lengths]) > 0.5]  # others have length 0 or NaN
    radius = np.sqrt(2 - 2 * threshold)  # between directions with this cosine
    near: dict[int, tuple[int, ...]] = {}
    for block, counts, places in neighbours_within(directions, batch, batch, radius, Compute()):
        groups = np.split(batch[places], np.cumsum(counts)[:-1])
        for row, group in zip(batch[block].tolist(), groups, strict=True):
            if len(group) > 1:  # each row is its own neighbour
                near[row] = tuple(other for other in group.tolist() if other != row)
    return near
