"""Run a stage in one process, or in several that train together: launch [--processes N] MODULE ARGUMENTS...

The environment variables of torchrun number the processes. Unlike torchrun, this program ends with the status
of the process that failed, and prints nothing but the message of that process.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence

#: Seconds between two polls of the processes, and between a failure and the killing of the others. The first
#: process to end may have ended because another failed, which takes seconds to report why on a busy machine.
POLL_SECONDS, GRACE_SECONDS = 0.1, 60.0


def main() -> None:
    """Run the module and exit with its status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=1, help="how many (default: 1)")
    parser.add_argument("module", help="such as activepool.stages.pretrain")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="of the module")
    arguments = parser.parse_args()
    if arguments.processes <= 1:
        os.execv(sys.executable, _command(arguments.module, arguments.arguments))
    sys.exit(launch(arguments.module, arguments.arguments, arguments.processes))


def launch(module: str, arguments: Sequence[str], count: int) -> int:
    """Run a module in ``count`` processes that find one another; return `wait_for_status`."""
    # When a scheduler ends this process, it ends the others as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    processes: list[subprocess.Popen[bytes]] = []
    try:
        for environment in environments(count):
            processes.append(subprocess.Popen(_command(module, arguments), env=environment))
        return wait_for_status(processes)
    finally:
        for process in processes:
            process.kill()
        for process in processes:
            process.wait()


def _command(module: str, arguments: Sequence[str]) -> list[str]:
    return [sys.executable, "-m", module, *arguments]


def environments(count: int) -> list[dict[str, str]]:
    """Return the environment of each process."""
    cores = int(os.environ.get("OMP_NUM_THREADS") or len(os.sched_getaffinity(0)))
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
    common = {
        "WORLD_SIZE": count,
        "LOCAL_WORLD_SIZE": count,
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": port,
        # Silences processes that cannot connect to a failed one: the failure itself is reported.
        "TORCH_CPP_LOG_LEVEL": os.environ.get("TORCH_CPP_LOG_LEVEL", "FATAL"),
        # Cores are shared out; a stage that fixes its threads for the sake of its result keeps to that.
        "OMP_NUM_THREADS": max(1, cores // count),
    }
    variables = [common | {"RANK": rank, "LOCAL_RANK": rank} for rank in range(count)]
    return [os.environ | {name: str(value) for name, value in of_rank.items()} for of_rank in variables]


def wait_for_status(processes: list[subprocess.Popen[bytes]]) -> int:
    """Wait until all processes have ended, or one has failed; return 0, or the status of the failure."""
    while any(process.poll() is None for process in processes) and not _failures(processes):
        time.sleep(POLL_SECONDS)
    deadline = time.monotonic() + GRACE_SECONDS
    while any(process.poll() is None for process in processes) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)
    # A signal (below 0) or an unforeseen error (1) comes before what the others make of it.
    status, rank = min(_failures(processes), default=(0, 0))
    if status < 0:
        print(
            f"activepool: process {rank} of {len(processes)} was ended by signal {-status}", file=sys.stderr
        )
        return 128 - status
    return status


def _failures(processes: list[subprocess.Popen[bytes]]) -> list[tuple[int, int]]:
    """Return the status and the rank of each process that failed."""
    return [(process.returncode, rank) for rank, process in enumerate(processes) if process.poll()]


if __name__ == "__main__":
    main()
