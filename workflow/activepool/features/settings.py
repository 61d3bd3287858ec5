"""The settings of an extraction."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from activepool.backbones.settings import parse_settings


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class ExtractSettings:
    """The settings of an extraction. Each changes the features; the number of jobs does not.

    Attributes:
        batch_size: images that pass through the backbone at once.
        dtype: the stored type. With ``float16``, a GPU also computes in it.
        precision: with ``bfloat16``, the backbone computes in this type where that is safe, which is faster
            on processors that have it (AVX-512 BF16, AMX); by default, a CPU computes in float32.
        views: augmented views of each train image, beside its central view.
        augmentation: the augmentation of these views, a name in activepool.features.transforms.
        decoding: how to decode JPEG files for central views. ``scaled`` decodes a large photograph at a half,
            a quarter or an eighth of its size, in a fraction of the time; its features change a little.
    """

    batch_size: Annotated[int, Field(ge=1)] = 256
    dtype: Literal["float16", "float32"] = "float16"
    precision: Literal["bfloat16"] | None = None
    views: Annotated[int, Field(ge=0)] = 0
    augmentation: Literal["crop", "natural", "digits"] = "crop"
    decoding: Literal["whole", "scaled"] = "whole"

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> "ExtractSettings":
        """Check a mapping; raises InputError that names all wrong keys."""
        return parse_settings(cls, content, "features")
