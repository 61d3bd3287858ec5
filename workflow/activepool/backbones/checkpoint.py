"""The weights of a backbone in a file: written as safetensors, and loaded only where all of them fit."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors.torch import save
from torch import Tensor

from activepool.backbones.backbone import Backbone
from activepool.backbones.checkpoint_fit import fit, misfit, state_dict_of, unusable
from activepool.backbones.checkpoint_formats import FORMATS, CheckpointFormat
from activepool.backbones.checkpoint_reading import read_checkpoint
from activepool.backbones.registry import build, may_bring_weights
from activepool.errors import InputError
from activepool.files import file_digest, written_whole

#: What ``--checkpoint`` says for a backbone that needs no file.
NONE = "none"

#: How keys are named unless the user says otherwise: as in the backbone.
PLAIN = FORMATS["plain"]


def save_weights(path: str | Path, backbone: Backbone, about: dict[str, Any]) -> None:
    """Write the weights of ``backbone.network`` as safetensors; ``about`` goes into the header as JSON."""
    # One entry only: safetensors writes several in an order that changes from run to run.
    write_tensors(path, backbone.network.state_dict(), {"activepool": json.dumps(about, sort_keys=True)})


def write_tensors(
    path: str | Path, tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None
) -> None:
    """Write tensors by name as safetensors, from whichever device they are on."""
    on_cpu = {name: values.detach().cpu().contiguous() for name, values in tensors.items()}
    with written_whole(path) as temporary:
        temporary.write_bytes(save(on_cpu, metadata))


def load_backbone(
    name: str, image_size: int | None, channels: int, checkpoint: str, form: CheckpointFormat = PLAIN
) -> tuple[Backbone, str]:
    """Make a backbone with the weights of a checkpoint.

    Args:
        name, image_size, channels: see activepool.backbones.registry.build.
        checkpoint: a file for `load_weights`, or ``none`` for a backbone that has no weights, or whose own
            function loads them.
        form: how the file names the weights.

    Returns: the backbone, and the SHA-256 of the checkpoint ("" without one).
    Raises: InputError if weights would stay random, or the checkpoint does not fit.
    """
    backbone = build(name, image_size, channels)
    if checkpoint != NONE:
        load_weights(backbone, checkpoint, form)
        return backbone, file_digest(checkpoint)
    if backbone.network.state_dict() and not may_bring_weights(name):
        raise InputError(
            f"backbone: {name!r} without a checkpoint would have random weights; give a checkpoint, "
            "pretrain it, or use identity"
        )
    return backbone, ""


def load_weights(backbone: Backbone, path: str | Path, form: CheckpointFormat = PLAIN) -> None:
    """Load a checkpoint into ``backbone.network``.

    Args:
        backbone: changed in place, and only if everything fits.
        path: a file of safetensors or of torch.save.
        form: where the weights are in it, and how they are named.

    Raises: InputError that lists the keys that are missing, left over, or of another shape or type.
    """
    content = read_checkpoint(path)
    own = backbone.network.state_dict()
    found = state_dict_of(content, form)
    matching = fit(found, own, form)
    if not matching.is_complete:
        raise InputError(f"{path}: does not fit the backbone: {misfit(content, own, form)}")
    if problem := unusable(found, own, matching.sources):
        raise InputError(f"{path}: {problem}")
    # What an old file lacks (counters of batches) stays as it is.
    backbone.network.load_state_dict(own | {name: found[key] for name, key in matching.sources.items()})
