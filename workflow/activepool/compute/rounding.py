"""Rounding away the last bits of results, in which BLAS kernels differ."""

import numpy as np


def rounded(
    values: np.ndarray, largest: float, resolution: float, out: np.ndarray | None = None
) -> np.ndarray:
    """Round ``values`` to multiples of ``resolution`` times the power of two at or above ``largest``.

    Args:
        values: float64, of any shape.
        largest: the largest magnitude; with 0 the values come back as they are.
        resolution: a power of two.
        out: where to put the result, such as ``values`` itself; a fresh array by default.
    """
    if largest == 0:
        return values
    quantum = resolution * 2.0 ** np.ceil(np.log2(largest))
    result: np.ndarray = np.divide(values, quantum, out=out)
    np.round(result, out=result)
    result *= quantum
    return result
