"""Notices that stay true for weeks, such as about renamed photographs; each is shown once, when new."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from activepool.io.files import read_json, write_json
from activepool.programs.messages import print_notices

Item = TypeVar("Item")


class PoolNotices:
    """Shows new notices in full, and those of the last run in one line.

    ``path`` is the file of shown notices, which a ``dry`` run does not write; None to show everything.
    """

    def __init__(self, path: Path | None = None, dry: bool = False) -> None:
        self._path, self._dry = path, dry
        stored = read_json(path) if path and path.is_file() else {}
        self._stored: dict[str, list[str]] = stored if isinstance(stored, dict) else {}
        self._current: dict[str, list[str]] = {}
        self._summaries: list[str] = []

    def show(
        self,
        kind: str,
        items: Sequence[Item],
        text: Callable[[Sequence[Item]], str],
        count: int | None = None,
    ) -> None:
        """Print a notice of the new items, which are recognised by their texts.

        Args:
            kind: the kind of the items, for the summary.
            items: all present items.
            text: returns the notice of some items.
            count: the number for the summary; by default, that of the items.
        """
        known_texts = set(self._stored.get(kind, ()))
        new_items = [item for item in items if str(item) not in known_texts]
        if new_items:
            print_notices([text(new_items)])
        num_known = len(items) - len(new_items)
        if num_known:
            self._summaries.append(f"{kind} ({num_known if count is None else count:,})")
        if items:
            self._current[kind] = [str(item) for item in items]

    def finish(self) -> None:
        """Print the summary of notices that are not new, and store all that were shown."""
        if self._summaries:
            print_notices([f"as in the last run: {', '.join(self._summaries)}"])
        if self._path and not self._dry and self._current != self._stored:
            write_json(self._path, self._current)
