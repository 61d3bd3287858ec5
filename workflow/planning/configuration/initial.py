"""The section ``initial`` of an experiment: the labelled set of round 0."""

from typing import Any, Literal, get_args

from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError

from activepool.strategies.registry import builtin_strategies
from planning.configuration.sections import Count, Settings

#: The kinds of a labelled set of round 0 that is drawn.
DrawnKind = Literal["random", "balanced"]

#: All kinds: drawn, or picked by the strategy of that name, which needs no label.
InitialKind = Literal[DrawnKind, "coreset", "kmeans", "lcmd", "maxherding", "probcover", "typiclust"]


def without_labels(kind: Any) -> Any:
    """Return a kind of labelled set; raises PydanticCustomError for a strategy that cannot pick round 0."""
    kinds = get_args(InitialKind)
    if isinstance(kind, str) and kind not in kinds and (kind in builtin_strategies() or ":" in kind):
        raise PydanticCustomError(
            "initial_kind",
            "{kind} cannot pick round 0, before there are labels; give {kinds}",
            {"kind": repr(kind), "kinds": f"{', '.join(kinds[:-1])} or {kinds[-1]}"},
        )
    return kind


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

    @field_validator("kind", mode="before")
    @classmethod
    def _check_kind(cls, kind: Any) -> Any:
        return without_labels(kind)

    @field_validator("by_strategy", mode="before")
    @classmethod
    def _check_kinds(cls, by_strategy: Any) -> Any:
        for kind in by_strategy.values() if isinstance(by_strategy, dict) else ():
            without_labels(kind)
        return by_strategy
