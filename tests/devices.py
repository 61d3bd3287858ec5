"""The devices that tests compute on. Those marked `gpu` are skipped where torch finds no GPU."""

import numpy as np
import pytest

#: The CPU as torch has it, which takes the code path of a GPU; and a GPU.
TORCH_DEVICES = ["cpu:0", pytest.param("cuda", marks=pytest.mark.gpu)]

#: The CPU with NumPy's arrays, and those.
DEVICES = ["cpu", *TORCH_DEVICES]


def difference(result, expected):
    """Return ‖found − expected‖ / ‖expected‖ in float64; NaN where a value is none."""
    result, expected = np.asarray(result, np.float64), np.asarray(expected, np.float64)
    assert result.shape == expected.shape
    return np.linalg.norm(result - expected) / np.linalg.norm(expected)
