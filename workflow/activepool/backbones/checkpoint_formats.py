"""How projects name weights in their checkpoints: data, an entry a project, and a user's own in that form.

This module does not import torch: a configuration is checked with it in an instant.
"""

import re
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

#: What torch calls a network inside one that trains it on several GPUs, or averages its weights.
PARALLEL = "module."

# What torch calls a network that it compiled, shards or recomputes; any part of a network can be one.
_WRAPPED = re.compile(r"(?:(?<=\.)|^)(?:_orig_mod|_fsdp_wrapped_module|_checkpoint_wrapped_module)\.")


@cache
def bare(key: str) -> str:
    """Return a key without the names of wrappers: ``module.`` at its front, the others anywhere."""
    return _without_parallel(_WRAPPED.sub("", key))


def _without_parallel(key: str) -> str:
    while key.startswith(PARALLEL):
        key = key.removeprefix(PARALLEL)
    return key


# One text, or several.
Texts = Annotated[
    tuple[str, ...], BeforeValidator(lambda given: (given,) if isinstance(given, str) else given)
]


class CheckpointFormat(BaseModel):
    """Where the encoder's weights are in a file, and what they are called there.

    A key is read in this order: the names of wrappers are dropped (see `bare`), then `prefix`, and
    ``module.`` once more; then `renamed` applies.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    inside: Texts = Field(
        default=("state_dict", "model"),
        description="entries of the file that hold the state dict; those that are there are opened in turn",
    )
    prefix: Texts = Field(
        default=("",),
        min_length=1,
        description="what the encoder's keys begin with; others are passed over. Of several, the best match",
    )
    skipped: Texts = Field(
        default=(),
        description="beginnings of keys, after the prefix, that may be left over; * stands for any text",
    )
    renamed: dict[str, str] = Field(
        default={}, description="beginnings of keys, after the prefix, by what stands there in the backbone"
    )

    def name(self, key: str, prefix: str) -> str | None:
        """Return the bare name in the backbone of a key in the file; None for a key without the prefix."""
        plain, prefix = bare(key), bare(prefix)
        if not plain.startswith(prefix):
            return None
        plain = _without_parallel(plain.removeprefix(prefix))
        for before, after in self.renamed.items():
            if plain.startswith(bare(before)):
                return bare(after) + plain.removeprefix(bare(before))
        return plain

    def may_be_left_over(self, name: str) -> bool:
        """Whether the backbone may have no place for a name."""
        return any(fnmatchcase(name, f"{bare(beginning) or beginning}*") for beginning in self.skipped)


# What torchvision and timm call the layer that makes classes of a feature.
_CLASSIFIERS = ("classifier.", "fc.", "head.", "head_dist.", "heads.", "last_linear.")

#: Ready formats, by the name that the configuration gives.
FORMATS = {
    # The names of the backbone itself, and nothing else; what activepool's own pretraining writes.
    "plain": CheckpointFormat(),
    # Files of torchvision and its reference training; the classification layer is left out.
    "torchvision": CheckpointFormat(skipped=_CLASSIFIERS),
    # Files of timm and its train.py, which keeps its weights under state_dict.
    "timm": CheckpointFormat(skipped=_CLASSIFIERS),
    # facebookresearch/moco: the query encoder; its fc is the projection (v1: one layer, v2: two).
    "moco_v2": CheckpointFormat(inside="state_dict", prefix="encoder_q.", skipped="fc."),
    # SimCLR in PyTorch: encoder. (the paper's own code; Spijkervet/SimCLR), or backbone. with the projection
    # as its fc (sthalles/SimCLR).
    "simclr": CheckpointFormat(prefix=("encoder.", "backbone."), skipped="fc."),
    # facebookresearch/dino: a full checkpoint holds the teacher with its head, the others just the backbone.
    "dino": CheckpointFormat(inside="teacher", prefix=("backbone.", ""), skipped="head."),
    # facebookresearch/dinov2, without registers: the mask token serves training alone.
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

#: A key of FORMATS: pydantic knows which these are, a type checker does not.
if TYPE_CHECKING:
    FormatName = str
else:
    FormatName = Literal[tuple(FORMATS)]
