"""The interface of trackers, and a run to log with it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


class Tracker(Protocol):
    """A tracker; it gets one run after another, and may raise anything."""

    def start(self, name: str, settings: dict[str, Any]) -> None:
        """Begin a run."""

    def numbers(self, step: int, values: dict[str, float]) -> None:
        """Log the numbers of one step; steps come in ascending order."""

    def picture(self, name: str, path: str) -> None:
        """Log a PNG."""

    def file(self, name: str, path: str) -> None:
        """Log a file; ``name`` is the end of ``path``, and may contain slashes."""

    def end(self) -> None:
        """End the run, and write or upload it."""


@dataclass(frozen=True)
class TrackedRun:
    """The content of one run.

    Attributes:
        name: may contain a slash.
        settings: the settings that produced it, as JSON.
        numbers: of each step, in ascending order.
        pictures: paths of PNGs.
        files: paths of other files, by name; a name is the end of its path, and may contain slashes.
    """

    name: str
    settings: dict[str, Any]
    numbers: dict[int, dict[str, float]] = field(default_factory=dict)
    pictures: tuple[str, ...] = ()
    files: Mapping[str, str] = field(default_factory=dict)

    def log(self, tracker: Tracker) -> None:
        """Log the whole run with a tracker."""
        tracker.start(self.name, self.settings)
        for step, values in self.numbers.items():
            tracker.numbers(step, values)
        for path in self.pictures:
            tracker.picture(Path(path).stem, path)
        for name, path in self.files.items():
            tracker.file(name, path)
        tracker.end()
