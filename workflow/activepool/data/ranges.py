"""Checks that float32 can compute with features.

Their values are finite, their squares fit, and their differences do not vanish, even beside an outlier or
another feature.

Distances, covariances and gradients consist of squares and differences of features, in float32.
"""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from activepool.compute.arrays import FloatArray, IntArray
from activepool.errors import InputError, first_few

#: The largest number of float32, and the smallest with full precision.
MAX_FLOAT32, MIN_FLOAT32 = float(np.finfo(np.float32).max), float(np.finfo(np.float32).tiny)

#: The largest squared length of a row: the squared distance of two rows is up to four times theirs.
MAX_SQUARED_LENGTH = MAX_FLOAT32 / 4

#: If a row is this many times as far from the center as the median row, the squares of the others' distances
#: vanish beside its own in a sum of float32 (24 bits), and so do most of their 22 bits on k-means' grid.
MAX_DISTANCE_RATIO = 2.0**20

#: Rows whose median is the center that distances of rows are taken from.
CENTRAL_ROWS = 256

#: Steps of the stored type that the values of a feature must span, so that differences are not mere rounding.
MIN_STEPS = 16


class FiniteCheck:
    """A check that all features are finite numbers; blocks are added one by one."""

    def __init__(self) -> None:
        self._problem = ""
        self._rows: list[int] = []

    def passes(self, values: FloatArray, rows: IntArray, problem: Callable[[int, int], str]) -> bool:
        """Add a block (B, d) of these rows (B,), and return whether all values so far are finite.

        ``problem`` returns what is wrong with the value at a row and a column of the block.
        """
        is_wrong = ~np.isfinite(values)
        wrong_rows = np.flatnonzero(is_wrong.any(axis=1))
        if len(wrong_rows) and not self._rows:
            self._problem = problem(int(wrong_rows[0]), int(is_wrong[wrong_rows[0]].argmax()))
        self._rows += rows[wrong_rows].tolist()
        return not self._rows

    def require(self) -> None:
        """Raise InputError, with the first value and all rows, unless all values are finite."""
        if len(self._rows) > 1:
            examples = first_few(self._rows)
            raise InputError(f"{self._problem} ({len(self._rows):,} rows have such values: {examples})")
        if self._rows:
            raise InputError(self._problem)


def require_squares(name: str, values: FloatArray, rows: IntArray) -> None:
    """Raise InputError, with row, column and value, unless squared distances between rows fit float32.

    ``rows`` (B,) are the numbers that the finite ``values`` (B, d) have in what messages call ``name``.
    """
    if not values.size:
        return
    largest = float(max(values.max(), -values.min()))
    if largest**2 * values.shape[1] <= MAX_SQUARED_LENGTH:
        return
    lengths = np.square(values, dtype=np.float64).sum(axis=1)
    if lengths.max() <= MAX_SQUARED_LENGTH:
        return
    row = int(np.argmax(lengths > MAX_SQUARED_LENGTH))
    column = int(np.abs(values[row]).argmax())
    value = float(values[row, column])
    reason = "its square does not fit float32"
    if value**2 <= MAX_FLOAT32:
        reason = "squared distances from this row do not fit float32"
    raise InputError(
        f"{name}: row {rows[row]}, column {column} is {value:g}; {reason}: scale the features down, "
        "or look for the cause"
    )


class SpreadCheck:
    """A check, block by block, that float32 tells rows of d features apart, by more than one of them."""

    def __init__(self, name: str, width: int, stored_type: np.dtype) -> None:
        """Start without rows; ``name`` is the name of the features in messages."""
        self._name = name
        self._rows: list[IntArray] = []
        self._center: FloatArray | None = None
        self._squared_distances: list[FloatArray] = []
        self._least = np.full(width, np.inf)
        self._largest = np.full(width, -np.inf)
        self._stored_type = np.dtype(stored_type)

    def add(self, values: FloatArray, rows: IntArray) -> None:
        """Add (B, d) values, before their conversion to the stored type; ``rows`` (B,) are their numbers."""
        if not len(rows):
            return
        self._least = np.minimum(self._least, values.min(axis=0))
        self._largest = np.maximum(self._largest, values.max(axis=0))
        if self._center is None:
            self._center = np.median(values[:CENTRAL_ROWS].astype(np.float64), axis=0)
        with np.errstate(over="ignore"):
            offsets = np.subtract(values, self._center, dtype=np.float32)
            self._squared_distances.append(np.einsum("ij,ij->i", offsets, offsets))
        self._rows.append(rows)

    def checked(self, blocks: Iterable[FloatArray]) -> Iterator[FloatArray]:
        """Add and yield each of the ``blocks`` (B, d), then check all of them."""
        start = 0
        for block in blocks:
            self.add(block, np.arange(start, start + len(block)))
            start += len(block)
            yield block
        self.require()

    def require(self) -> None:
        """Raise InputError if rows lie too close together, also beside an outlier or one feature."""
        if sum(map(len, self._rows)) > 1:
            self._require_spans()
            self._require_no_outlier()
            self._require_no_dominant_column()

    def _require_no_outlier(self) -> None:
        distances, numbers = np.sqrt(np.concatenate(self._squared_distances)), np.concatenate(self._rows)
        typical = np.median(distances)
        outliers = np.flatnonzero(distances > MAX_DISTANCE_RATIO * typical)
        if not typical or not len(outliers):
            return
        ratio = distances[outliers[0]] / typical
        problem = (
            f"{self._name}: row {numbers[outliers[0]]} is an outlier ({ratio:.1g} times the median "
            "distance), so float32 can hardly distinguish the other rows; find the cause, or remove the row"
        )
        if len(outliers) > 1:
            problem += f" ({len(outliers):,} such rows: {first_few(numbers[outliers].tolist())})"
        raise InputError(problem)

    def _require_no_dominant_column(self) -> None:
        """Raise InputError if squared distances see only one feature, such as an identifier or a time."""
        spans = self._largest - self._least
        widest = int(spans.argmax())
        others = float(np.linalg.norm(np.delete(spans, widest).astype(np.float64)))
        if others and spans[widest] > MAX_DISTANCE_RATIO * others:
            least, largest = self._least[widest], self._largest[widest]
            raise InputError(
                f"{self._name}: column {widest}, which goes from {least:.9g} to {largest:.9g}, varies "
                f"{spans[widest] / others:.1g} times as much as all others together, so float32 hardly sees "
                "these; scale it down, or leave it out if it is not a feature"
            )

    def _require_spans(self) -> None:
        """Raise InputError if the values of the feature that spans most lie too close together.

        They do if the square of their difference underflows, if the difference is mere rounding, or if all
        rows are equal, such as those of a network that has collapsed. Beside mere rounding in one feature,
        distances would not see the smaller spans of the others.
        """
        spans = self._largest - self._least
        magnitudes = np.maximum(np.abs(self._least), np.abs(self._largest))
        if not (spans > 0).any():
            raise InputError(
                f"{self._name}: all rows are equal (column 0 is {self._least[0]:.9g}), so nothing "
                "distinguishes samples; look for the cause, or save the features with more digits"
            )
        widest = int(spans.argmax())
        problem = (
            f"{self._name}: the values lie too close together: column {widest}, where they differ most, goes "
            f"from {self._least[widest]:.9g} to {self._largest[widest]:.9g}"
        )
        if spans[widest] ** 2 < MIN_FLOAT32:
            raise InputError(
                f"{problem}, and the square of the difference underflows in float32; scale them up"
            )
        precision = np.finfo(self._stored_type)
        step = max(float(precision.eps) * magnitudes[widest], float(precision.smallest_subnormal))
        if spans[widest] < MIN_STEPS * step:
            remedy = "subtract each column's mean before saving the features, or leave the column out"
            if step > precision.eps * magnitudes[widest]:
                remedy = "scale them up, or store them as float32"
            raise InputError(f"{problem}, which {self._stored_type} hardly tells apart; {remedy}")
