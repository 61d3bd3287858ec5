"""The samples within a radius of other samples: exact, and without a matrix of all distances.

A matrix product bounds the distances of a block of samples to a block of references, the samples to search
for neighbours. It is computed in bfloat16 where that is much faster: few pairs are about as far apart as the
radius, so its errors matter little. If the bounds do not decide whether a pair is near, the distance is
summed from direct differences in float64. So the result has the same bits with any product.
"""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass

import numpy as np

from activepool.compute.bfloat16 import has_fast_bfloat16
from activepool.compute.blocks import Compute, row_blocks, to_numpy, torch_threads
from activepool.diversity.distances import PointReader, Points, exact_distances, lower_bounds, slack
from activepool.features.store import FeatureMatrix

#: Block sizes: samples per pass over the references, and samples and references per product.
READ_ROWS, PRODUCT_ROWS, PRODUCT_REFERENCES = 8192, 2048, 1024

#: Number of multiplications above which bfloat16 saves more time than torch takes to import.
MIN_BFLOAT16_WORK = 2**38

#: The largest share of pairs that bfloat16 may leave open; beyond it, float32 is faster.
MAX_OPEN = 2.0**-9


def neighbours_within(
    features: FeatureMatrix,
    rows: np.ndarray,
    references: np.ndarray,
    radius: float,
    compute: Compute,
    *,
    later: bool = False,
) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
    """Yield which of ``references`` are nearer than ``radius`` to samples, block by block.

    Args:
        features: (N, d).
        rows: (n,) the samples.
        references: (m,) rows.
        radius: a Euclidean distance.
        compute: device and workers; no effect on the result.
        later: whether to find only references at the position of the sample or later; where the references
            are the samples themselves, this finds each pair once, in half of the time.

    Yields: a block of the samples; how many neighbours each has (block,), itself included if it is among the
    references; and their positions in ``references`` (sum,) int32, grouped by sample and ascending.

    Raises InputError if a feature is NaN, infinite, or too large to be squared in float32.
    """
    if not len(references):
        return
    work = len(rows) * len(references) * features.shape[1]
    in_bfloat16 = compute.device == "cpu" and work >= MIN_BFLOAT16_WORK and has_fast_bfloat16()
    read = PointReader(features, references[:PRODUCT_REFERENCES], compute)
    search = _Search(features, rows, references, radius**2, read, in_bfloat16)
    with torch_threads(1) if in_bfloat16 else nullcontext():
        yield from compute.map(
            lambda block: search.neighbours(block, later=later), row_blocks(len(rows), READ_ROWS)
        )


@dataclass(frozen=True)
class _Search:
    """The search for references whose squared distance is below a limit."""

    features: FeatureMatrix
    rows: np.ndarray
    references: np.ndarray
    limit: float
    read: PointReader
    in_bfloat16: bool

    def neighbours(self, block: slice, *, later: bool) -> tuple[slice, np.ndarray, np.ndarray]:
        """Return the block, the numbers of neighbours of its samples, and their positions."""
        samples, rows = self._points(self.rows[block]), self.rows[block]
        near_pairs = [(np.empty(0, np.int64), np.empty(0, np.int32))]
        for part in row_blocks(len(self.references), PRODUCT_REFERENCES):
            if later and part.stop <= block.start:
                continue
            references = self._points(self.references[part])
            for tile in row_blocks(len(rows), PRODUCT_ROWS):
                if later and part.stop <= block.start + tile.start:
                    continue
                pairs = [(left[tile], right) for left, right in zip(samples, references, strict=True)]
                sample, place = self._near(pairs, rows[tile], self.references[part])
                near_pairs.append((tile.start + sample, (part.start + place).astype(np.int32)))
        sample, place = (np.concatenate(values) for values in zip(*near_pairs, strict=True))
        if later:
            is_later = place >= block.start + sample
            sample, place = sample[is_later], place[is_later]
        counts = np.bincount(sample, minlength=len(rows))
        return block, counts, place[np.argsort(sample, kind="stable")]

    def _points(self, rows: np.ndarray) -> list[Points]:
        """Return the points of some rows in each type in which to multiply them, the fastest first."""
        points = self.read(rows)
        return [points.to_bfloat16(), points] if self.in_bfloat16 else [points]

    def _near(
        self, pairs: Sequence[tuple[Points, Points]], rows: np.ndarray, references: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the positions in ``rows`` and ``references`` of the pairs that are near.

        Args:
            pairs: the points of both in each type; a type is used if the previous one leaves many undecided.
            rows, references: rows of the features.
        """
        below, above = (np.nextafter(np.float32(self.limit), np.float32(end)) for end in (-np.inf, np.inf))
        for left, right in pairs:
            lower = to_numpy(lower_bounds(left, right)).ravel()
            entries = np.flatnonzero(lower < above)
            sample, place = np.divmod(entries, len(right))
            error = 2 * slack(left) * (to_numpy(left.norms)[sample] + to_numpy(right.norms)[place])
            is_near = lower[entries] + error < below
            if np.count_nonzero(~is_near) <= MAX_OPEN * lower.size:
                break
        is_open = np.flatnonzero(~is_near)
        distances = exact_distances(
            self.features, rows[sample[is_open]], self.features, references[place[is_open]]
        )
        is_near[is_open] = distances < self.limit
        return sample[is_near], place[is_near]
