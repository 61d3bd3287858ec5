"""The strategies of a configuration: a name, or a strategy with its options."""

from functools import cached_property
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, field_validator, model_validator
from pydantic_core import PydanticCustomError

from activepool.api.options import validate_options
from activepool.errors import InputError
from activepool.strategies.declaration import Strategy
from activepool.strategies.registry import find_strategy
from planning.configuration.sections import Name

#: The folder of the training on the whole pool; it takes the place of a strategy's folder.
FULL_POOL = "full_pool"

#: Other folders and files in the folder of an experiment; no strategy may have their names.
RESERVED_NAMES = (
    *("splits", "figures", "tables", "provenance", "tracking", FULL_POOL),
    *("curves.csv", "class_counts.csv", "overlap.csv", "ceiling.csv", "ceiling_class_counts.csv"),
)


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

    strategy: str
    name: Annotated[Name | None, AfterValidator(not_reserved)] = None

    @model_validator(mode="before")
    @classmethod
    def _accept_plain_name(cls, value: Any) -> Any:
        return {"strategy": value} if isinstance(value, str) else value

    @field_validator("strategy")
    @classmethod
    def _check_strategy(cls, name: str) -> str:
        try:
            find_strategy(name)
        except InputError as error:
            raise PydanticCustomError("strategy", "{message}", {"message": str(error)}) from None
        return name

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
