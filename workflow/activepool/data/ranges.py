"""Features that float32 cannot compute with: their squares leave it, or their differences vanish in it.

Distances, covariances and gradients are made of squares and differences of features, in float32.
"""

import numpy as np

from activepool.compute.arrays import FloatArray
from activepool.errors import InputError

#: The largest number of float32, and the least with all its digits.
LARGEST, LEAST = float(np.finfo(np.float32).max), float(np.finfo(np.float32).tiny)

#: Steps of the stored type that the values of a feature must span, for differences to be more than rounding.
MIN_STEPS = 16


def require_squares(name: str, rows: FloatArray, first_row: int = 0) -> None:
    """Raise InputError, with row, column and value, unless the squared length of each row fits float32.

    Args:
        name: what to call the features in a message.
        rows: (B, d), finite.
        first_row: number of the first of them.
    """
    if not rows.size:
        return
    largest = float(max(rows.max(), -rows.min()))
    if largest**2 * rows.shape[1] <= LARGEST:
        return
    lengths = np.square(rows, dtype=np.float64).sum(axis=1)
    if lengths.max() <= LARGEST:
        return
    row = int(np.argmax(lengths > LARGEST))
    column = int(np.abs(rows[row]).argmax())
    value = float(rows[row, column])
    what = "its square does not fit float32"
    if value**2 <= LARGEST:
        what = "the sum of the squares in this row does not fit float32"
    raise InputError(
        f"{name}: row {first_row + row}, column {column} is {value:g}; {what}: scale the features down, "
        "or look for what made them diverge"
    )


class Spans:
    """The least and the largest value of each of d features, over all rows that are added block by block."""

    def __init__(self, name: str, width: int, stored_as: np.dtype) -> None:
        """Start without rows; ``name`` is what to call the features in a message."""
        self._name = name
        self._rows = 0
        self._least = np.full(width, np.inf)
        self._largest = np.full(width, -np.inf)
        self._stored_as = np.dtype(stored_as)

    def add(self, rows: FloatArray) -> None:
        """Add (B, d) rows, as they are before they are stored."""
        self._rows += len(rows)
        if len(rows):
            self._least = np.minimum(self._least, rows.min(axis=0))
            self._largest = np.maximum(self._largest, rows.max(axis=0))

    def require_spread(self) -> None:
        """Raise InputError if the values of every feature that varies lie too close together.

        That is so close that the square of their difference underflows, or that it is no more than rounding;
        or that all rows are equal, as those of a network that has collapsed.
        """
        spans = self._largest - self._least
        magnitudes = np.maximum(np.abs(self._least), np.abs(self._largest))
        if self._rows < 2:
            return
        if not (spans > 0).any():
            raise InputError(
                f"{self._name}: all rows are equal (column 0 is {self._least[0]:.9g}), so that nothing tells "
                "samples apart; look for what made them so, or save them with more digits"
            )
        widest = int(spans.argmax())
        said = (
            f"{self._name}: the values lie too close together: column {widest}, where they differ most, goes "
            f"from {self._least[widest]:.9g} to {self._largest[widest]:.9g}"
        )
        if spans[widest] ** 2 < LEAST:
            raise InputError(f"{said}, and the square of the difference underflows in float32; scale them up")
        if (spans < MIN_STEPS * float(np.finfo(self._stored_as).eps) * magnitudes).all():
            raise InputError(
                f"{said}, which {self._stored_as} hardly tells apart; subtract each column's mean before the "
                "features are saved"
            )
