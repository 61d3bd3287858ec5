"""Run a stage in a fork of its run's server; without a server, in a process of its own.

    python -m activepool.programs.start activepool.stages.train --features ...

does what ``python -m activepool.stages.train --features ...`` does: same output, exit status and files. It
saves the CPU time of imports, because the server has imported NumPy and others once (see
`activepool.programs.server`). This module imports little, and nothing else of the library.
"""

import marshal
import os
import signal
import socket
import sys
from contextlib import suppress

#: The environment variable that names the folder with the servers' sockets, one by the name of each stage.
SERVERS = "ACTIVEPOOL_SERVERS"

#: How many bytes the length of a request and an exit status take.
LENGTH_BYTES, STATUS_BYTES = 8, 4


def main() -> None:
    """Run the stage that the command line names, and end as it ended."""
    module, *words = sys.argv[1:]
    status = status_from_server(os.environ.get(SERVERS), module, words)
    if status is None:
        os.execv(sys.executable, [sys.executable, "-m", module, *words])
    if status < 0:  # ended by a signal
        with suppress(OSError):  # SIGKILL has no other action than the default
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    sys.exit(status)


def status_from_server(servers: str | None, module: str, words: list[str]) -> int | None:
    """Have the server run a stage; return its exit status, or minus the signal that ended it.

    Returns: None if the stage has not run: there is no server, it refuses, or it was killed. In the last case
    its fork has ended as well, because the fork also holds the connection open.
    """
    if servers is None:
        return None
    # The terminal interrupts the fork as well; this process then ends as the fork does.
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(f"{servers}/{module}")
            place = (sys.version, sys.executable, os.getcwd())  # noqa: PTH109, pathlib is slow to import
            request = marshal.dumps((place, module, words, dict(os.environ)))
            socket.send_fds(connection, [len(request).to_bytes(LENGTH_BYTES, "little")], [0, 1, 2])
            connection.sendall(request)
            answer = connection.recv(STATUS_BYTES)
    except OSError:
        return None
    finally:
        signal.signal(signal.SIGINT, handler)
    return int.from_bytes(answer, "little", signed=True) if answer else None


if __name__ == "__main__":
    main()
