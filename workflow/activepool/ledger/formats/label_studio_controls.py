"""Which control of a Label Studio project holds the labels: one for the whole of a file."""

from collections.abc import Collection, Iterable
from pathlib import Path

from activepool.errors import InputError
from activepool.ledger.messages import listed

#: The control of choices in our labelling configuration.
CONTROL = "choice"


def control_of(path: Path, filled: Collection[str]) -> str:
    """Return the control that holds the labels of a file: ours, or else the only one.

    Args:
        path: the file, for messages.
        filled: the controls that anybody filled in.

    Raises: InputError if any of several may hold them.
    """
    names = dict.fromkeys(filled)
    if CONTROL in names or not names:
        return CONTROL
    if len(names) > 1:
        shown = ", ".join(map(repr, names))
        raise InputError(
            f"{path}: has no control '{CONTROL}', and any of {shown} may hold the labels; call the control "
            f"of the labelling configuration '{CONTROL}'"
        )
    return next(iter(names))


def passed_over(path: Path, control: str, filled: Iterable[str]) -> list[str]:
    """Return a line on what was filled in beside the labels; none if nothing was."""
    others = [repr(name) for name in dict.fromkeys(filled) if name != control]
    if not others:
        return []
    return [f"{path}: only {control!r} holds labels; passed over: {listed(others)}"]
