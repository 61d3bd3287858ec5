"""Tells a project's configuration from an experiment's, also where the key that says so is misspelt."""

import difflib
from collections.abc import Collection, Mapping
from typing import Any

from planning.configuration.experiment import Experiment
from planning.configuration.project import Project


def is_project(raw: Mapping[str, Any]) -> bool:
    """Return whether a configuration is that of a project, and not of an experiment.

    The key ``project`` or ``experiment`` decides. If both lack, the one that a key is nearly written like
    decides, and then the number of keys that only a project, or only an experiment, has.
    """
    if "project" in raw or "experiment" in raw:
        return "project" in raw
    projects, experiments = set(Project.model_fields), set(Experiment.model_fields)
    unknown = [str(key).casefold() for key in raw if key not in projects | experiments]
    for name in ("project", "experiment"):
        if difflib.get_close_matches(name, unknown):
            return name == "project"
    return _count(raw, projects - experiments) > _count(raw, experiments - projects)


def _count(raw: Mapping[str, Any], keys: Collection[str]) -> int:
    """Return how many of the keys there are."""
    return sum(key in raw for key in keys)


def attributed(message: str, source: str, given: Collection[str]) -> str:
    """Return the lines of a message, blaming the command line, not the file, for the keys that it gave.

    Args:
        message: lines such as ``mine.yaml: audit: ...``.
        source: the name of the configuration file or files.
        given: the keys of the command line.
    """
    lines = []
    for line in message.split("\n"):
        rest = line.removeprefix(f"{source}: ")
        key = rest.partition(": ")[0].partition(".")[0]
        lines.append(f"--config: {rest}" if rest != line and key in given else line)
    return "\n".join(lines)
