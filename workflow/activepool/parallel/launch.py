"""Run a stage in one process, or in several that train together: launch [--processes N] MODULE ARGUMENTS...

Each of several processes is told which it is by the environment variables of torchrun. This is used instead
of torchrun for its end: the status of the process that failed, and nothing on the screen but its own words.
"""

import argparse
import os
import signal
import socket
import subprocess
import sys
import time

#: Seconds between two looks at the processes, and until those left after a failure are ended.
INTERVAL, GRACE = 0.1, 5.0


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=1, help="how many (default: 1)")
    parser.add_argument("module", help="such as activepool.stages.pretrain")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="of the module")
    return parser.parse_args()


def main() -> None:
    """Run the module and exit with its status."""
    arguments = parse()
    command = [sys.executable, "-m", arguments.module, *arguments.arguments]
    if arguments.processes <= 1:
        os.execv(sys.executable, command)
    # Ended by a scheduler, it ends its processes as well.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    started: list[subprocess.Popen[bytes]] = []
    try:
        for environment in environments(arguments.processes):
            started.append(subprocess.Popen(command, env=environment))
        sys.exit(status_of(started))
    finally:
        for process in started:
            process.kill()
        for process in started:
            process.wait()


def environments(count: int) -> list[dict[str, str]]:
    """Return the environment of each process."""
    cores = int(os.environ.get("OMP_NUM_THREADS") or len(os.sched_getaffinity(0)))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    shared = {
        "WORLD_SIZE": count,
        "LOCAL_WORLD_SIZE": count,
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": port,
        # Not to hear from each process that the connection to one that failed is gone.
        "TORCH_CPP_LOG_LEVEL": os.environ.get("TORCH_CPP_LOG_LEVEL", "ERROR"),
        # Cores are shared out; a stage that fixes its threads for the sake of its result keeps to that.
        "OMP_NUM_THREADS": max(1, cores // count),
    }
    numbers = [shared | {"RANK": rank, "LOCAL_RANK": rank} for rank in range(count)]
    return [os.environ | {name: str(value) for name, value in of.items()} for of in numbers]


def status_of(processes: list[subprocess.Popen[bytes]]) -> int:
    """Wait until all have ended, or one has failed; return 0, or the status of the failure."""
    while any(process.poll() is None for process in processes) and not _failures(processes):
        time.sleep(INTERVAL)
    deadline = time.monotonic() + GRACE
    while any(process.poll() is None for process in processes) and time.monotonic() < deadline:
        time.sleep(INTERVAL)
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
