"""The settings of a dataset from a configuration or a command line, and the options of its kind."""

import inspect
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, validate_call

from activepool.errors import InputError

Result = TypeVar("Result")


class Imbalance(BaseModel):
    """A long-tailed version of the train part; see activepool.data.subset."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: Literal["exp", "step"]
    factor: float = Field(gt=0, le=1, description="samples of the smallest class over those of the largest")
    seed: int = Field(default=0, ge=0, description="which samples of a class stay")


class DatasetSettings(BaseModel):
    """A dataset: what to read, and how to reduce it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(description="a name in activepool.data.kinds, or embeddings")
    options: dict[str, Any] = Field(default={}, description="the arguments of the kind's function")
    imbalance: Imbalance | None = None
    fraction: float | None = Field(default=None, gt=0, le=1, description="the share of each class that stays")
    on_unreadable: Literal["stop", "skip"] = Field(
        default="stop", description="what to do about an image that cannot be read"
    )
    exif: Literal["ignore", "apply"] = Field(
        default="ignore", description="what to do about the turn that EXIF gives an image"
    )

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> "DatasetSettings":
        """Check a mapping of that form; raises InputError that names all wrong keys."""
        try:
            return cls.model_validate(content)
        except ValidationError as error:
            raise InputError(f"dataset: {_in_one_line(error)}") from None


def call_with_options(kind: str, function: Callable[..., Result], options: Mapping[str, Any]) -> Result:
    """Return ``function(**options)``; raises InputError that names all options that it does not take."""
    if not isinstance(options, Mapping):
        raise InputError(f"dataset of kind {kind!r}: its options must be given by name, as {{option: value}}")
    try:
        return validate_call(function)(**options)
    except ValidationError as error:
        option_names = ", ".join(inspect.signature(function).parameters) or "none"
        raise InputError(
            f"dataset of kind {kind!r}: {_in_one_line(error)}; its options are: {option_names}"
        ) from None


def _in_one_line(error: ValidationError) -> str:
    messages: dict[str, str] = {}
    for detail in error.errors():
        # The first error of a key, which may have several types; leave out the names of these.
        key = ".".join(part for part in map(str, detail["loc"]) if part.isidentifier() and part != "str")
        messages.setdefault(f"{key}: " if key else "", f"{detail['msg'][0].lower()}{detail['msg'][1:]}")
    return "; ".join(key + message for key, message in messages.items())
