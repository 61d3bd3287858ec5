"""JSON files of tools; every kind of damage gets a plain message."""

import json
from collections import Counter
from pathlib import Path
from typing import Any, NoReturn

from activepool.errors import InputError
from activepool.io.files import RepeatedKeyError, read_text, readable
from activepool.ledger.messages import EXPORT_AGAIN, WEB_PAGE

#: A text that was cut off has its first error within so many of its last characters.
END_LENGTH = 2


def load(path: str | Path, repeated: list[str] | None = None) -> Any:
    """Return the content of a JSON file.

    ``repeated`` receives each key that an object has more than once; None: such a key is a mistake. Raises:
    InputError if it is not JSON in UTF-8, if it was cut off, and for NaN and infinity.
    """
    with readable(path):
        text = read_text(path)
    content = text.strip()
    if not content:
        raise InputError(f"{path}: is empty{EXPORT_AGAIN}")
    if content.startswith("<"):
        raise InputError(f"{path}: {WEB_PAGE}, and not JSON{EXPORT_AGAIN}")
    keys: list[str] = [] if repeated is None else repeated

    def as_object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        keys.extend(key for key, count in Counter(key for key, _ in pairs).items() if count > 1)
        return dict(pairs)

    try:
        value = json.loads(text, parse_constant=_refuse, object_pairs_hook=as_object)
    except json.JSONDecodeError as error:
        if error.msg == "Extra data" and text[error.pos] in "{[":
            raise InputError(f"{path}:{error.lineno}: {_more_problem(text)}") from None
        remainder = text[error.pos :].strip()
        is_cut_off = (
            len(remainder) <= END_LENGTH and not remainder.endswith(("]", "}")) and error.msg != "Extra data"
        )
        if is_cut_off or error.msg.startswith("Unterminated"):
            raise InputError(f"{path}:{error.lineno}: ends in the middle{EXPORT_AGAIN}") from None
        raise InputError(f"{path}:{error.lineno}: is not JSON ({error.msg}){EXPORT_AGAIN}") from None
    except (ValueError, RecursionError) as error:
        reason = "is nested too deep" if isinstance(error, RecursionError) else str(error)
        if "digits" in reason:  # Python's own message advises changing its settings
            reason = "a number has too many digits"
        raise InputError(f"{path}: is not JSON ({reason}){EXPORT_AGAIN}") from None
    if keys and repeated is None:
        raise InputError(f"{path}: {RepeatedKeyError(keys[0])}")
    return value


def kind(value: object) -> str:
    """Return the kind of a JSON value, for messages."""
    if value is None:
        return "null"
    names = {bool: "true or false", dict: "an object", list: "a list", str: "a text"}
    return names.get(type(value), f"the number {value}")


def _more_problem(text: str) -> str:
    """Return the problem of a text with several JSON values, one after the other."""
    lines = [line for line in text.split("\n") if line.strip()]
    if len(lines) > 1 and all(line.startswith("{") for line in lines):
        return (
            "begins a second object: the file is JSON Lines, with an object in each line; put all of them "
            "into one list, with commas between them, or give a CSV with the columns source and label"
        )
    return "begins a second export behind the first; give each in a file of its own"


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not a JSON value")
