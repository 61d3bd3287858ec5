"""Sections that experiments and projects share, the base of all sections, and types of values."""

import re
from collections.abc import Callable
from copy import copy
from functools import cached_property
from typing import Annotated, Any, Literal, cast, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    create_model,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from activepool.api.options import validate_options
from activepool.backbones.checkpoint_formats import CheckpointFormat, FormatName
from activepool.backbones.normalisations import NormalisationName
from activepool.backbones.registry import BACKBONES, check_name
from activepool.errors import InputError
from activepool.programs.docstrings import documented_attributes
from activepool.strategies.declaration import Strategy
from activepool.strategies.registry import builtin_strategies, find_strategy

#: The name of a folder. File systems allow 255 bytes, and some file names contain more than this name.
NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9_.-]*$"
Name = Annotated[str, Field(pattern=NAME_PATTERN, max_length=200)]

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

#: The kinds of a labelled set of round 0 that is drawn.
DrawnKind = Literal["random", "balanced"]

#: All kinds: drawn, or picked by the strategy of that name, which needs no label.
InitialKind = Literal[DrawnKind, "coreset", "kmeans", "lcmd", "maxherding", "probcover", "typiclust"]

#: The folder of the training on the whole pool; it takes the place of a strategy's folder.
FULL_POOL = "full_pool"

#: Other folders and files in the folder of an experiment; no strategy may have their names.
RESERVED_NAMES = (
    *("splits", "figures", "tables", "provenance", "tracking", FULL_POOL),
    *("curves.csv", "class_counts.csv", "overlap.csv", "ceiling.csv", "ceiling_class_counts.csv"),
)


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


def as_name(text: str) -> str:
    """Return a text with an underscore in place of all characters that a name cannot have."""
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", text)


def _checked(check: Callable[[str], Any]) -> AfterValidator:
    """Return the validator of a name that ``check`` accepts, unless it raises InputError."""

    def validate(name: str) -> str:
        try:
            check(name)
        except InputError as error:
            raise PydanticCustomError("name", "{message}", {"message": str(error)}) from None
        return name

    return AfterValidator(validate)


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

    architecture: Annotated[str, _checked(check_name)] = "resnet50"
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


class Initial(Settings):
    """The labelled set of round 0: drawn, or picked by a strategy that needs no label.

    Attributes:
        kind: ``random``, ``balanced`` (equally many of each class) or the strategy that picks it.
        size: how many samples.
        by_strategy: for strategies, by their names in the experiment, another kind of labelled set to start
            from, of the same size.
    """

    kind: InitialKind = "random"
    size: Count
    by_strategy: dict[str, InitialKind] = Field(default_factory=dict)

    @field_validator("kind", "by_strategy", mode="before")
    @classmethod
    def _check_no_kind_needs_labels(cls, value: Any) -> Any:
        kinds = get_args(InitialKind)
        for kind in value.values() if isinstance(value, dict) else [value]:
            if isinstance(kind, str) and kind not in kinds and (kind in builtin_strategies() or ":" in kind):
                raise PydanticCustomError(
                    "initial_kind",
                    "{kind} cannot pick round 0, before there are labels; give {kinds}",
                    {"kind": repr(kind), "kinds": f"{', '.join(kinds[:-1])} or {kinds[-1]}"},
                )
        return value


def not_reserved(name: str | None) -> str | None:
    """Return the name of a strategy's folder; raises PydanticCustomError if it is taken."""
    folder = "" if name is None else name.casefold()  # some disks do not distinguish A from a
    if folder in RESERVED_NAMES or folder.startswith("initial_"):
        raise PydanticCustomError(
            "reserved", f"{name!r} is the name of another folder or file; choose another"
        )
    return name


class StrategySettings(BaseModel):
    """A strategy, its options, and the name of its folder and curve.

    Attributes:
        strategy: the name of the strategy, or ``file.py:function`` for your own.
        name: the name of its folder and curve; by default that of the strategy.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    strategy: Annotated[str, _checked(find_strategy)]
    name: Annotated[Name | None, AfterValidator(not_reserved)] = None

    @model_validator(mode="before")
    @classmethod
    def _accept_plain_name(cls, value: Any) -> Any:
        return {"strategy": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _check_options(self) -> "StrategySettings":
        problems = validate_options(find_strategy(self.strategy), self.given_options)[1]
        if problems:
            raise PydanticCustomError("options", "{message}", {"message": "; ".join(problems)})
        return self

    @cached_property
    def declared(self) -> Strategy:
        """The strategy's declaration, in all rounds together."""
        return find_strategy(self.strategy, self.options)

    @property
    def given_options(self) -> dict[str, Any]:
        """The options that the configuration gives."""
        return dict(self.model_extra or {})

    @cached_property
    def options(self) -> dict[str, Any]:
        """All options, converted to their types, with defaults."""
        return validate_options(find_strategy(self.strategy), self.given_options)[0]

    @property
    def folder(self) -> str:
        """The name of the strategy's folder and curve."""
        return self.name or self.strategy.rpartition(":")[2]
