"""Products of bfloat16, on processors that compute them many times as fast as those of float32."""

import importlib.util
from collections.abc import Mapping
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
