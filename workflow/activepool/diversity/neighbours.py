"""The neighbours of samples: exact, and without a matrix of all distances.

A float32 product bounds the distances of a block of samples to a block of references, the samples among which
neighbours are sought. Where the bounds leave open whether a pair are neighbours, the distance is summed from
direct differences in float64, so that neighbours and distances have the same bits with any BLAS kernel.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from activepool.compute.blocks import Compute, in_blocks, row_blocks, to_numpy
from activepool.compute.rows import ranks_in_groups
from activepool.diversity.distances import PointReader, distance_bounds, exact_distances
from activepool.features.store import FeatureMatrix

#: Samples and references whose distances are bounded at once; each block of samples reads all references.
PRODUCT_ROWS, PRODUCT_REFERENCES = 2048, 1024

#: Pairs that may wait for their distances, for each neighbour to find.
MAX_WAITING = 4


def nearest_neighbours(
    features: FeatureMatrix,
    rows: np.ndarray,
    references: np.ndarray,
    count: int,
    compute: Compute,
    cells: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Return the ``count`` nearest of ``references`` to each sample, without the sample itself.

    Args:
        features: (N, d).
        rows: (n,) the samples.
        references: (m,) rows.
        count: how many.
        compute: device and workers; no effect on the result.
        cells: (N,) the cell of each row, if references in the cell of a sample do not count.

    Returns: rows (n, count) and squared Euclidean distances (n, count) float64, in order of distance; ties by
    the lower row. Where there are fewer references, row -1 at distance infinity follows.

    Memory: the result, some blocks of PRODUCT_REFERENCES × d and PRODUCT_ROWS × PRODUCT_REFERENCES float32,
    and up to MAX_WAITING pairs for each entry of the result in a block of samples.

    Raises InputError if a feature is NaN, infinite, or too large to be squared in float32.
    """
    nearest = np.full((len(rows), count), -1, dtype=np.int64)
    distances = np.full((len(rows), count), np.inf)
    if not (len(references) and count):
        return nearest, distances
    bounds = _Bounds(features, references, compute)

    def find(block: slice) -> None:
        lists = _Lists(features, rows[block], count)
        for part, lower, upper in bounds.blocks(rows[block]):
            excluded = rows[block][:, None] == references[part]
            if cells is not None:
                excluded |= cells[rows[block]][:, None] == cells[references[part]]
            lower[excluded] = upper[excluded] = np.inf
            lists.offer(references[part], lower, upper)
        nearest[block], distances[block] = lists.nearest()

    in_blocks(compute.map, find, len(rows), PRODUCT_ROWS)
    return nearest, distances


def near_bounds(
    features: FeatureMatrix, rows: np.ndarray, count: int, compute: Compute
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return bounds of the distances of each sample to the samples that may be its nearest neighbours.

    Args:
        features: (N, d).
        rows: (n,) the samples, which are also the references.
        count: how many; below n.
        compute: device and workers; no effect on the result.

    Returns: positions in ``rows``, and lower and upper bounds of the squared Euclidean distances, each
    (n, count): those with the smallest lower bounds, in ascending order. All other samples are at least as
    far as the last lower bound.

    Raises InputError if a feature is NaN, infinite, or too large to be squared in float32.
    """
    bounds, positions = _Bounds(features, rows, compute), np.arange(len(rows))

    def find(block: slice) -> list[np.ndarray]:
        width = block.stop - block.start
        nearest = [np.empty((width, 0), np.int64), *(np.empty((width, 0), np.float32) for _ in range(2))]
        for part, lower, upper in bounds.blocks(rows[block]):
            lower[positions[block][:, None] == positions[part]] = np.inf
            offered = [np.broadcast_to(positions[part], lower.shape), lower, upper]
            nearest = [np.concatenate(pair, axis=1) for pair in zip(nearest, offered, strict=True)]
            order = nearest[1].argsort(axis=1, kind="stable")[:, :count]
            nearest = [np.take_along_axis(values, order, axis=1) for values in nearest]
        return nearest

    blocks = compute.map(find, row_blocks(len(rows), PRODUCT_ROWS))
    position, lower, upper = (np.concatenate(parts) for parts in zip(*blocks, strict=True))
    return position, lower, upper


class _Bounds:
    """Bounds of squared distances to other samples."""

    def __init__(self, features: FeatureMatrix, references: np.ndarray, compute: Compute) -> None:
        self._references = references
        self._points = PointReader(features, references[:PRODUCT_REFERENCES], compute)

    def blocks(self, rows: np.ndarray) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Yield blocks of the references, and bounds of their distances to ``rows`` (n,), each (n, block)."""
        samples = self._points(rows)
        for part in row_blocks(len(self._references), PRODUCT_REFERENCES):
            lower, upper = distance_bounds(samples, self._points(self._references[part]))
            yield part, to_numpy(lower), to_numpy(upper)


class _Lists:
    """The references, of those offered so far, that are nearest to each of some samples.

    Pairs wait until all are offered, or are too many. By then the bounds have ruled most of them out.
    """

    def __init__(self, features: FeatureMatrix, rows: np.ndarray, count: int) -> None:
        self._features = features
        self._rows = rows
        self._nearest = np.full((len(rows), count), -1, dtype=np.int64)
        self._distances = np.full((len(rows), count), np.inf)
        self._upper = np.full((len(rows), count), np.inf, dtype=np.float32)
        self._waiting = _Pairs.empty()

    def offer(self, references: np.ndarray, lower: np.ndarray, upper: np.ndarray) -> None:
        """Offer the rows ``references``, and bounds of their distances, to all lists; infinity for never."""
        count = self._upper.shape[1]
        self._upper = np.partition(np.hstack([self._upper, upper]), count - 1, axis=1)[:, :count]
        limits = self._limits()
        near = np.flatnonzero(lower <= limits[:, None])
        sample, place = np.divmod(near, len(references))
        pairs = _Pairs(sample, references[place], lower.ravel()[near])
        self._waiting = self._waiting.joined(pairs).within(limits)
        if len(self._waiting.sample) > MAX_WAITING * (self._upper.size + PRODUCT_REFERENCES):
            self._settle()

    def nearest(self) -> tuple[np.ndarray, np.ndarray]:
        """Return rows, -1 where there are fewer, and squared distances, each (n, count)."""
        self._settle()
        return self._nearest, self._distances

    def _limits(self) -> np.ndarray:
        """Return a bound of the distance of the last in each list, (n,) float32."""
        exact = np.nextafter(self._distances[:, -1].astype(np.float32), np.float32(np.inf))
        return np.minimum(self._upper[:, -1], exact)

    def _settle(self) -> None:
        """Compute the distances of the pairs that wait, and keep the nearest."""
        listed, place = np.nonzero(self._nearest >= 0)
        sample, row = self._waiting.sample, self._waiting.row
        order = np.argsort(sample, kind="stable")
        sample, row = sample[order], row[order]
        squared = exact_distances(self._features, self._rows[sample], self._features, row)
        self._waiting = _Pairs.empty()
        sample = np.concatenate([listed, sample])
        row = np.concatenate([self._nearest[listed, place], row])
        distance = np.concatenate([self._distances[listed, place], squared])
        order = np.lexsort((row, distance, sample))
        rank = ranks_in_groups(np.bincount(sample, minlength=len(self._rows)))
        is_nearest = rank < self._nearest.shape[1]
        order, rank = order[is_nearest], rank[is_nearest]
        self._nearest[sample[order], rank] = row[order]
        self._distances[sample[order], rank] = distance[order]


@dataclass(frozen=True)
class _Pairs:
    """Samples by number, rows of references, and lower bounds of the distances, each (pairs,)."""

    sample: np.ndarray
    row: np.ndarray
    lower: np.ndarray

    @classmethod
    def empty(cls) -> "_Pairs":
        return cls(np.empty(0, np.int64), np.empty(0, np.int64), np.empty(0, np.float32))

    def joined(self, pairs: "_Pairs") -> "_Pairs":
        parts = zip(vars(self).values(), vars(pairs).values(), strict=True)
        return _Pairs(*(np.concatenate(part) for part in parts))

    def within(self, limits: np.ndarray) -> "_Pairs":
        """Return the pairs whose distance may be at most the limit of the sample, and finite."""
        near = (self.lower <= limits[self.sample]) & np.isfinite(self.lower)
        return _Pairs(*(values[near] for values in vars(self).values()))
