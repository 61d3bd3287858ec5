"""Which backbone, as a configuration or a command line gives it."""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from activepool.errors import InputError

Settings = TypeVar("Settings", bound=BaseModel)


class BackboneSettings(BaseModel):
    """A backbone, and the images that it takes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="a name in activepool.backbones.registry, or module:function")
    image_size: int = Field(gt=0, description="side of the square input, in pixels")
    channels: Literal[1, 3] | None = Field(
        default=None, description="1 (grey) or 3 (red, green, blue); by default, as the images are"
    )


def parsed(settings: type[Settings], content: Mapping[str, Any], where: str) -> Settings:
    """Check a mapping against its model; raises InputError that names ``where`` and all wrong keys."""
    try:
        return settings.model_validate(content)
    except ValidationError as error:
        wrong = "; ".join(": ".join([*map(str, found["loc"]), found["msg"]]) for found in error.errors())
        known = ", ".join(settings.model_fields)
        raise InputError(f"{where}: {wrong}; its keys are: {known}") from None
