"""The base of all sections of the configuration, and types of values."""

import re
from copy import copy
from typing import Annotated, Any, cast

from pydantic import BaseModel, ConfigDict, Field, create_model

from activepool.programs.docstrings import documented_attributes


class Settings(BaseModel):
    """A section of the configuration: unknown keys are errors. Docstrings describe the keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def section_of(settings: Any, **fields: tuple[Any, Any]) -> Any:
    """Return a section with the fields of one of the library's settings classes, and more fields."""
    documented = documented_attributes(settings)
    for name, field in settings.__pydantic_fields__.items():
        described = copy(field)
        described.description = documented.get(name)
        fields[name] = (field.annotation, described)
    return create_model(settings.__name__, __base__=Settings, __doc__=settings.__doc__, **cast(Any, fields))


#: The name of a folder. File systems allow 255 bytes, and some file names contain more than this name.
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
Name = Annotated[str, Field(pattern=NAME_PATTERN, max_length=200)]


def as_name(text: str) -> str:
    """Return a text with an underscore in place of all characters that a name cannot have."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", text)


#: A device, as torch names it, or ``auto``.
DEVICE_PATTERN = r"^(auto|cpu|cuda(:\d+)?)$"
Device = Annotated[str, Field(pattern=DEVICE_PATTERN)]

#: An empty path would be the working directory.
PathText = Annotated[str, Field(min_length=1)]
#: More than the samples of any pool.
MAX_COUNT = 10**12
Count = Annotated[int, Field(ge=1, le=MAX_COUNT)]
#: The number of jobs that share work. Snakemake plans them all at once, a thousand in about two seconds.
JobCount = Annotated[int, Field(ge=1, le=10_000)]
Fraction = Annotated[float, Field(gt=0, lt=1)]
