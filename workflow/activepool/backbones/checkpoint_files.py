"""Whether a checkpoint is a whole file of a known kind: said without torch, in an instant."""

import json
import zipfile
from pathlib import Path

#: Files of safetensors are known by their ending; all others are taken for torch's.
SAFETENSORS = ".safetensors"

# How files of torch.save begin: as a zip archive (since torch 1.6), or as a pickle.
_ZIP, _PICKLE = b"PK", b"\x80"
#: safetensors allows no longer headers than this.
_LONGEST_HEADER = 100_000_000


def file_problem(path: str | Path) -> str | None:
    """Say what is wrong with the file, or return None: it is there, of a known kind, and not cut short."""
    path = Path(path)
    try:
        if path.is_dir():
            return "is a folder; name the file of weights in it"
        if path.suffix == SAFETENSORS:
            return _safetensors_problem(path)
        return _torch_problem(path)
    except FileNotFoundError:
        return "does not exist; a path is relative to where snakemake runs"
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def _safetensors_problem(path: Path) -> str | None:
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > _LONGEST_HEADER:
            return "is not a file of safetensors"
        header = file.read(length)
    if len(header) < length:
        return "is damaged: it ends within its header"
    try:
        entries = json.loads(header)
        ends = [entry["data_offsets"][1] for name, entry in entries.items() if name != "__metadata__"]
        needed = 8 + length + max(ends, default=0)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        return "is not a file of safetensors"
    return f"is damaged: it has {size} bytes of {needed}" if size < needed else None


def _torch_problem(path: Path) -> str | None:
    with path.open("rb") as file:
        beginning = file.read(20)
    if not beginning:
        return "is empty"
    if beginning.startswith(_ZIP):
        # The table of contents is at the end of an archive.
        return None if zipfile.is_zipfile(path) else "is damaged: its end is missing"
    if not beginning.startswith(_PICKLE):
        return f"is neither a file of torch.save nor of safetensors; it begins with {beginning!r}"
    return None
