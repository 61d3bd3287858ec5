"""A program's messages on stderr, and their copy in a log."""

import io
import sys
import traceback
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from activepool.errors import SelectionWarning


def print_notices(notices: Iterable[str]) -> None:
    """Print each notice as a line on stderr."""
    for notice in notices:
        print(f"activepool: notice: {notice}", file=sys.stderr)


@contextmanager
def warnings_as_notices() -> Iterator[None]:
    """In the ``with`` block, print the warnings of strategies as notices, and others as Python does."""
    with warnings.catch_warnings():
        show = warnings.showwarning

        def print_or_show(message: Warning | str, category: type[Warning], *place: Any) -> None:
            if issubclass(category, SelectionWarning):
                print_notices([str(message)])
            else:
                show(message, category, *place)

        warnings.showwarning = print_or_show  # type: ignore[assignment] # its other arguments are in place
        yield


def copy_stderr(path: str) -> None:
    """From now on, copy stderr to the file ``path``, except for redrawn lines such as progress bars."""
    sys.stderr = _CopiedStream(sys.stderr, path)


def log_traceback(error: BaseException) -> None:
    """Write the traceback of an error only to the log, or to stderr if there is no log."""
    traceback.print_exception(error, file=getattr(sys.stderr, "log", sys.stderr))


class _CopiedStream(io.TextIOBase):
    """A stream whose lines are copied to a file, ``log``."""

    def __init__(self, stream: TextIO, path: str) -> None:
        self._stream = stream
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self.log = Path(path).open("w", buffering=1, encoding="utf-8")  # noqa: SIM115, open as long as the process lives

    def write(self, text: str) -> int:
        """Write ``text`` to both, or only to the stream if it is a redrawn line."""
        if "\r" not in text and text.strip("\x1b[A"):
            self.log.write(text)
        return self._stream.write(text)

    def flush(self) -> None:
        self.log.flush()
        self._stream.flush()

    def isatty(self) -> bool:
        return self._stream.isatty()

    def fileno(self) -> int:
        return self._stream.fileno()
