"""What a machine can do: bytes copied and operations computed in a second, by torch's own routines.

    python benchmarks/ceilings.py --device cuda --output ceilings.csv

Work of N × d features cannot be faster than its bytes and its operations at these rates. Each value is the
median of --repeats, on random data.
"""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

import pandas as pd
import torch
from measuring import GIGA, run, synchronise

from activepool.compute.devices import resolve_device
from activepool.io.files import write_table

TERA = 1e12

#: What each job does before its work.
START = "import sys, torch; torch.ones(1, device=sys.argv[1]).sum().item()"


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--device", default="auto")
    parser.add_argument("--gigabytes", type=float, default=2.0, help="size of the copies")
    parser.add_argument("--side", type=int, default=8192, help="rows and columns of the matrices multiplied")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--output", help="CSV to write")
    return parser.parse_args()


def median_seconds(work: Callable[[], object], device: str, repeats: int) -> float:
    """Return the median time of a call after one that is not counted."""
    seconds = []
    for _ in range(repeats + 1):
        start = time.perf_counter()
        work()
        synchronise(device)
        seconds.append(time.perf_counter() - start)
    return float(torch.tensor(seconds[1:]).median())


Ceilings = Iterator[tuple[str, float, str]]


def copies(device: str, gigabytes: float, repeats: int) -> Ceilings:
    """Yield the rates of copies: on the device, and to it from ordinary and from pinned memory."""
    on_host = torch.randint(0, 256, (int(gigabytes * GIGA),), dtype=torch.uint8)
    on_device = on_host.to(device, copy=True)
    # A copy reads and writes each byte.
    yield "copy", 2 * gigabytes / median_seconds(on_device.clone, device, repeats), "GB/s"
    if device != "cpu":
        for name, source in (("host_to_device", on_host), ("pinned_to_device", on_host.pin_memory())):
            seconds = median_seconds(partial(on_device.copy_, source), device, repeats)
            yield name, gigabytes / seconds, "GB/s"


def products(device: str, side: int, repeats: int) -> Ceilings:
    """Yield the rates of products of square matrices in three types."""
    for dtype in (torch.float32, torch.float16, torch.bfloat16):
        left, right = (torch.randn(side, side, device=device).to(dtype) for _ in range(2))
        seconds = median_seconds(partial(torch.matmul, left, right), device, repeats)
        yield f"product_{str(dtype).removeprefix('torch.')}", 2 * side**3 / TERA / seconds, "TFLOP/s"


def ceilings(device: str, gigabytes: float, side: int, repeats: int) -> Ceilings:
    """Yield the name, value and unit of each rate, and the time that a program takes to start."""
    yield from copies(device, gigabytes, repeats)
    yield from products(device, side, repeats)
    start = partial(subprocess.run, [sys.executable, "-c", START, device], check=True)
    yield "start", median_seconds(start, "cpu", 1), "s"


def main() -> None:
    """Measure, print and write."""
    arguments = parse()
    device = resolve_device(arguments.device)
    rates = list(ceilings(device, arguments.gigabytes, arguments.side, arguments.repeats))
    table = pd.DataFrame(rates, columns=["ceiling", "value", "unit"])
    print(table.to_string(index=False, float_format="{:.3g}".format))
    if arguments.output:
        write_table(arguments.output, table)


if __name__ == "__main__":
    run(main)
