"""DINOv2's vision transformers with registers (Darcet et al. 2024), as timm has them."""

from collections.abc import Mapping
from typing import Any

#: The registers in a file of facebookresearch/dinov2, and in a network of timm.
REGISTERS, TIMM_REGISTERS = "register_tokens", "reg_token"

#: The class token, and the table of positions, whose first row in DINOv2 is that of the class token.
CLASS_TOKEN, POSITIONS = "cls_token", "pos_embed"


def with_timm_registers(content: Any, weights: Mapping[str, Any]) -> Any:
    """Return a checkpoint with registers as timm has it, if the ``weights`` are those of a network of timm.

    This network has no position for the class token, so that it is added to the token. Any other content is
    returned as it is.
    """
    if not isinstance(content, Mapping) or TIMM_REGISTERS not in weights or REGISTERS in weights:
        return content
    converted = dict(content)
    for key in filter(lambda key: isinstance(key, str) and key.endswith(REGISTERS), content):
        stem = key.removesuffix(REGISTERS)
        token: Any = content.get(f"{stem}{CLASS_TOKEN}")
        positions: Any = content.get(f"{stem}{POSITIONS}")
        if getattr(token, "ndim", 0) == getattr(positions, "ndim", 0) == 3:
            converted[f"{stem}{TIMM_REGISTERS}"] = converted.pop(key)
            converted[f"{stem}{CLASS_TOKEN}"] = token + positions[:, :1]
            converted[f"{stem}{POSITIONS}"] = positions[:, 1:]
    return converted
