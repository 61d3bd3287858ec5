"""Makes an Experiment or a Project from the configuration that Snakemake read, or reports all errors."""

import copy
import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from activepool.errors import InputError
from planning.configuration.experiment import Experiment
from planning.configuration.messages import mistake_line, unusable_numbers, without_consequences
from planning.configuration.project import Project
from planning.configuration.scaling import made_small, without_scaling
from planning.configuration.sections import StrategySettings
from planning.configuration.text import hidden_by_yaml

#: A model of a configuration.
Configuration = TypeVar("Configuration", bound=BaseModel)

#: Finds a configuration's mistakes beyond those of its keys, given the keys that were left out.
Further = Callable[[Configuration, frozenset[str]], Iterable[str]]

#: Replacements for required keys that have mistakes.
PLACEHOLDERS: dict[type[BaseModel], dict[str, Any]] = {
    Project: {"project": "unnamed", "images": "images.csv", "embeddings": "embeddings.npy", "batch": 1},
    Experiment: {
        "experiment": "unnamed",
        "dataset": {"kind": "digits"},
        "initial": {"size": 1},
        "budget": 1,
        "rounds": 1,
        "strategies": ["random"],
    },
}

#: The list whose entries are left out one by one, so that the rest is compared, and what replaces an entry.
ENTRIES, NEUTRAL = "strategies", {"strategy": "random"}

#: The number of levels to check: mistakes on one level hide those on the next.
MAX_LEVELS = 8


def _none(configuration: Any, left_out: frozenset[str]) -> Iterable[str]:
    return ()


def load(
    raw: dict[str, Any], source: str, files: Sequence[str] = (), further: Further[Experiment] = _none
) -> Experiment:
    """Return the experiment that ``raw`` describes.

    Args:
        raw: the configuration as read from YAML and the command line; its keys ``scale`` and ``stand_in``
            make it small (see planning.configuration.scaling).
        source: the name of the configuration file or files, for messages.
        files: the configuration files, if not just ``source``; see `message_lines`.
        further: finds mistakes with files, for the message about an unusable configuration.

    Raises: InputError with one line for each error: file, key, what is wrong, what would be right.
    """
    try:
        raw = made_small(raw)
    except InputError as error:
        # Data that a stand-in would have replaced may be missing, so no file is checked.
        problems = [*error.args, *_problems(Experiment, without_scaling(raw), _none)]
        raise InputError(*message_lines(problems, source, files)) from None
    return _validated(Experiment, raw, source, files, further)


def load_project(
    raw: dict[str, Any], source: str, files: Sequence[str] = (), further: Further[Project] = _none
) -> Project:
    """Return the project that ``raw`` describes; the arguments and errors are those of `load`."""
    return _validated(Project, raw, source, files, further)


def set_nulls(raw: dict[str, Any], command_line: Mapping[str, Any]) -> None:
    """Set the keys for which the command line says ``null`` to None; Snakemake takes the word for a text.

    So ``--config 'pretrain={precision: null}'`` takes a choice of the file back.
    """
    for key, value in command_line.items():
        if value == "null":
            raw[key] = None
        elif isinstance(value, Mapping) and isinstance(raw.get(key), dict):
            raw[key] = dict(raw[key])  # it may be the command line's own mapping
            set_nulls(raw[key], value)


def message_lines(problems: Iterable[str], source: str, files: Sequence[str] = ()) -> list[str]:
    """Return a line for each error of the files that YAML hides, and for each problem, once."""
    hidden = [line for path in files or [source] for line in hidden_by_yaml(path)]
    return [f"{source}: {problem}" for problem in dict.fromkeys([*hidden, *problems])]


def _validated(
    model: type[Configuration], raw: Any, source: str, files: Sequence[str], further: Further[Configuration]
) -> Configuration:
    with suppress(ValidationError):
        configuration = model.model_validate(raw)
        if not any(unusable_numbers(raw, configuration)):
            return configuration
    raise InputError(*message_lines(_problems(model, raw, further), source, files))


def _problems(model: type[Configuration], raw: Any, further: Further[Configuration]) -> list[str]:
    """Return a line for each mistake of a configuration; none if it is right."""
    usable = partial(model, raw)
    errors = without_consequences(model, usable.errors)
    lines = [mistake_line(model, raw, problem).removeprefix(": ") for problem in errors]
    number_lines = usable.further_lines(lambda configuration, _: unusable_numbers(raw, configuration))
    usable.left_out |= {line.partition(": ")[0] for line in number_lines}
    return [*lines, *number_lines, *usable.further_lines(further)]


def is_project(raw: Mapping[str, Any]) -> bool:
    """Return whether a configuration is for a project, not for an experiment.

    The key ``project`` or ``experiment`` decides. Without both, a key that is spelt almost like one of them
    decides, and without that, whether more keys belong only to a project or only to an experiment.
    """
    if "project" in raw or "experiment" in raw:
        return "project" in raw
    projects, experiments = set(Project.model_fields), set(Experiment.model_fields)
    unknown = [str(key).casefold() for key in raw if key not in projects | experiments]
    for name in ("project", "experiment"):
        if difflib.get_close_matches(name, unknown):
            return name == "project"
    return len(raw.keys() & projects - experiments) > len(raw.keys() & experiments - projects)


@dataclass
class Partial(Generic[Configuration]):
    """A configuration without the keys that have mistakes.

    Attributes:
        errors: pydantic's errors, on all levels.
        left_out: the dotted keys that have mistakes.
        configuration: what is left; None if nothing is usable.
    """

    errors: list[Any] = field(default_factory=list)
    left_out: set[str] = field(default_factory=set)
    configuration: Configuration | None = None

    def further_lines(self, further: Further[Configuration]) -> list[str]:
        """Return the mistakes that ``further`` finds, except those due to keys that were left out."""
        if self.configuration is None:
            return []
        sections = {key.partition(".")[0] for key in self.left_out}
        lines = further(self.configuration, frozenset(self.left_out | sections))
        return [line for line in lines if not self._follows(line)]

    def _follows(self, line: str) -> bool:
        key = f"{line.partition(': ')[0]}."
        return any(key.startswith(f"{out}.") or f"{out}.".startswith(key) for out in self.left_out)


def partial(model: type[Configuration], raw: Any) -> Partial[Configuration]:
    """Return a configuration without its mistakes."""
    usable: Partial[Configuration] = Partial()
    raw = copy.deepcopy(raw)
    for _ in range(MAX_LEVELS):
        try:
            usable.configuration = model.model_validate(raw)
            return usable
        except ValidationError as error:
            problems = error.errors()
            usable.errors += [item for item in problems if not _follows(usable.left_out, raw, item)]
            keys = {key for item in problems for key in _keys(raw, item)}
        if not keys or not isinstance(raw, dict):
            return usable
        for key in keys:
            _drop(raw, key, PLACEHOLDERS[model])
        usable.left_out |= {".".join(key) for key in keys}
    return usable


def _follows(left_out: set[str], raw: Any, error: Any) -> bool:
    """Return whether an error only follows from a key that was left out, and now is missing or a default."""
    if not error["loc"]:
        return any(key in left_out and key not in raw for key in error.get("ctx", {}).get("keys", ()))
    place = list(_given_keys(raw, error))
    if error["type"] == "missing":
        return ".".join([*place, str(error["loc"][-1])]) in left_out
    if place == [ENTRIES]:
        return False
    return bool(place) and any(key.startswith(f"{'.'.join(place)}.") for key in left_out)


def _keys(raw: Any, error: Any) -> list[tuple[str, ...]]:
    """Return the keys to leave out because of an error: a wrong key, or the section that lacks a key."""
    if not error["loc"]:
        return [(key,) for key in error.get("ctx", {}).get("keys", ())]
    key = tuple(_given_keys(raw, error))
    if error["type"] == "missing":
        return [key or (str(error["loc"][0]),)]
    return [key] if key else []


def _given_keys(raw: Any, error: Any) -> Iterator[str]:
    """Yield the keys of an error's location that the configuration gives, from the outermost on."""
    for part in error["loc"]:
        # A location also names members of unions, which are not keys; other lists are left out as a whole.
        if isinstance(raw, dict) and part in raw:
            yield str(part)
            raw = raw[part]
            if part == ENTRIES and isinstance(raw, list):
                yield from map(str, error["loc"][1:2])
                return


def _drop(raw: dict[str, Any], key: Sequence[str], placeholders: Mapping[str, Any]) -> None:
    *sections, last = key
    if sections == [ENTRIES]:
        entries, number = raw[ENTRIES], int(last)
        entries[number] = _neutral(entries[number], number)
        return
    section: Any = raw
    for name in sections:
        section = section.get(name)
        if not isinstance(section, dict):
            return
    section.pop(last, None)
    if not sections and last in placeholders:
        raw[last] = placeholders[last]


def _neutral(entry: Any, number: int) -> dict[str, Any]:
    """Return what replaces a strategy with mistakes; it keeps the folder, if that has none."""
    settings = {"strategy": entry} if isinstance(entry, str) else entry
    if isinstance(settings, dict):
        folder = settings.get("name") or str(settings.get("strategy")).rpartition(":")[2]
        try:
            StrategySettings.model_validate({**NEUTRAL, "name": folder})
            return {**NEUTRAL, "name": folder}
        except ValidationError:
            pass
    return {**NEUTRAL, "name": f"left-out-{number}"}
