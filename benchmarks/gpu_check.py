"""Tests and measurements on a GPU within minutes, and one report: `make gpu-check`.

Needs no network, and of the packages only those that the tests marked ``gpu`` and the benchmarks import.
Parts that need a GPU are skipped without one. Parts that would not fit into --seconds are left out or
stopped. The report names them all. The exit status is 1 if a test or a part failed. `--device cpu --scale
0.003` tries all parts without a GPU, at a small size.
"""

import argparse
import csv
import importlib
import os
import platform
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from gpu_report import ROUNDS, STRATEGIES, Check, Outcome, Rows, Sizes, report, succeeded

from activepool.compute.devices import resolve_device
from activepool.errors import InputError

HERE = Path(__file__).parent
REPOSITORY = HERE.parent

#: Lines of a failed part's output that the report repeats.
LAST_LINES = 40

#: Packages whose versions the numbers depend on.
PACKAGES = ("torch", "torchvision", "numpy", "h5py")

NO_GPU = "torch finds no GPU"


@dataclass(frozen=True)
class Part:
    """A program of the check.

    Attributes:
        name: of the part.
        command: its arguments after Python.
        limit: the seconds that it gets at most.
        least: the seconds below which it is not begun.
    """

    name: str
    command: list[str]
    limit: float
    least: float


def parse() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--report", default="results/gpu_check.md", help="Markdown to write")
    parser.add_argument("--seconds", type=float, default=450, help="for everything")
    parser.add_argument("--device", help="what to measure; default: a GPU, or nothing")
    parser.add_argument("--scale", type=float, default=1.0, help="share of the sizes, for a try")
    parser.add_argument("--folder", help="folder for 5.3 GB of features; default: a temporary folder")
    parser.add_argument("--tests", nargs="*", help="test files; default: those with tests marked gpu")
    return parser.parse_args()


def main() -> None:
    """Run the parts one after another, and write and print the report."""
    arguments, start = parse(), time.monotonic()
    device, sizes = measured_device(arguments.device), Sizes()
    if arguments.scale != 1:
        sizes = sizes.scaled(arguments.scale)
    with tempfile.TemporaryDirectory(dir=arguments.folder) as name:
        folder, outcomes = Path(name), {}
        for part in parts(folder, device or "cuda", sizes, arguments):
            if device is None and part.name != "tests":
                outcomes[part.name] = Outcome("skipped", reason=NO_GPU)
            else:
                remaining = arguments.seconds - (time.monotonic() - start)
                outcomes[part.name] = run_part(part, remaining, folder)
        seconds = time.monotonic() - start, arguments.seconds
        check = Check(facts(), seconds, outcomes, sizes, *results(folder))
    page = report(check)
    path = Path(arguments.report)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(page, encoding="utf-8")
    print(page)
    print(f"The report is {path}")
    sys.exit(0 if succeeded(check) else 1)


def measured_device(option: str | None) -> str | None:
    """Return the device to measure, or None if it would be a GPU and there is none."""
    try:
        device = resolve_device(option or "auto")
    except (InputError, ImportError) as error:
        sys.exit(f"gpu-check: {error}")
    return None if device == "cpu" and option is None else device


def parts(folder: Path, device: str, sizes: Sizes, arguments: argparse.Namespace) -> list[Part]:
    """Return all parts, in the order in which they run."""
    cores, images = os.cpu_count() or 1, max(int(20_480 * arguments.scale), 16)

    def benchmark(name: str, **options: object) -> list[str]:
        options |= {"device": device, "output": folder / f"{name}.csv"}
        named = (f"--{option.replace('_', '-')}={value}" for option, value in options.items())
        return [str(HERE / f"{name}.py"), *named]

    tests = ["-m", "pytest", "-p", "no:cacheprovider", "-m", "gpu", f"--junitxml={folder / 'tests.xml'}"]
    tests += [f"--numprocesses={min(4, cores // 4)}", *(arguments.tests or gpu_tests(REPOSITORY / "tests"))]
    ceilings = benchmark(
        "ceilings", gigabytes=max(2 * arguments.scale, 0.01), side=max(int(8192 * arguments.scale), 256)
    )
    extraction = benchmark(
        "images",
        architecture="resnet50",
        workers=max(cores - 1, 1),
        images=images,
        files=min(images, 512),
        batch_size=min(images, 256),
    )
    pool = benchmark("imagenet_pool", **asdict(sizes), workers=cores, folder=folder)
    pool += ["--rounds", *ROUNDS, "--strategies", *STRATEGIES]
    return [
        Part("tests", tests, limit=0.3 * arguments.seconds, least=30),
        Part("ceilings", ceilings, limit=0.1 * arguments.seconds, least=20),
        Part("imagenet_pool", pool, limit=0.45 * arguments.seconds, least=90),
        Part("images", extraction, limit=arguments.seconds, least=60),
    ]


def gpu_tests(folder: Path) -> list[str]:
    """Return the test files with a test marked gpu: a bare machine cannot import all others."""
    marked = re.compile(r"mark\.gpu|from devices import .*DEVICES")
    files = sorted(folder.rglob("test_*.py"))
    return [str(path) for path in files if marked.search(path.read_text(encoding="utf-8"))]


def run_part(part: Part, remaining: float, folder: Path) -> Outcome:
    """Run a part within its limit, if enough time remains; end all its processes at the limit."""
    if remaining < part.least:
        return Outcome("left out", 0, f"{remaining:.0f} s were left, and it needs {part.least:.0f}")
    limit, start, log = min(part.limit, remaining), time.monotonic(), folder / f"{part.name}.log"
    print(f"{part.name}: at most {limit:.0f} s", file=sys.stderr)
    with log.open("wb") as output:
        command = [sys.executable, *part.command]
        process = subprocess.Popen(
            command, cwd=REPOSITORY, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            status = process.wait(limit)
        except subprocess.TimeoutExpired:
            status = None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    seconds = time.monotonic() - start
    if status == 0:
        return Outcome("done", seconds)
    last = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-LAST_LINES:])
    if status is None:
        return Outcome("stopped", seconds, f"it was not done after {limit:.0f} s", last)
    return Outcome("failed", seconds, f"exit status {status}", last)


def results(folder: Path) -> tuple[str | None, dict[str, tuple[float, str]], Rows, Rows]:
    """Return what the parts wrote: tests, ceilings, pool and images."""
    tests = folder / "tests.xml"
    ceilings = {row["ceiling"]: (float(row["value"]), row["unit"]) for row in read(folder / "ceilings.csv")}
    junit = tests.read_text(encoding="utf-8") if tests.exists() else None
    return junit, ceilings, read(folder / "imagenet_pool.csv"), read(folder / "images.csv")


def read(path: Path) -> Rows:
    """Return the rows of a CSV; none if the part did not come to write it."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def facts() -> dict[str, str]:
    """Return what the numbers depend on: devices and versions."""
    processor = f"{os.cpu_count()} cores, {platform.machine()}"
    result = {"date": time.strftime("%Y-%m-%d"), "commit": commit(), "processor": processor}
    result |= {"GPU": "none", "Python": platform.python_version()}
    for name in PACKAGES:
        try:
            result[name] = importlib.import_module(name).__version__
        except ImportError as error:
            result[name] = f"cannot be imported: {error}"
    torch = sys.modules.get("torch")
    if torch and torch.cuda.is_available():
        card = torch.cuda.get_device_properties(0)
        result["GPU"] = f"{card.name}, {card.total_memory / 1e9:.0f} GB"
        result["CUDA"] = f"{torch.version.cuda}, cuDNN {torch.backends.cudnn.version()}"
    return result


def commit() -> str:
    """Return the commit of the repository, if git knows it."""
    command = ["git", "describe", "--always", "--dirty"]
    try:
        process = subprocess.run(command, cwd=REPOSITORY, capture_output=True, encoding="utf-8")
    except OSError:
        return "unknown"
    return process.stdout.strip() or "unknown"


if __name__ == "__main__":
    main()
