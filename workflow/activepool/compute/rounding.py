"""Rounding away the last bits of results, in which BLAS kernels differ."""

import numpy as np


def rounded(
    values: np.ndarray, largest: float, resolution: float, out: np.ndarray | None = None
) -> np.ndarray:
    """Round float64 ``values`` to multiples of ``resolution`` times the power of two at or above ``largest``.

    The resolution is a power of two. With 0 as their largest magnitude, the values come back as they are.
    """
    if largest == 0:
        return values
    quantum = resolution * 2.0 ** np.ceil(np.log2(largest))
    result: np.ndarray = np.divide(values, quantum, out=out)
    np.round(result, out=result)
    result *= quantum
    return result
