"""Tells a project's configuration from an experiment's, even if the key that says so is misspelt."""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any

from planning.configuration.experiment import Experiment
from planning.configuration.project import Project


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
