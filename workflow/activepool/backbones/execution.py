"""Runs backbones with torch: the same bits each time on one machine, and quickly on a GPU."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from activepool.compute.blocks import keep_freed_memory, torch_threads
from activepool.compute.kernels import DETERMINISTIC

#: The layout of images and convolutions: best for tensor cores, and up to 1.6 times as fast on a CPU.
MEMORY_FORMAT = torch.channels_last

Network = TypeVar("Network", bound=nn.Module)


@contextmanager
def reproducible(threads: int) -> Iterator[None]:
    """Run torch on this number of CPU threads, with deterministic algorithms where it has them.

    The number of threads affects the result, because it decides how sums are split. The settings of torch are
    restored at the end, except for freed memory: see `activepool.compute.blocks.keep_freed_memory`.

    With deterministic algorithms, torch would also fill all new memory before it writes there. That takes
    time and helps only a program that reads what nothing wrote, so it is off.
    """
    keep_freed_memory()
    for name, value in DETERMINISTIC.items():
        os.environ.setdefault(name, value)  # cuBLAS and torch.compile read them when they start
    mode = torch.get_deterministic_debug_mode()
    settings: Any = torch.utils.deterministic  # its type lacks the setting
    fills_memory = settings.fill_uninitialized_memory
    # use_deterministic_algorithms does the same, but imports torch.compile, which takes nearly a second.
    torch.set_deterministic_debug_mode("warn")
    settings.fill_uninitialized_memory = False
    try:
        with torch_threads(threads):
            yield
    finally:
        torch.set_deterministic_debug_mode(mode)
        settings.fill_uninitialized_memory = fills_memory


def is_cuda(device: str | torch.device) -> bool:
    """Return whether ``device`` is a GPU."""
    return torch.device(device).type == "cuda"


def mixed_precision(device: str | torch.device, on_cpu: bool = False) -> torch.autocast:
    """Return a context that computes in bfloat16 where that is safe: on a GPU and, if asked, on a CPU."""
    return torch.autocast(torch.device(device).type, torch.bfloat16, enabled=on_cpu or is_cuda(device))


def on_device(network: Network, device: str) -> Network:
    """Move a network to the device, its weights in MEMORY_FORMAT."""
    moved: Network = network.to(device, memory_format=MEMORY_FORMAT)  # type: ignore[call-overload] # no such type
    return moved


def pixels(images: Tensor, device: str) -> Tensor:
    """Return uint8 images (B, C, S, S) as float32 in 0..1 on the device."""
    images = images.to(device, non_blocking=True).float() / 255
    return images.contiguous(memory_format=MEMORY_FORMAT)
