"""Types of arrays for annotations; `np.ndarray` is an array of any type."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

#: Rows, labels, counts.
IntArray: TypeAlias = NDArray[np.integer[Any]]

#: Features, heads, scores.
FloatArray: TypeAlias = NDArray[np.floating[Any]]

#: One flag a sample.
BoolArray: TypeAlias = NDArray[np.bool_]
