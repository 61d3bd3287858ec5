"""The centers that samples are compared with; picks are added as new centers."""

import numpy as np

from activepool.compute.blocks import BLOCK_ROWS, Compute, array_namespace, row_blocks, to_numpy
from activepool.diversity.distances import PointReader, Points, distance_bounds, exact_distances
from activepool.features.store import FeatureMatrix


class Centers:
    """Rows of a feature matrix in the order in which they became centers, kept on the device.

    Memory: capacity × d float32.

    Attributes:
        rows: those of the centers.
        points: reads any rows of the feature matrix as points about the mean of the first centers.
    """

    def __init__(self, features: FeatureMatrix, rows: np.ndarray, capacity: int, compute: Compute) -> None:
        self.rows = np.empty(0, dtype=np.int64)
        self._features = features
        self._compute = compute
        self.points = PointReader(features, rows[:BLOCK_ROWS], compute)
        values = np.zeros((capacity, features.shape[1]), dtype=np.float32)
        self._points = Points(compute.array(values), compute.array(np.zeros(capacity, dtype=np.float32)))
        for block in row_blocks(len(rows), BLOCK_ROWS):
            self.append(rows[block])

    def __len__(self) -> int:
        return len(self.rows)

    def append(self, rows: np.ndarray) -> None:
        """Add ``rows`` as the next centers."""
        positions, points = slice(len(self), len(self) + len(rows)), self.points(rows)
        self._points.values[positions], self._points.norms[positions] = points.values, points.norms
        self.rows = np.concatenate([self.rows, rows])

    def nearest(self, rows: np.ndarray, bounds: np.ndarray, start: int, stop: int) -> np.ndarray:
        """Return ``bounds`` lowered to the distance to the nearest of some centers.

        Args:
            rows: (n,) samples.
            bounds: (n,) float64 squared distances to the nearest of the other centers, or upper bounds.
            start, stop: the range of centers to compare with.

        Returns: (n,) float64, the smaller of ``bounds`` and the exact squared distance. Only pairs that may
        be the nearest are summed exactly.
        """
        lower, upper = distance_bounds(self.points(rows), self._points[start:stop])
        xp = array_namespace(lower)
        limit = np.minimum(bounds, to_numpy(xp.min(upper, axis=1)))
        rounded_up = np.nextafter(limit.astype(np.float32), np.float32(np.inf))
        near = lower <= self._compute.array(rounded_up)[:, None]
        sample, center = (to_numpy(part) for part in xp.nonzero(near))
        result = bounds.copy()
        distances = exact_distances(self._features, rows[sample], self._features, self.rows[start + center])
        np.minimum.at(result, sample, distances)
        return result
