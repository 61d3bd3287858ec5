"""Notices that stay true for weeks, such as of renamed photographs: each is shown once, when it is new."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from activepool.io.files import read_json, write_json
from activepool.programs.messages import print_notices

Item = TypeVar("Item")


class PoolNotices:
    """Shows new notices in full, and sums up in one line those that an earlier run has shown.

    ``path`` keeps what was shown, unless it is a ``dry`` run; None to show everything.
    """

    def __init__(self, path: Path | None = None, dry: bool = False) -> None:
        self._path, self._dry = path, dry
        before = read_json(path) if path and path.is_file() else {}
        self._before: dict[str, list[str]] = before if isinstance(before, dict) else {}
        self._now: dict[str, list[str]] = {}
        self._known: list[str] = []

    def show(
        self,
        kind: str,
        items: Sequence[Item],
        text: Callable[[Sequence[Item]], str],
        count: int | None = None,
    ) -> None:
        """Print a notice of the items that are new, which are known by their texts.

        Args:
            kind: what they are, for the line that sums up.
            items: that there are now.
            text: returns the notice of some items.
            count: how many things they stand for; by default, one each.
        """
        before = set(self._before.get(kind, ()))
        new = [item for item in items if str(item) not in before]
        if new:
            print_notices([text(new)])
        known = len(items) - len(new)
        if known:
            self._known.append(f"{kind} ({known if count is None else count:,})")
        if items:
            self._now[kind] = [str(item) for item in items]

    def finish(self) -> None:
        """Print what is as before in one line, and keep what was shown."""
        if self._known:
            print_notices([f"as in the last run: {', '.join(self._known)}"])
        if self._path and not self._dry and self._now != self._before:
            write_json(self._path, self._now)
