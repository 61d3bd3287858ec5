"""Measuring seconds and peak memory, in separate processes, and the baseline works to compare with."""

import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
from threadpoolctl import threadpool_limits

from activepool.compute.blocks import READ_ROWS, Array, Compute, row_blocks
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix

Result = TypeVar("Result")

#: The root of the project.
ROOT = Path(__file__).parents[1]

#: Bytes in the unit of the tables, GB.
GIGA = 1e9


@dataclass(frozen=True)
class Measured:
    """One measurement.

    Attributes:
        seconds: of the work alone, without imports and opening files.
        cpu_seconds: CPU time of the work, user and system, of all threads.
        baseline_gb: memory of the process before the work: the interpreter, imports, open files.
        peak_gb: peak memory of the process during the work.
        gpu_gb: peak memory of torch on the GPU; 0 without one.
        result: the return value of the work.
    """

    seconds: float
    cpu_seconds: float
    baseline_gb: float
    peak_gb: float
    gpu_gb: float
    result: Any


def run(main: Callable[[], None]) -> None:
    """Run a benchmark; a user's mistake becomes one line."""
    try:
        main()
    except InputError as error:
        sys.exit(f"activepool: {error}")


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long one call takes."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def peak_gb() -> float:
    """Return the peak memory of this process in GB, mapped files included.

    On Linux this avoids getrusage, whose peak includes that of the parent process.
    """
    status = Path("/proc/self/status")
    if status.exists():
        for line in status.read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / GIGA
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / GIGA


def forget_peak_gb() -> float:
    """Reset the peak to the present memory of this process, if the system can; return that in GB."""
    clear = Path("/proc/self/clear_refs")
    if clear.exists():
        with suppress(OSError):
            clear.write_text("5", encoding="utf-8")
    return peak_gb()


def in_process(function: Callable[..., Result], *arguments: object) -> Result:
    """Run ``function`` in a fresh process, so that only its own memory counts; return its result."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as executor:
        return executor.submit(function, *arguments).result()


def run_snakemake(folder: str, *arguments: str) -> tuple[dict[str, float], str]:
    """Run the workflow in ``folder``; return what the run took, and what it printed.

    That is: seconds, CPU seconds of all its processes, and the peak memory of the largest in GB.
    """
    command = [sys.executable, "-m", "snakemake", "--snakefile", str(ROOT / "Snakefile"), *arguments]
    with tempfile.TemporaryFile("w+", encoding="utf-8") as stream:
        start = time.perf_counter()
        process = subprocess.Popen(command, cwd=folder, stdout=stream, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        stream.seek(0)
        printed = stream.read()
    if status:
        sys.exit(f"snakemake failed\n{printed}")
    cpu_seconds, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / GIGA
    return {"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_gb": peak}, printed


def measure(device: str, open_work: Callable[..., Callable[[], Any]], *arguments: object) -> Measured:
    """Open a work, do it, and return its measurement; call it through `in_process`.

    Args:
        device: of the work.
        open_work: opens the input files and returns the work itself.
        arguments: of ``open_work``.
    """
    work = open_work(*arguments)
    _warm_up(device)
    baseline = forget_peak_gb()
    start, start_cpu = time.perf_counter(), time.process_time()
    result = work()
    synchronise(device)
    seconds, cpu_seconds = time.perf_counter() - start, time.process_time() - start_cpu
    return Measured(seconds, cpu_seconds, baseline, peak_gb(), _gpu_gb(device), result)


def synchronise(device: str) -> None:
    """Wait until a GPU has finished its work."""
    if device != "cpu":
        import torch

        torch.cuda.synchronize(device)


def _warm_up(device: str) -> None:
    """Let a GPU do its one-time initialisation before the clock starts."""
    if device != "cpu":
        import torch

        square = torch.ones((64, 64), device=device)
        (square @ square).sum().item()


def _gpu_gb(device: str) -> float:
    if device == "cpu":
        return 0.0
    import torch

    return torch.cuda.max_memory_allocated(device) / GIGA


def bare_product(features: FeatureMatrix, rows: int, matrix: np.ndarray, compute: Compute) -> None:
    """Multiply the first ``rows`` features with ``matrix`` (columns, d), by the library's route.

    That is: blocks of the file as float32, each multiplied on one thread. The product is discarded.
    """
    _over_blocks(features, rows, compute, lambda block, matrix: block @ matrix.T, compute.array(matrix))


def read_through(features: FeatureMatrix, rows: int, compute: Compute) -> None:
    """Read the first ``rows`` features by the library's route: blocks as float32, on the device."""
    _over_blocks(features, rows, compute, lambda block, _: block, None)


def _over_blocks(
    features: FeatureMatrix,
    rows: int,
    compute: Compute,
    function: Callable[[Array, Array], Array],
    matrix: Array,
) -> None:
    def work(block: slice) -> None:
        function(compute.array(features.block(block)), matrix)

    with threadpool_limits(1):
        for _ in compute.map(work, row_blocks(rows, READ_ROWS)):
            pass
    synchronise(compute.device)


def report(rows: list[dict[str, object]], output: str | None) -> None:
    """Print the rows and write them, with the peak of this process's memory (mapped files included)."""
    import pandas as pd

    from activepool.io.files import write_table

    table = pd.DataFrame(rows).assign(peak_gb=peak_gb())
    print(table.to_string(index=False, float_format="{:.3g}".format))
    if output:
        write_table(output, table)
