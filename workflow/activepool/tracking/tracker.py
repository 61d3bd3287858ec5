"""What every tracker can do, and a run as it is told to one."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol


class Tracker(Protocol):
    """A tracker; it is told one run after the other, and may raise what it likes."""

    def start(self, name: str, settings: dict[str, Any]) -> None:
        """Begin a run."""

    def numbers(self, step: int, values: dict[str, float]) -> None:
        """Take the numbers of one step; steps come in rising order."""

    def picture(self, name: str, path: str) -> None:
        """Take a PNG."""

    def end(self) -> None:
        """End the run; what it holds is then written or uploaded."""


@dataclass(frozen=True)
class TrackedRun:
    """A run as trackers know it.

    Attributes:
        name: may hold a slash.
        settings: what it was made with; JSON.
        numbers: of each step, in rising order.
        pictures: paths of PNGs.
    """

    name: str
    settings: dict[str, Any]
    numbers: dict[int, dict[str, float]] = field(default_factory=dict)
    pictures: tuple[str, ...] = ()

    def tell(self, tracker: Tracker) -> None:
        """Tell a tracker the whole run."""
        tracker.start(self.name, self.settings)
        for step, values in self.numbers.items():
            tracker.numbers(step, values)
        for path in self.pictures:
            tracker.picture(Path(path).stem, path)
        tracker.end()
