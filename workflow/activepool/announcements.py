"""Which processes are at work, as files that the system unlocks when a process ends, however it ends."""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

#: The environment variable that names the folder where running stages are announced, if they are to be.
JOBS_FOLDER = "ACTIVEPOOL_JOBS"


def announce(folder: str | Path) -> IO[str]:
    """Announce this process in ``folder`` until the file that is returned is closed, or the process ends."""
    path = Path(folder) / own_name()
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("w", encoding="utf-8")
    fcntl.flock(file, fcntl.LOCK_EX)
    return file


@contextmanager
def announced(folder: str | Path | None) -> Iterator[None]:
    """Announce this process in ``folder`` as long as the body runs; None: do not."""
    if folder is None:
        yield
        return
    with announce(folder) as file:
        try:
            yield
        finally:
            Path(file.name).unlink(missing_ok=True)


def at_work(folder: str | Path) -> list[str]:
    """Return the other processes that are announced in ``folder``, as ``<host>-<process number>``.

    What those that have ended have left there is removed.
    """
    others = [path for path in sorted(Path(folder).glob("*-*")) if path.name != own_name()]
    return [path.name for path in others if _is_held(path)]


def own_name() -> str:
    """Return what this process is called: ``<host>-<process number>``."""
    return f"{socket.gethostname()}-{os.getpid()}"


def _is_held(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink(missing_ok=True)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    return False
