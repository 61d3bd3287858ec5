"""The device that computes: the CPU, or a CUDA GPU if there is one."""

import ctypes

from activepool.errors import InputError


def resolve_device(requested: str) -> str:
    """Return the device for ``auto``, ``cpu``, ``cuda`` or ``cuda:N``.

    ``auto`` is CUDA if a driver answers, else the CPU; torch is imported only if there is a driver. Raises
    InputError if the user asks for a GPU and there is none.
    """
    if requested == "cpu":
        return "cpu"
    if requested != "auto" and not requested.startswith("cuda"):
        raise InputError(f"device: {requested!r} is not known; it must be auto, cpu, cuda or cuda:N")
    available = has_cuda_driver() and _torch_has_cuda()
    if requested == "auto":
        return "cuda" if available else "cpu"
    if not available:
        raise InputError(f"device: {requested} asked for, but torch finds no CUDA GPU; use auto or cpu")
    return requested


def has_cuda_driver() -> bool:
    """Return whether a CUDA driver sees a GPU, without importing torch."""
    try:
        driver = ctypes.CDLL("libcuda.so.1")
    except OSError:
        return False
    count = ctypes.c_int(0)
    return driver.cuInit(0) == 0 and driver.cuDeviceGetCount(ctypes.byref(count)) == 0 and count.value > 0


def _torch_has_cuda() -> bool:
    import torch

    return torch.cuda.is_available()
