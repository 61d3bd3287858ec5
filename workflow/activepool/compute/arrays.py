"""Types of arrays for annotations; `np.ndarray` is an array of any type."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

#: Rows, labels, counts.
IntArray: TypeAlias = NDArray[np.integer[Any]]

#: Features, heads, scores.
FloatArray: TypeAlias = NDArray[np.floating[Any]]

#: One flag per sample.
BoolArray: TypeAlias = NDArray[np.bool_]

#: Strings, as HDF5 and pandas read them.
TextArray: TypeAlias = NDArray[np.object_]

#: Pixels of images.
ImageArray: TypeAlias = NDArray[np.uint8]

#: The type in which features are read, such as `np.float32`.
FloatType: TypeAlias = type[np.floating[Any]]
