"""Records of how files were made: the stage, its settings, its inputs, and the software.

A stage that wrote ``round01/head.h5`` and ``round01/metrics.json`` leaves ``provenance/head.h5.json`` beside
them. The digest of an input comes from the record of the stage that made it, as long as the file has the size
and the time of that record: a large file is read only when it is new.
"""

import platform
import resource
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from activepool.data.used_labels import UsedLabels
from activepool.errors import InputError
from activepool.io.files import file_digest, read_json, write_json

#: The folder of the records, beside the files.
FOLDER = "provenance"

#: The packages that a result may depend on.
PACKAGES = (
    *("torch", "torchvision", "timm", "numpy", "scipy", "scikit-learn", "pandas", "h5py", "pillow"),
    *("faiss-cpu", "faiss-gpu", "matplotlib"),
)


@dataclass(frozen=True)
class FileState:
    """The state of a file when its stage ended; it was last changed at ``modified``, in ns since 1970."""

    sha256: str
    size: int
    modified: int

    def matches(self, path: Path) -> bool:
        """Return whether ``path`` still has this size and time, so that it need not be read."""
        status = path.stat()
        return (status.st_size, status.st_mtime_ns) == (self.size, self.modified)


@dataclass(frozen=True)
class Record:
    """How one run of a stage made its files.

    Attributes:
        arguments: its arguments other than files: settings, seed, round, device and workers.
        depends_on: digests of settings and code of the stage and of all stages before it, from its rule.
        inputs: the SHA-256 of each file that it read, by path.
        outputs: the state of each file that it wrote, by path.
        kernels: the numeric kernels that computed it (activepool.compute.kernels); none in older records.
        started: the time of its start, in ISO 8601, UTC.
        peak_memory_mb: resident memory of its largest process, in 10⁶ bytes.
        used_labels: the annotations that it used; their file grows during the rounds. None for a stage that
            reads none.
    """

    stage: str
    arguments: dict[str, Any]
    depends_on: dict[str, str]
    inputs: dict[str, str]
    outputs: dict[str, FileState]
    versions: dict[str, str]
    started: str
    seconds: float
    peak_memory_mb: float
    kernels: dict[str, str] = field(default_factory=dict)
    used_labels: UsedLabels | None = None

    def write(self) -> None:
        """Write it beside the first of its outputs."""
        write_json(record_path(next(iter(self.outputs))), asdict(self))

    @classmethod
    def read(cls, path: Path) -> "Record":
        """Read a record; raises InputError if the file is not one."""
        content = read_json(path)
        try:
            outputs = {name: FileState(**state) for name, state in content.pop("outputs").items()}
            labels = content.pop("used_labels", None)
            record = cls(outputs=outputs, used_labels=UsedLabels(**labels) if labels else None, **content)
            record._require_types()
            return record
        except (AttributeError, KeyError, TypeError) as error:
            raise InputError(
                f"{path}: not a record of activepool ({error}); delete the file that it belongs to"
            ) from None

    def change_line(self, path: Path) -> str:
        """Return a line about an output that is no longer what the stage wrote, with a remedy."""
        size, recorded_size = path.stat().st_size, self.outputs[str(path)].size
        change = "has changed"
        if size < recorded_size:
            change = f"was cut or written again, {size:,} instead of {recorded_size:,} bytes,"
        since = f"since stage {self.stage!r} wrote it ({self.started})"
        return f"{path}: {change} {since}; delete the file, and run again"

    def _require_types(self) -> None:
        for name in ("arguments", "depends_on", "inputs", "versions", "kernels"):
            if not isinstance(getattr(self, name), dict):
                raise TypeError(f"{name} is not a mapping")
        if not all(isinstance(state.size, int) for state in self.outputs.values()):
            raise TypeError("a size is not a number")


def record_path(output: str | Path) -> Path:
    """Return the path of the record of the stage whose first output this is."""
    output = Path(output)
    return output.parent / FOLDER / f"{output.name}.json"


def records_in(folder: Path) -> Iterator[Path]:
    """Yield the records of the files in ``folder``."""
    yield from sorted((folder / FOLDER).glob("*.json"))


def records_below(folder: Path) -> Iterator[Path]:
    """Yield the records of the files in ``folder``, at any depth."""
    yield from sorted(folder.rglob(f"{FOLDER}/*.json"))


def peak_memory_mb() -> float:
    """Return the largest resident memory of this process or a child until now, in 10⁶ bytes."""
    return round(max(_own_peak(), _peak(resource.RUSAGE_CHILDREN)) / 1e6, 1)


def _own_peak() -> int:
    """Return the largest resident memory of this process until now, in bytes.

    Linux counts the memory of the process that started it, such as Snakemake, in its usage of resources.
    """
    with suppress(OSError):
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    return _peak(resource.RUSAGE_SELF)


def _peak(processes: int) -> int:
    return resource.getrusage(processes).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def file_state(path: str | Path) -> FileState:
    """Return the present state of a file."""
    status = Path(path).stat()
    return FileState(file_digest(path), status.st_size, status.st_mtime_ns)


def records_beside(paths: Iterable[str]) -> dict[str, list[Record]]:
    """Return, for each of these files that exists, the records beside it of the stages that wrote it.

    Each record is read once, however many files there are. Verification reports damaged ones.
    """
    records_of: dict[str, list[Record]] = {str(Path(path)): [] for path in paths if Path(path).is_file()}
    for folder in dict.fromkeys(Path(path).parent for path in records_of):
        for name in records_in(folder):
            with suppress(InputError):
                record = Record.read(name)
                for path in record.outputs:
                    if path in records_of and Path(path).parent == folder:
                        records_of[path].append(record)
    return records_of


def input_digests(paths: Iterable[str], records: Mapping[str, list[Record]]) -> dict[str, str]:
    """Return the SHA-256 of files, from their records (`records_beside`) if they have not changed since."""
    digests = {}
    for path in paths:
        place = Path(path)
        states = (record.outputs[str(place)] for record in records.get(str(place), ()))
        digest = next((state.sha256 for state in states if state.matches(place)), None)
        digests[path] = digest or file_digest(path)
    return digests


def require_unchanged(records_of: Mapping[str, list[Record]]) -> None:
    """Raise InputError with a line for each file that has changed since its record (`records_beside`).

    Only a file whose size or time differs is read; one without a record is not compared.
    """
    lines = [line for path, records in records_of.items() if (line := _change(Path(path), records))]
    if lines:
        raise InputError(*lines)


def _change(path: Path, records: list[Record]) -> str:
    """Return a line about the change of a file since its stage wrote it; empty if there is none."""
    states = [record.outputs[str(path)] for record in records]
    if not states or any(state.matches(path) for state in states):
        return ""
    digest = file_digest(path)
    return "" if digest in {state.sha256 for state in states} else records[-1].change_line(path)


@cache
def versions() -> dict[str, str]:
    """Return the versions of Python and of the installed packages that a result may depend on."""
    installed = {"python": platform.python_version()}
    for package in PACKAGES:
        try:
            installed[package] = version(package)
        except PackageNotFoundError:
            continue
    return installed
