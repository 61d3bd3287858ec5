"""Quick checks, without torch, that a checkpoint is a complete file of a known kind."""

import json
import zipfile
from pathlib import Path

from activepool.io.files import DATA_PROBLEMS

#: The suffix of safetensors files; their first bytes also identify them.
SAFETENSORS = ".safetensors"

# The first bytes of files of torch.save: a zip archive (since torch 1.6), or a pickle.
_ZIP, _PICKLE = b"PK", b"\x80"
#: Near the beginning of all files that torch.save wrote before torch 1.6.
_PICKLED_BY_TORCH = b"\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19."
_KERAS = {b"\x89HDF": "is an HDF5 file, as Keras writes it; convert it to safetensors or by torch.save"}
_OTHER_SIGNATURES = DATA_PROBLEMS | _KERAS
_SIGNATURE_BYTES = 24
_READ_BYTES = 2**24
#: The longest header that safetensors allows.
_MAX_HEADER_BYTES = 100_000_000


def file_problem(path: str | Path) -> str | None:
    """Return what is wrong with the file; None if it exists, is of a known kind, and is not cut short."""
    path = Path(path)
    try:
        if path.is_dir():
            return "is a folder; name the file of weights in it"
        if path.exists() and not path.is_file():
            return "is a pipe, socket or device; name a file of weights"
        return _safetensors_problem(path) if is_safetensors(path) else _torch_problem(path)
    except FileNotFoundError:
        return "does not exist; a path is relative to the working folder"
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def is_safetensors(path: Path) -> bool:
    """Return whether a file is of safetensors, or at least has its suffix and no other signature."""
    beginning = _first_bytes(path)
    has_header = beginning[8:9] == b"{" and int.from_bytes(beginning[:8], "little") <= _MAX_HEADER_BYTES
    has_other_signature = beginning.startswith((_ZIP, _PICKLE, *_OTHER_SIGNATURES))
    return has_header or (path.suffix.lower() == SAFETENSORS and not has_other_signature)


def damaged_entry(path: str | Path) -> str | None:
    """Return the name of an archive's first entry with a wrong checksum; None if there is none.

    It reads the whole file; torch.load does not compare the checksums. If all are wrong, torch.save left
    them out.
    """
    if not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as archive:
        entries = [entry for entry in archive.infolist() if entry.file_size]
        damaged_names = [entry.filename for entry in entries if not _fits_checksum(archive, entry)]
    return damaged_names[0] if 0 < len(damaged_names) < len(entries) else None


def _fits_checksum(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    try:
        with archive.open(entry) as stream:
            while stream.read(_READ_BYTES):
                pass
    except zipfile.BadZipFile:
        return False
    return True


def _first_bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(_SIGNATURE_BYTES)


def _safetensors_problem(path: Path) -> str | None:
    size = path.stat().st_size
    with path.open("rb") as file:
        length = int.from_bytes(file.read(8), "little")
        if size < 8 or length > _MAX_HEADER_BYTES:
            return "is not a file of safetensors"
        header = file.read(length)
    if len(header) < length:
        return "is damaged: it ends within its header"
    try:
        entries = json.loads(header)
        ends = [entry["data_offsets"][1] for name, entry in entries.items() if name != "__metadata__"]
        expected_size = 8 + length + max(ends, default=0)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        return "is not a file of safetensors"
    return f"is damaged: it has {size} bytes of {expected_size}" if size != expected_size else None


def _torch_problem(path: Path) -> str | None:
    beginning = _first_bytes(path)
    if not beginning:
        return "is empty"
    if beginning.startswith(_ZIP):
        return _archive_problem(path)
    if beginning.startswith(_PICKLE):
        return _pickle_problem(beginning)
    for signature, problem in _OTHER_SIGNATURES.items():
        if beginning.startswith(signature):
            return problem
    return f"is neither a file of torch.save nor of safetensors; it begins with {beginning[:20]!r}"


def _pickle_problem(beginning: bytes) -> str | None:
    if len(beginning) < _SIGNATURE_BYTES:
        return "is damaged: its end is missing"
    if _PICKLED_BY_TORCH in beginning:
        return None
    return "holds a pickle that torch.save did not write; save its arrays as safetensors or by torch.save"


def _archive_problem(path: Path) -> str | None:
    # The table of contents is at the end of an archive.
    if not zipfile.is_zipfile(path):
        return "is damaged: its end is missing"
    try:
        with zipfile.ZipFile(path) as archive:
            names = [name.partition("/")[2] for name in archive.namelist()]
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return "is damaged: its table of contents cannot be read"
    if "constants.pkl" in names:
        return "is a program of TorchScript; save only its tensors: torch.save(program.state_dict(), ...)"
    return None if "data.pkl" in names else "is an archive that torch.save did not write"
