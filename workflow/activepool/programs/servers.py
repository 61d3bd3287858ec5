"""The servers of a run: how they begin and end."""

import atexit
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from activepool.programs.start import SERVERS

#: The module that a server runs.
SERVER = "activepool.programs.server"

#: Threads of OpenBLAS would not survive a fork; stages use one thread in each block of work.
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}

#: Seconds that a run waits for a server to end.
SHUTDOWN_SECONDS = 10.0


@dataclass(frozen=True)
class Kind:
    """Stages that are forked from one server.

    Attributes:
        stages: modules of the stages.
        imports: the modules that it imports before its first fork. Nearly all its stages need them: a fork
            begins with the memory of its server.
    """

    stages: tuple[str, ...]
    imports: tuple[str, ...]


def start(variables: Mapping[str, str], kinds: Iterable[Kind]) -> None:
    """Start the servers of this process, and name them in the environment; without sockets do nothing.

    They are for Linux: elsewhere, libraries of the system may not survive a fork.

    The jobs have the ``variables`` of the environment beside those of this process.
    """
    if sys.platform != "linux":
        return
    folder = tempfile.mkdtemp(prefix="activepool-")
    try:
        for number, kind in enumerate(kinds):
            _start(Path(folder, str(number)), kind, {**os.environ, **variables, **ONE_THREAD})
    except OSError:  # such as a path that is too long
        shutil.rmtree(folder)
    else:
        os.environ[SERVERS] = folder


def _start(path: Path, kind: Kind, environment: dict[str, str]) -> None:
    """Start a server on the socket ``path``, to which a link with the name of each of its stages leads."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))
        listener.listen(socket.SOMAXCONN)
        for stage in kind.stages:
            path.with_name(stage).symlink_to(path.name)
        server = subprocess.Popen(
            [sys.executable, "-m", SERVER, str(listener.fileno()), *kind.imports],
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno()],
            env=environment,
        )
    atexit.register(_end, server)


def _end(server: subprocess.Popen[bytes]) -> None:
    """Close its standard input, as the system does when this process is killed, and wait for it."""
    with suppress(subprocess.TimeoutExpired):
        server.communicate(timeout=SHUTDOWN_SECONDS)
