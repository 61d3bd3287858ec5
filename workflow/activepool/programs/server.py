"""A process that has imported what most stages need, and forks for each stage of a run.

Two thirds of the CPU time of a short job are imports. A run starts servers before its first job (see
`activepool.programs.servers`), and jobs on the same machine reach them through `activepool.programs.start`,
through a Unix socket. A fork takes over the job's arguments, environment and standard streams and runs the
stage as a fresh process would; the server passes its exit status on. The server ends with the run, however
the run ends; running jobs finish.

A job runs in a process of its own if its Python, its folder, the variables that a process reads when it
starts, or the code of the library differ from those that the server started with. So no result depends on a
server.
"""

import gc
import importlib
import io
import marshal
import os
import select
import shutil
import signal
import socket
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

from activepool.compute.kernels import kernel_variables, kernels
from activepool.io.files import size_and_times
from activepool.programs.start import LENGTH_BYTES, STATUS_BYTES

#: Patterns of the variables that Python and libraries read when they start, beside those that choose kernels.
STARTUP_VARIABLES = ("PYTHON*", "LD_*", "LC_*", "LANG", "HDF5_*")

#: Seconds that a client may take to send its request.
REQUEST_SECONDS = 10.0

#: Standard input, which the run holds open.
RUN_INPUT = 0

#: What can be waited for.
Waitable = int | socket.socket

_LIBRARY = Path(__file__).parents[1]


def main() -> None:
    """Serve on the socket of this number, with these imports. Standard input ends with the run."""
    server = Server(socket.socket(fileno=int(sys.argv[1])), sys.argv[2:])
    job = server.next_job()
    if job is not None:  # in a fork
        job.run()


@dataclass(frozen=True)
class Job:
    """A stage to run in a fork of the server.

    Attributes:
        module: of the stage.
        words: its arguments.
        environment: all its variables.
        streams: descriptors of standard input, output and error.
        connection: to its client. The fork keeps it open: if the server is killed, the client sees it closed
            when the job has ended.
    """

    module: str
    words: list[str]
    environment: dict[str, str]
    streams: list[int]
    connection: socket.socket

    def run(self) -> None:
        """Run the stage as a fresh process would."""
        for number, stream in enumerate(self.streams):
            os.dup2(stream, number)
            os.close(stream)
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(line_buffering=sys.stdout.isatty())
        os.environ.clear()
        os.environ.update(self.environment)
        stage = importlib.import_module(self.module)
        sys.argv = [str(stage.__file__), *self.words]
        getattr(stage, self.module.rpartition(".")[2]).run(self.words)
        # Python's own end would run the server's exit handlers, and copy nearly all memory that is shared.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


class Server:
    """Serves clients until the run and its jobs have ended."""

    def __init__(self, listener: socket.socket, imports: list[str]) -> None:
        self._listener, self._imports = listener, imports
        self._is_open = True
        self._jobs: dict[int, socket.socket] = {}  # the client's connection, by the number of the fork
        self._interrupt = signal.signal(signal.SIGINT, signal.SIG_IGN)
        self._child_ended = signal.signal(signal.SIGCHLD, lambda *_: None)
        self._wakeup_reader, self._wakeup_writer = socket.socketpair()
        self._wakeup_writer.setblocking(False)
        signal.set_wakeup_fd(self._wakeup_writer.fileno())
        self._folder = str(Path.cwd())
        self._startup_variables = startup_variables(os.environ)
        self._code = {path: size_and_times(path) for path in _LIBRARY.rglob("*.py")}

    def _load(self) -> None:
        """Do once, before the first fork, what each job would do; note the code that was imported."""
        from activepool.records.provenance import versions
        from activepool.strategies.registry import builtin_strategies

        for name in self._imports:
            importlib.import_module(name)
        builtin_strategies()
        versions()
        kernels()
        files = {getattr(module, "__file__", None) for module in sys.modules.values()}
        self._code = {path: state for path, state in self._code.items() if str(path) in files}
        self._imports = []
        gc.freeze()  # the collector would copy the pages that forks share

    def next_job(self) -> Job | None:
        """Serve; return the job in the fork that runs it, and None in the server when all has ended."""
        while self._is_open or self._jobs:
            waitables: list[Waitable] = [self._wakeup_reader, *self._jobs.values()]
            if self._is_open:
                waitables += [RUN_INPUT, self._listener]
            ready = select.select(waitables, [], [])[0]
            if self._wakeup_reader in ready:
                self._wakeup_reader.recv(1024)
                self._pass_on_statuses()
            # Before the next job begins: it may be a retry, which writes the same files.
            self._kill_abandoned(ready)
            if RUN_INPUT in ready:
                self._close()
            elif self._listener in ready and (job := self._accept()):
                return job
        return None

    def _pass_on_statuses(self) -> None:
        while self._jobs and (result := os.waitpid(-1, os.WNOHANG))[0]:
            number, status = result
            with self._jobs.pop(number) as connection, suppress(OSError):
                code = os.waitstatus_to_exitcode(status)
                connection.sendall(code.to_bytes(STATUS_BYTES, "little", signed=True))

    def _kill_abandoned(self, ready: list[Waitable]) -> None:
        for number in [number for number, connection in self._jobs.items() if connection in ready]:
            os.kill(number, signal.SIGKILL)  # a client sends nothing after its request: it has ended
            os.waitpid(number, 0)
            self._jobs.pop(number).close()

    def _close(self) -> None:
        self._is_open = False
        shutil.rmtree(Path(self._listener.getsockname()).parent, ignore_errors=True)
        self._listener.close()

    def _accept(self) -> Job | None:
        """Accept a client; return its job in the fork, and None in the server."""
        connection, _ = self._listener.accept()
        if self._imports:
            self._load()
        job = self._receive(connection)
        try:
            number = os.fork() if job else None
        except OSError:  # no memory, or too many processes
            number = None
        if number == 0:
            self._restore_process()
            return job
        for stream in job.streams if job else ():
            os.close(stream)
        if number is None:
            connection.close()  # which refuses
        else:
            self._jobs[number] = connection
        return None

    def _receive(self, connection: socket.socket) -> Job | None:
        """Return the job that a client requests; None if the client must start a process itself."""
        connection.settimeout(REQUEST_SECONDS)
        streams: list[int] = []
        try:
            length, streams, *_ = socket.recv_fds(connection, LENGTH_BYTES, 3)
            with connection.makefile("rb") as content:
                request = marshal.loads(content.read(int.from_bytes(length, "little")))
            place, module, words, environment = request
            if self._can_stand_for(place, environment):
                return Job(module, words, environment, streams, connection)
        except (OSError, EOFError, ValueError, TypeError):  # the client was killed, or is of another Python
            pass
        for stream in streams:
            os.close(stream)
        return None

    def _can_stand_for(self, place: tuple[str, str, str], environment: dict[str, str]) -> bool:
        """Return whether a fork equals a process that the client itself would start now."""
        version, executable, folder = place
        return (
            (version, Path(executable).parent) == (sys.version, Path(sys.executable).parent)
            and folder == self._folder
            and startup_variables(environment) == self._startup_variables
            and all(size_and_times(path) == state for path, state in self._code.items())
        )

    def _restore_process(self) -> None:
        """Undo, in a fork, what makes a process a server."""
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, self._child_ended)
        signal.signal(signal.SIGINT, self._interrupt)
        for resource in (self._listener, self._wakeup_reader, self._wakeup_writer, *self._jobs.values()):
            resource.close()


def startup_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that decide how a process computes, and that it reads when it starts."""
    names = [name for name in environment if any(fnmatchcase(name, pattern) for pattern in STARTUP_VARIABLES)]
    return kernel_variables(environment) | {name: environment[name] for name in names}


if __name__ == "__main__":
    main()
