"""The backbone of a configuration: the network that extracts the features, and its weights."""

from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from activepool.backbones.checkpoint_formats import CheckpointFormat, FormatName
from activepool.backbones.normalisations import NormalisationName
from activepool.backbones.registry import BACKBONES, check_name
from activepool.errors import InputError
from planning.configuration.sections import Count, Name, PathText, Settings, as_name


def _is_architecture(name: str) -> str:
    try:
        check_name(name)
    except InputError as error:
        raise PydanticCustomError("architecture", "{message}", {"message": str(error)}) from None
    return name


class Backbone(Settings):
    """The network that extracts the features, and the file of its weights.

    Attributes:
        architecture: ``small``, ``identity``, ``resnet18``, ``resnet50``, ``esvit_swin_tiny_window7``,
            ``esvit_swin_tiny_window14``, ``torchvision:NAME``, ``timm:NAME`` or ``file.py:function``.
        name: the folder of the features; by default derived from the architecture.
        image_size: side of the square input, in pixels; by default the architecture's own.
        checkpoint: the file of the weights.
        format: the code that wrote this file; by default ``plain``.
        keys: how the file names its weights, if no ``format`` fits.
        normalisation: the means and deviations by which pixels are normalised; by default the architecture's
            own.
    """

    architecture: Annotated[str, AfterValidator(_is_architecture)] = "resnet50"
    name: Name | None = Field(default=None, validate_default=True)
    image_size: Count | None = None
    checkpoint: PathText | None = None
    format: FormatName | None = None
    keys: CheckpointFormat | None = None
    normalisation: NormalisationName | None = None

    @field_validator("name", mode="before")
    @classmethod
    def _make_folder_name(cls, value: Any, fields: ValidationInfo) -> Any:
        """Derive the folder's name from an architecture that cannot be one, such as timm:NAME."""
        architecture = fields.data.get("architecture")
        if value is not None or architecture is None or architecture in BACKBONES:
            return value
        return as_name(architecture.rpartition("/")[2].replace(".py:", "_"))
