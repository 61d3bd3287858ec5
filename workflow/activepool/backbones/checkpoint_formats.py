"""Formats of checkpoints: how projects name the weights. Each format is data; a user can give another.

This module does not import torch, so that checking a configuration is quick.
"""

import re
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

# torch's name of a network in a wrapper that trains it on several GPUs, or averages its weights.
_WRAPPER_PREFIX = re.compile(r"\A(?:module\.)+")

# Names of networks that torch compiled, shards or recomputes, or that Lightning Fabric or Opacus wraps; any
# part of a network can be one.
_WRAPPERS = "_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module|_forward_module|_module"
_WRAPPER_PARTS = re.compile(rf"(?:(?<=\.)|^)(?:{_WRAPPERS})\.")


@cache
def bare_key(key: str) -> str:
    """Return a key without the names of wrappers: ``module.`` at its beginning, the others anywhere."""
    return _WRAPPER_PREFIX.sub("", _WRAPPER_PARTS.sub("", key))


# One text, or several.
Texts = Annotated[
    tuple[str, ...],
    BeforeValidator(
        lambda value: (value,) if isinstance(value, str) else value,
        json_schema_input_type=str | tuple[str, ...],
    ),
]


class CheckpointFormat(BaseModel):
    """The place of the encoder's weights in a file, and their names there.

    Reading a key drops the names of wrappers (see `bare_key`), then `prefix`, then ``module.`` again;
    then `renamed` applies.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    inside: Texts = Field(
        default=("state_dict", "model"),
        description="entries of the file that lead to the state dict; those that exist are opened in turn",
    )
    prefix: Texts = Field(
        default=("",),
        min_length=1,
        description="the prefix of the encoder's keys; other keys are ignored. Of several, the best match",
    )
    skipped: Texts = Field(
        default=(),
        description="beginnings of keys, after the prefix, that may be left over; * stands for any text",
    )
    renamed: dict[str, str] = Field(
        default={}, description="beginnings of keys, after the prefix, to those of the backbone's names"
    )

    def name(self, key: str, prefix: str) -> str | None:
        """Return the bare name in the backbone for a key in the file; None for a key without the prefix."""
        bare, prefix = bare_key(key), bare_key(prefix)
        if not bare.startswith(prefix):
            return None
        bare = _WRAPPER_PREFIX.sub("", bare.removeprefix(prefix))
        for beginning, replacement in self.renamed.items():
            if bare.startswith(bare_key(beginning)):
                return bare_key(replacement) + bare.removeprefix(bare_key(beginning))
        return bare

    def chosen(self, keys: list[str], prefix: str) -> list[str]:
        """Return which keys of one weight are meant; several if `prefix` and `skipped` choose none.

        Here the name of a wrapper counts: ``prefix: module.`` means the keys that begin so, and ``skipped:
        module.`` the others. A renamed key counts under its earlier name.
        """
        if prefix != bare_key(prefix) and any(key.startswith(prefix) for key in keys):
            keys = [key for key in keys if key.startswith(prefix)]
        kept = [
            key
            for key in keys
            if not any(
                fnmatchcase(written, f"{beginning}*")
                for written in (key, key.removeprefix(prefix))
                for beginning in self.skipped
            )
        ]
        return kept or keys

    def may_be_left_over(self, name: str) -> bool:
        """Return whether a name may be missing in the backbone."""
        return any(fnmatchcase(name, f"{bare_key(beginning) or beginning}*") for beginning in self.skipped)


# The names of the classification layer in torchvision and timm.
_CLASSIFIERS = ("classifier.", "fc.", "head.", "head_dist.", "heads.", "last_linear.")

#: The known formats, by their names in the configuration.
FORMATS = {
    # The names of the backbone itself, and nothing else; activepool's own pretraining writes them.
    "plain": CheckpointFormat(),
    # Files of torchvision and its reference training, without the classification layer.
    "torchvision": CheckpointFormat(skipped=_CLASSIFIERS),
    # Files of timm and its train.py, which keeps its weights under state_dict.
    "timm": CheckpointFormat(skipped=_CLASSIFIERS),
    # facebookresearch/moco: the query encoder; its fc is the projection (v1: one layer, v2: two).
    "moco_v2": CheckpointFormat(inside="state_dict", prefix="encoder_q.", skipped="fc."),
    # SimCLR in PyTorch: encoder. (the paper's own code; Spijkervet/SimCLR), or backbone. with the projection
    # as its fc (sthalles/SimCLR).
    "simclr": CheckpointFormat(prefix=("encoder.", "backbone."), skipped="fc."),
    # facebookresearch/dino: a full checkpoint has the teacher with its head, the others only the backbone.
    "dino": CheckpointFormat(inside="teacher", prefix=("backbone.", ""), skipped="head."),
    # facebookresearch/dinov2: the mask token is only for training. For registers see backbones.registers.
    "dinov2": CheckpointFormat(inside=(), skipped="mask_token"),
    # microsoft/esvit: the teacher; a ResNet is wrapped twice. Its Swin is that of microsoft/Swin-Transformer,
    # with the reduction at the end of a stage, which timm has at the start of the next.
    "esvit": CheckpointFormat(
        inside="teacher",
        prefix=("", "backbone.backbone."),
        skipped=("head.", "head_dense.", "*.relative_position_index"),
        renamed={f"layers.{stage}.downsample.": f"layers.{stage + 1}.downsample." for stage in range(3)},
    ),
}

#: A key of FORMATS. Pydantic checks it; for a type checker it is any text.
if TYPE_CHECKING:
    FormatName = str
else:
    FormatName = Literal[tuple(FORMATS)]
