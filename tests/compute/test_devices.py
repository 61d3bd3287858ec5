"""The device that a stage computes on."""

import pytest

from activepool.compute.devices import resolve_device
from activepool.errors import InputError


def test_devices():
    assert resolve_device("cpu") == "cpu"
    assert resolve_device("auto") in ("cpu", "cuda")
    with pytest.raises(InputError, match="'tpu' is not known; it must be auto, cpu, cuda"):
        resolve_device("tpu")
