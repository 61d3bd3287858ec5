"""The lines about mistakes in a configuration: the key, what is wrong, and what would be right."""

import difflib
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel

from activepool.api.options import plain_message, value_note
from activepool.errors import abbreviated, nearest_name
from activepool.pretraining.settings import NO_NUMBER
from planning.configuration.experiment import Experiment
from planning.configuration.project import Project
from planning.configuration.sections import DEVICE_PATTERN, NAME_PATTERN

#: What the patterns of texts require, in words.
PATTERNS = {
    NAME_PATTERN: (
        "may have only the letters A to Z and a to z, digits, '.', '_' and '-', and must begin with a letter "
        "or a digit"
    ),
    DEVICE_PATTERN: "must be auto, cpu, cuda or cuda:0, cuda:1 and so on",
}

#: Values that people know by other words.
OTHER_WORDS = dict.fromkeys(("end-to-end", "end_to_end", "end2end", "e2e", "full"), "finetune")


def unusable_numbers(raw: Any, configuration: BaseModel) -> Iterator[str]:
    """Yield a line for each boolean and each infinity that pydantic read as a number."""
    options: dict[str, Any] = {}
    if isinstance(configuration, Project):
        options = {name: getattr(configuration, name).options for name in ("strategy", "first_strategy")}
    elif isinstance(configuration, Experiment):
        options = {"strategies": [entry.options for entry in configuration.strategies]}
    return _nonfinite_numbers(raw, configuration.model_dump() | options, "")


def _nonfinite_numbers(raw: Any, read: Any, key: str) -> Iterator[str]:
    if isinstance(raw, Mapping) and isinstance(read, Mapping):
        for name, value in raw.items():
            yield from _nonfinite_numbers(value, read.get(name), f"{key}.{name}")
    elif isinstance(raw, list) and isinstance(read, list | tuple):
        for number, (raw_item, item) in enumerate(zip(raw, read, strict=False)):
            yield from _nonfinite_numbers(raw_item, item, f"{key}.{number}")
    elif _is_number(read) and (isinstance(raw, bool) or not abs(read) <= sys.float_info.max):
        problem = NO_NUMBER if isinstance(raw, bool) else "input should be a finite number"
        yield f"{key[1:]}: {problem} (given: {raw!r})"


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def without_consequences(model: type[BaseModel], errors: Sequence[Any]) -> list[Any]:
    """Return the errors, except those that only follow from another error at the same key or below it."""
    keyed = [(f"{_key(model, error)}.", error) for error in errors]

    def follows(key: str) -> bool:
        return any(
            place.startswith(key) and (place != key or not _may_follow(cause)) for place, cause in keyed
        )

    return [error for key, error in keyed if not (_may_follow(error) and follows(key))]


def _may_follow(error: Any) -> bool:
    """Return whether an error asks for a number instead of a list, for a list, or for more items.

    Beside a mistake of the other form it says nothing, and an item with a mistake is not counted.
    """
    is_list = isinstance(error["input"], list)
    if error["type"] == "too_short":
        return is_list and bool(error["input"])
    return error["type"] in (("int_type", "float_type") if is_list else ("list_type", "tuple_type"))


def mistake_line(model: type[BaseModel], raw: Any, error: Any) -> str:
    """Return the line for one of pydantic's errors in ``raw``; it begins with the key."""
    key = _key(model, error)
    kind = error["type"]
    if kind == "extra_forbidden":
        return f"{key}: unknown key; {_nearest_key(model, raw, error['loc'])}"
    if kind == "missing":
        return f"{key}: is missing"
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        context = error["ctx"]
        discriminator = context["discriminator"].strip("'")
        choices = [
            repr(tag) for section in _sections(_annotation(model, error["loc"])) for tag in _tags(section)
        ]
        expected = context.get("expected_tags") or ", ".join(choices)
        fault = f"{context['tag']!r} is not known; " if "tag" in context else "is missing; "
        line = f"{key}.{discriminator}: {fault}it must be one of {expected}"
        return f"{line}{_suggestion(context.get('tag'), expected)}"
    if kind in ("model_type", "model_attributes_type"):
        keys = abbreviated(_keys_of(_annotation(model, error["loc"])))
        return (
            f"{key}: input should be a section with keys of its own{value_note(error)}; its keys are {keys}"
        )
    value = error["input"]
    is_pattern = kind == "string_pattern_mismatch"
    message = PATTERNS[error["ctx"]["pattern"]] if is_pattern else plain_message(error)
    if isinstance(value, bool) and kind.startswith(("greater_than", "less_than")):
        message = NO_NUMBER
    if kind == "literal_error" and isinstance(error["loc"][-1], int):
        key = key.rpartition(".")[0]  # the value tells which one of a list it is
    # YAML reads 010 as 8, no as False, and 2026-01-31 as a date.
    hint = "; put it in quotes" if kind == "string_type" and isinstance(value, int | float | date) else ""
    if kind == "list_type" and isinstance(value, str):
        hint = f"; write [{value}]"
    if kind == "literal_error":
        hint = _suggestion(value, error["ctx"]["expected"])
    return f"{key}: {message}{value_note(error)}{hint}"


def _suggestion(value: Any, expected: str) -> str:
    """Return the expected value, of those in a text like ``'sgd' or 'lbfgs'``, that may be meant, if any."""
    word = OTHER_WORDS.get(str(value).lower(), str(value).lower())
    near = difflib.get_close_matches(word, re.findall("'([^']*)'", expected), n=1)
    return f"; did you mean {near[0]!r}?" if near else ""


def _key(model: type[BaseModel], error: Any) -> str:
    """Return the dotted key of an error, without the tags of unions."""
    parts: list[str] = []
    annotation: Any = model
    # An unknown key, the last part of its location, may look like a tag.
    unknown = len(error["loc"]) if error["type"] == "extra_forbidden" else None
    for number, part in enumerate(error["loc"], 1):
        annotation, is_key = _descend(annotation, part)
        if is_key or number == unknown:
            name = str(part)
            parts.append(name if name and name.isprintable() else repr(part))
    # `strategy: margin` is short for `strategy: {strategy: margin}`.
    if parts[-2:] == ["strategy", "strategy"]:
        parts.pop()
    return ".".join(parts)


def _annotation(model: type[BaseModel], location: tuple[str | int, ...]) -> Any:
    """Return the type at an error's location."""
    annotation: Any = model
    for part in location:
        annotation, _ = _descend(annotation, part)
    return annotation


def _nearest_key(model: type[BaseModel], raw: Any, location: tuple[str | int, ...]) -> str:
    """Return the key of a section that may be meant, and whether ``raw`` has that key, too."""
    sections = _sections(_annotation(model, location[:-1]))
    for part in location[:-1]:  # a location also names members of unions, which are not keys
        if isinstance(raw, dict):
            raw = raw.get(part, raw)
        elif isinstance(raw, list) and isinstance(part, int):
            raw = raw[part]
    keys = list(sections[0].model_fields) if sections else []
    hint = nearest_name(str(location[-1]).lower(), keys, "the keys here are")
    is_given = isinstance(raw, dict) and any(hint == f"did you mean {key!r}?" for key in raw)
    return f"{hint} It is given, too; leave one of them out" if is_given else hint


def _keys_of(annotation: Any) -> list[str]:
    """Return the keys of a section; for a choice of sections, those that all have in common."""
    first, *others = [section.model_fields for section in _sections(annotation)]
    return [key for key in first if all(key in other for other in others)]


def _descend(annotation: Any, part: str | int) -> tuple[Any, bool]:
    """Return the type at ``part`` below ``annotation``, and whether ``part`` is a key or a union's tag."""
    for member in members(annotation):
        if is_model(member) and part in member.model_fields:
            return member.model_fields[part].annotation, True
        if get_origin(member) is list and isinstance(part, int):
            return get_args(member)[0], True
        if get_origin(member) is dict:
            return get_args(member)[1], True
    for section in _sections(annotation):
        if part in _tags(section):
            return section, False
    looks_like_type = isinstance(part, str) and any(mark in part for mark in "[-(")
    return annotation, not (looks_like_type or part in ("int", "float", "str", "list"))


def members(annotation: Any) -> list[Any]:
    """Return the types that an annotation allows."""
    if get_origin(annotation) is Annotated:
        return members(get_args(annotation)[0])
    if get_origin(annotation) in (Union, UnionType):
        return [member for option in get_args(annotation) for member in members(option)]
    return [annotation]


def _sections(annotation: Any) -> list[type[BaseModel]]:
    return [member for member in members(annotation) if is_model(member)]


def is_model(annotation: Any) -> bool:
    """Return whether a type is a section."""
    return isinstance(annotation, type) and issubclass(annotation, BaseModel)


def _tags(model: type[BaseModel]) -> tuple[Any, ...]:
    """Return the values of a member's discriminating field, such as the kinds of a dataset."""
    tag = next((name for name in ("kind", "solver", "method") if name in model.model_fields), None)
    return get_args(model.model_fields[tag].annotation) if tag else ()


def attributed(message: str, source: str, command_line: Mapping[str, Any]) -> str:
    """Return the lines of a message; they name the command line, not the file, for the keys that it gave.

    If it gave other keys of the same section, the two do not fit together, and a line names both.

    Args:
        message: lines such as ``mine.yaml: audit: ...``.
        source: the name of the configuration file or files.
        command_line: what the command line gave, by its keys; sections are mappings.
    """
    lines = []
    for line in message.split("\n"):
        mistake = line.removeprefix(f"{source}: ")
        key = mistake.partition(": ")[0].split(".")
        if mistake != line and key[0] in command_line:
            origin = "--config" if _gives(command_line, key) else f"{source} with --config"
            line = f"{origin}: {mistake}"
        lines.append(line)
    return "\n".join(lines)


def _gives(settings: Any, key: Sequence[str]) -> bool:
    """Return whether a mapping has a dotted key, or a value that contains it."""
    for part in key:
        if not isinstance(settings, Mapping):
            return True
        if part not in settings:
            return False
        settings = settings[part]
    return True
