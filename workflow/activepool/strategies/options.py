"""Types for the options of strategies; the configuration's checks enforce their bounds."""

from typing import Annotated

from annotated_types import Ge, Gt, Lt

from activepool.errors import InputError

PositiveInteger = Annotated[int, Ge(1)]
NonNegativeInteger = Annotated[int, Ge(0)]
Positive = Annotated[float, Gt(0)]
Fraction = Annotated[float, Gt(0), Lt(1)]
NonNegative = Annotated[float, Ge(0)]


def require_budget(strategy: str, option: str, value: int | None, budget: int) -> None:
    """Raise InputError if the subset that a strategy picks from is smaller than the picks of a round."""
    if value is not None and value < budget:
        raise InputError(
            f"strategy {strategy!r}: {option} is {value}; it must be at least {budget}, the picks of a round"
        )
