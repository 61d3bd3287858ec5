"""Running processes, announced by files that the system unlocks when a process ends in any way.

Other hosts may not see such a lock: on some shared file systems each host has its own locks. The announcement
of another host's process therefore counts as running for as long as its file exists.
"""

import fcntl
import os
import re
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

#: The environment variable that names the folder where running stages are announced; absent: nowhere.
JOBS_FOLDER = "ACTIVEPOOL_JOBS"

#: Units of time and their seconds.
TIME_UNITS = (("s", 1), ("min", 60), ("h", 3600), ("days", 86400))


@dataclass(frozen=True)
class Announcement:
    """Another process that is running, or may be; its file is called ``<host>-<process number>``.

    ``is_confirmed`` says whether the system reports it as running; otherwise its host cannot be asked.
    """

    path: Path
    is_confirmed: bool

    @property
    def name(self) -> str:
        """Its name: ``<host>-<process number>``."""
        return self.path.name

    @property
    def is_here(self) -> bool:
        """Whether it runs on this host."""
        return self.name.rpartition("-")[0] == socket.gethostname()

    def description(self) -> str:
        """Return host, process number and age, for messages."""
        host, _, number = self.name.rpartition("-")
        process = f"host {host}, process {number}"
        with suppress(FileNotFoundError):
            return f"{process}, begun {_age(time.time() - self.path.stat().st_mtime)} ago"
        return process


def announce(folder: str | Path, content: str = "") -> IO[str]:
    """Announce this process by a file with ``content``, until that is closed or the process ends."""
    path = Path(folder) / process_name()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f"{path.name}.unfinished")
    file = temporary.open("w", encoding="utf-8")
    with suppress(OSError):  # without locks, the process number shows whether it is running
        fcntl.flock(file, fcntl.LOCK_EX)
    file.write(content)
    file.flush()
    temporary.replace(path)
    return file


@contextmanager
def announced(folder: str | Path | None) -> Iterator[None]:
    """Announce this process in ``folder`` while the body runs; with None, do not."""
    if folder is None:
        yield
        return
    with announce(folder):
        try:
            yield
        finally:
            withdraw(folder)


def withdraw(folder: str | Path) -> None:
    """Remove this process's announcement."""
    (Path(folder) / process_name()).unlink(missing_ok=True)


def other_processes(folder: str | Path) -> list[Announcement]:
    """Return the other processes in ``folder`` that are running, or may be; removes nothing."""
    announcements = [Announcement(path, _is_locked(path)) for path in _announcements(folder)]
    return [process for process in announcements if process.is_confirmed or not process.is_here]


def remove_ended(folder: str | Path) -> None:
    """Remove from ``folder`` the announcements of this host's processes that have ended."""
    running = {process.path for process in other_processes(folder)}
    for path in _announcements(folder):
        if path not in running:
            path.unlink(missing_ok=True)


def process_name() -> str:
    """Return the name of this process: ``<host>-<process number>``."""
    return f"{socket.gethostname()}-{os.getpid()}"


def _announcements(folder: str | Path) -> list[Path]:
    paths = [path for path in Path(folder).glob("*") if re.fullmatch(r".+-\d+", path.name)]
    return sorted(path for path in paths if path.name != process_name())


def _is_locked(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except FileNotFoundError:
        return False
    except OSError:
        host, _, number = path.name.rpartition("-")
        return host == socket.gethostname() and _is_running(int(number))
    return False


def _is_running(number: int) -> bool:
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # another user's
        return True
    return True


def _age(seconds: float) -> str:
    unit, size = [pair for pair in TIME_UNITS if pair[1] <= max(seconds, 1)][-1]
    return f"{int(max(seconds, 0) // size)} {unit}"
