"""What a program says to its user, on stderr, and the log that it is copied to."""

import io
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import TextIO


def print_notices(notices: Iterable[str]) -> None:
    """Write notices to stderr, a line each."""
    for notice in notices:
        print(f"activepool: notice: {notice}", file=sys.stderr)


def copy_stderr(path: str) -> None:
    """From now on write to the file ``path`` what goes to stderr, but for what a terminal overwrites."""
    sys.stderr = _CopiedStream(sys.stderr, path)


class _CopiedStream(io.TextIOBase):
    """A stream whose lines are copied to a file."""

    def __init__(self, stream: TextIO, path: str) -> None:
        self._stream = stream
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._file = Path(path).open("w", buffering=1, encoding="utf-8")  # noqa: SIM115, open as long as the process lives

    def write(self, text: str) -> int:
        """Write ``text`` to both; redrawn lines, such as progress bars, to the stream alone."""
        if "\r" not in text and text.strip("\x1b[A"):
            self._file.write(text)
        return self._stream.write(text)

    def flush(self) -> None:
        """Flush both."""
        self._file.flush()
        self._stream.flush()

    def isatty(self) -> bool:
        """Say whether somebody watches."""
        return self._stream.isatty()

    def fileno(self) -> int:
        """Return the stream's descriptor."""
        return self._stream.fileno()
