"""The settings of a backbone, from a configuration or a command line."""

from collections.abc import Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from activepool.backbones.checkpoint_formats import FORMATS, CheckpointFormat, FormatName
from activepool.backbones.normalisations import NormalisationName
from activepool.errors import InputError

Settings = TypeVar("Settings")


class BackboneSettings(BaseModel):
    """A backbone, its images, and the format of its checkpoint."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="a name for activepool.backbones.registry")
    image_size: int | None = Field(
        default=None, gt=0, description="side of the square input, in pixels; by default the backbone's own"
    )
    channels: Literal[1, 3] | None = Field(
        default=None, description="1 (grey) or 3 (red, green, blue); by default, as the images are"
    )
    format: FormatName | None = Field(default=None, description="who wrote the checkpoint; by default, plain")
    keys: CheckpointFormat | None = Field(default=None, description="a format of your own")
    normalisation: NormalisationName | None = Field(
        default=None, description="means and deviations of pixels; by default, the backbone's own"
    )

    @model_validator(mode="after")
    def _one_format(self) -> "BackboneSettings":
        if self.format and self.keys:
            raise PydanticCustomError("both", "format and keys are both given; give one")
        return self

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> "BackboneSettings":
        """Check a mapping; raises InputError that names all wrong keys."""
        return parse_settings(cls, content, "backbone")

    @property
    def checkpoint_format(self) -> CheckpointFormat:
        """The format of the checkpoint."""
        return self.keys or FORMATS[self.format or "plain"]


def parse_settings(settings: type[Settings], content: Mapping[str, Any], where: str) -> Settings:
    """Return a mapping as its model or dataclass; raises InputError with ``where`` and all wrong keys."""
    adapter = TypeAdapter(settings)
    try:
        return adapter.validate_python(content)
    except ValidationError as error:
        problems = [": ".join([*map(str, detail["loc"]), detail["msg"]]) for detail in error.errors()]
        key_names = ", ".join(adapter.json_schema()["properties"])
        raise InputError(f"{where}: {'; '.join(problems)}; its keys are: {key_names}") from None
