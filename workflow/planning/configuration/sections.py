"""What the sections of a configuration are made of: a base that refuses unknown keys, and types of values."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model


class Settings(BaseModel):
    """A section of the configuration: unknown keys are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def section_of(settings: type, **fields: tuple[Any, Any]) -> type[Settings]:
    """Return a section with the fields of one of the library's settings classes, and further ones."""
    own = {name: (field.annotation, field) for name, field in settings.__pydantic_fields__.items()}
    return create_model(settings.__name__, __base__=Settings, __doc__=settings.__doc__, **fields, **own)


#: A name that becomes a folder.
#: File systems take 255 bytes, and names of files have more in them than this.
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$", max_length=200)]
#: An empty path would be the folder of the run.
PathText = Annotated[str, Field(min_length=1)]
#: More than any pool has.
MOST = 10**12
Count = Annotated[int, Field(ge=1, le=MOST)]
Fraction = Annotated[float, Field(gt=0, lt=1)]
