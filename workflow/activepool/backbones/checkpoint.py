"""The weights of a backbone in a file: written as safetensors, and loaded only where all of them fit."""

import json
import pickle
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save
from torch import Tensor

from activepool.backbones.backbone import Backbone
from activepool.backbones.registry import BACKBONES, build
from activepool.errors import InputError
from activepool.files import file_digest, written_whole

#: What ``--checkpoint`` says for a backbone that needs no file.
NONE = "none"

#: How many keys an error message shows of each kind.
SHOWN = 5


def save_weights(path: str | Path, backbone: Backbone, about: dict[str, Any]) -> None:
    """Write the weights of ``backbone.network`` as safetensors; ``about`` goes into the header as JSON."""
    weights = {
        name: values.detach().cpu().contiguous() for name, values in backbone.network.state_dict().items()
    }
    # One entry only: safetensors writes several in an order that changes from run to run.
    metadata = {"activepool": json.dumps(about, sort_keys=True)}
    with written_whole(path) as temporary:
        temporary.write_bytes(save(weights, metadata))


def load_backbone(name: str, image_size: int, channels: int, checkpoint: str) -> tuple[Backbone, str]:
    """Make a backbone with the weights of a checkpoint.

    Args:
        name, image_size, channels: see activepool.backbones.registry.build.
        checkpoint: a file for `load_weights`, or ``none`` for a backbone that has no weights, or whose own
            function loads them.

    Returns: the backbone, and the SHA-256 of the checkpoint ("" without one).
    Raises: InputError if weights would stay random, or the checkpoint does not fit.
    """
    backbone = build(name, image_size, channels)
    if checkpoint != NONE:
        load_weights(backbone, checkpoint)
        return backbone, file_digest(checkpoint)
    if name in BACKBONES and backbone.network.state_dict():
        raise InputError(
            f"backbone: {name!r} without a checkpoint would have random weights; give a checkpoint, "
            "pretrain it, or use identity"
        )
    return backbone, ""


def load_weights(backbone: Backbone, path: str | Path, prefix: str = "") -> None:
    """Load a checkpoint into ``backbone.network``.

    Args:
        backbone: changed in place, and only if everything fits.
        path: .safetensors, or .pt / .pth with a state dict (perhaps under ``state_dict`` or ``model``).
        prefix: what the encoder's keys begin with in the file; the other keys (a projection head, a momentum
            encoder) are passed over.

    Raises: InputError that lists the keys that are missing, left over or of another shape.
    """
    found = {
        key.removeprefix(prefix): values
        for key, values in _read(Path(path)).items()
        if key.startswith(prefix)
    }
    wanted = backbone.network.state_dict()
    wrong_shape = [
        f"{key} {tuple(found[key].shape)} instead of {tuple(wanted[key].shape)}"
        for key in wanted
        if key in found and found[key].shape != wanted[key].shape
    ]
    problems = {
        "missing": [key for key in wanted if key not in found],
        "left over": [key for key in found if key not in wanted],
        "of another shape": wrong_shape,
    }
    if any(problems.values()):
        listed = "; ".join(f"{kind}: {_some(keys)}" for kind, keys in problems.items() if keys)
        raise InputError(f"{path}: does not fit the backbone ({listed}); every weight must match")
    backbone.network.load_state_dict(found)


def _read(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a checkpoint by key; nothing in the file is run as code."""
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, SafetensorError, RuntimeError, EOFError, pickle.UnpicklingError) as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: not a readable checkpoint ({reason})") from error
    for wrapper in ("state_dict", "model"):
        if isinstance(content, dict) and isinstance(content.get(wrapper), dict):
            content = content[wrapper]
    if not isinstance(content, dict) or not all(isinstance(values, Tensor) for values in content.values()):
        raise InputError(f"{path}: must hold a state dict, tensors by name")
    return content


def _some(keys: Iterable[str]) -> str:
    keys = list(keys)
    more = f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
    return ", ".join(keys[:SHOWN]) + more
