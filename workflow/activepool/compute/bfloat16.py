"""Products of bfloat16, on processors that compute them many times as fast as those of float32."""

import importlib.util
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache


@cache
def has_fast_bfloat16() -> bool:
    """Return whether torch is installed, and this processor multiplies tiles of bfloat16 (Intel's AMX)."""
    if importlib.util.find_spec("torch") is None:
        return False
    import torch

    # An older torch cannot say.
    capabilities: Mapping[str, object] = getattr(torch.cpu, "get_capabilities", dict)()
    return bool(capabilities.get("amx_bf16"))


@contextmanager
def one_torch_thread() -> Iterator[None]:
    """Let torch compute each product on one thread, and restore its number of threads at the end."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)
