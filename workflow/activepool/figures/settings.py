"""The user's choices about figures and tables."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

from activepool.errors import InputError


@dataclass(frozen=True)
class Settings:
    """The choices, each with a default.

    Attributes:
        metric: the metric on the vertical axis, a column of curves.csv.
        confidence: level of the intervals over seeds.
        colours: strategy -> colour (in any form that matplotlib knows), to override the default.
        oracles: strategies that read all labels; figures mark them.
    """

    metric: str = "top1"
    confidence: float = 0.95
    colours: Mapping[str, str] = field(default_factory=dict)
    oracles: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not 0 < self.confidence < 1:
            raise InputError(f"settings: confidence is {self.confidence}; it must lie between 0 and 1")

    @classmethod
    def from_options(cls, options: Mapping[str, Any], oracles: tuple[str, ...] = ()) -> "Settings":
        """Return the settings in a JSON object; raises InputError for an unknown key."""
        names = [field.name for field in fields(cls) if field.name != "oracles"]
        for name in options:
            if name not in names:
                raise InputError(f"settings: key {name!r} does not exist; there are {', '.join(names)}")
        return cls(**options, oracles=oracles)
