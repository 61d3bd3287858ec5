"""Checkpoints: the weights of a backbone in a file, written as safetensors, and loaded only if all fit."""

import hashlib
import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save
from torch import Tensor

from activepool.backbones.backbone import Backbone
from activepool.backbones.checkpoint_fit import Fit, fit, state_dict_of, unusable_tensor
from activepool.backbones.checkpoint_formats import FORMATS, CheckpointFormat
from activepool.backbones.checkpoint_misfit import misfit_message, state_dicts
from activepool.backbones.checkpoint_reading import read_checkpoint
from activepool.backbones.normalisations import normalisation
from activepool.backbones.position_tables import grid_of, interpolate_table
from activepool.backbones.registers import with_timm_registers
from activepool.backbones.registry import build, may_bring_weights, variants
from activepool.backbones.settings import BackboneSettings
from activepool.backbones.windows import FIRST_TABLE, window_problem
from activepool.compute.seeds import fixed_draws, integer_seed
from activepool.errors import InputError, first_few
from activepool.io.files import file_digest, written_whole

#: The default format of keys: the names in the backbone.
PLAIN_FORMAT = FORMATS["plain"]


def save_weights(path: str | Path, backbone: Backbone, about: dict[str, Any]) -> None:
    """Write the weights of ``backbone.network`` as safetensors, with ``about`` as JSON in the header."""
    # Only one entry: safetensors writes several in an order that changes from run to run.
    write_tensors(path, backbone.network.state_dict(), {"activepool": json.dumps(about, sort_keys=True)})


def write_tensors(
    path: str | Path, tensors: Mapping[str, Tensor], metadata: dict[str, str] | None = None
) -> None:
    """Write tensors by name as safetensors, from any device."""
    cpu_tensors = {name: values.detach().cpu().contiguous() for name, values in tensors.items()}
    with written_whole(path) as temporary:
        temporary.write_bytes(save(cpu_tensors, metadata))


def load_backbone(
    settings: BackboneSettings,
    channels: int,
    checkpoint: str | Path | None = None,
    random_seed: int | None = None,
) -> tuple[Backbone, str]:
    """Return a backbone with the weights of a checkpoint.

    Args:
        settings: the backbone, the format of the checkpoint's keys, and the normalisation of pixels.
        channels: those of the images, whatever the settings say.
        checkpoint: a file of safetensors or of torch.save; None for a backbone without weights, or one whose
            function loads or draws them. torch, NumPy and Python then draw from a fixed seed, so that random
            weights are the same in each process.
        random_seed: of random weights, if there is no checkpoint; None refuses them.

    Returns: the backbone, and the SHA-256 of the checkpoint, or of the weights if there is no checkpoint.
    Raises: InputError if weights would stay random, or if the checkpoint does not fit.
    """
    name, image_size, form = settings.name, settings.image_size, settings.checkpoint_format
    if checkpoint is not None:
        content = read_checkpoint(checkpoint)
        for backbone in variants(name, image_size, channels):
            if _fit_of(content, backbone, form).is_exact:
                break
        # The last variant is for images of this size, so that position tables are interpolated at most once.
        load_content(backbone, content, checkpoint, form)
        digest = file_digest(checkpoint)
    else:
        seed = integer_seed(0, 0, "backbone/weights") if random_seed is None else random_seed
        with fixed_draws(seed):
            backbone = build(name, image_size, channels)
        needs_checkpoint = random_seed is None and not may_bring_weights(name)
        if needs_checkpoint and backbone.network.state_dict():
            raise InputError(
                f"backbone: {name!r} without a checkpoint would have random weights; give a checkpoint, "
                "pretrain it, or use identity"
            )
        digest = weights_digest(backbone)
    if settings.normalisation is not None:
        backbone.normalise_by(*normalisation(settings.normalisation, backbone.preprocessing.channels))
    return backbone, digest


def weights_digest(backbone: Backbone) -> str:
    """Return the SHA-256 of the names and bytes of all weights; "" if there are none."""
    weights = backbone.network.state_dict()
    digest = hashlib.sha256()
    for name, values in weights.items():
        digest.update(name.encode())
        digest.update(values.detach().cpu().reshape(-1).contiguous().view(torch.uint8).numpy().tobytes())
    return digest.hexdigest() if weights else ""


def load_content(backbone: Backbone, content: Any, path: str | Path, form: CheckpointFormat) -> None:
    """Load the content of a checkpoint in this ``form`` into ``backbone.network``, only if everything fits.

    It interpolates a position table for images of another size, with a line on stderr.

    Raises: InputError with the keys that are missing, left over, or of another shape or type.
    """
    initial = backbone.network.state_dict()
    content = with_timm_registers(content, initial)
    tensors = state_dict_of(content, form)
    match = _fit_of(content, backbone, form)
    if not match.is_complete:
        raise InputError(f"{path}: does not fit the backbone: {misfit_message(content, initial, form)}")
    if problem := unusable_tensor(tensors, initial, match.sources):
        raise InputError(f"{path}: {problem}")
    if FIRST_TABLE in match.interpolated:
        table = tensors[match.sources[FIRST_TABLE]]
        if problem := window_problem(table, initial[FIRST_TABLE], backbone.preprocessing.image_size):
            raise InputError(f"{path}: does not fit the backbone: {problem}")
    # Counters of batches, which old files lack, keep their values.
    weights = initial | {name: tensors[key] for name, key in match.sources.items()}
    for name in match.interpolated:
        weights[name] = interpolate_table(name, weights[name], initial[name].shape)
    if match.interpolated:
        print(f"{path}: {_interpolation(match, tensors, initial)}", file=sys.stderr)
    # Such as averaged weights; a format with its own places already says which weights are meant.
    places = first_few(
        ".".join(inside) or "the top"
        for inside, candidate in state_dicts(content).items()
        if candidate.keys() != tensors.keys() or any(candidate[key] is not tensors[key] for key in candidate)
        if form.inside == PLAIN_FORMAT.inside and fit(candidate, initial, form).is_complete
    )
    if places:
        notice = f"also holds weights of this network in {places}, which only backbone.keys.inside reads"
        print(f"{path}: {notice}", file=sys.stderr)
    backbone.network.load_state_dict(weights)


def _fit_of(content: Any, backbone: Backbone, form: CheckpointFormat) -> Fit:
    weights = backbone.network.state_dict()
    return fit(state_dict_of(with_timm_registers(content, weights), form), weights, form)


def _interpolation(match: Fit, tensors: Mapping[str, Tensor], weights: Mapping[str, Tensor]) -> str:
    """Return the message of the position tables that are interpolated, with the sizes of their grids."""
    first, *more = match.interpolated
    tables = (tensors[match.sources[first]], weights[first])
    grids = [grid for table in tables if (grid := grid_of(first, table.shape))]
    size, target_size = (f"{grid.side} x {grid.side}" for grid in grids)
    count = f" (and {len(more)} more)" if more else ""
    return f"the table of positions {first}{count} is interpolated from {size} places to {target_size}"
