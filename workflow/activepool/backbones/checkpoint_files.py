"""Whether a checkpoint is a whole file of a known kind: said without torch, in an instant."""

import json
import zipfile
from pathlib import Path

#: The ending of files of safetensors; they are also known by their beginning.
SAFETENSORS = ".safetensors"

# How files of torch.save begin: as a zip archive (since torch 1.6), or as a pickle.
_ZIP, _PICKLE = b"PK", b"\x80"
#: What else is taken for weights, by its beginning.
_OTHER_SIGNATURES = {
    b"version https://git-lfs": "is a pointer of Git LFS and not the weights; fetch them: git lfs pull",
    b"\x1f\x8b": "is compressed by gzip; unpack it",
    b"\x89HDF": "is an HDF5 file, as Keras writes it; convert it to safetensors or by torch.save",
}
_SIGNATURE_BYTES = 24
_READ_BYTES = 2**24
#: safetensors allows no longer headers than this.
_MAX_HEADER_BYTES = 100_000_000


def file_problem(path: str | Path) -> str | None:
    """Say what is wrong with the file, or return None: it is there, of a known kind, and not cut short."""
    path = Path(path)
    try:
        if path.is_dir():
            return "is a folder; name the file of weights in it"
        if path.exists() and not path.is_file():
            return "is a pipe, socket or device; name a file of weights"
        return _safetensors_problem(path) if is_safetensors(path) else _torch_problem(path)
    except FileNotFoundError:
        return "does not exist; a path is relative to where snakemake runs"
    except OSError as error:
        return f"cannot be read ({error.strerror})"


def is_safetensors(path: Path) -> bool:
    """Say whether a file is one of safetensors, or at least has its ending and no other beginning."""
    beginning = _beginning(path)
    has_header = beginning[8:9] == b"{" and int.from_bytes(beginning[:8], "little") <= _MAX_HEADER_BYTES
    is_other = beginning.startswith((_ZIP, _PICKLE, *_OTHER_SIGNATURES))
    return has_header or (path.suffix.lower() == SAFETENSORS and not is_other)


def damaged_entry(path: str | Path) -> str | None:
    """Return the name of an entry of an archive whose bytes are not those of its checksum; None without such.

    It reads the whole file. torch.load does not compare the checksums. Where none fits, torch.save was asked
    to leave them out.
    """
    if not zipfile.is_zipfile(path):
        return None
    with zipfile.ZipFile(path) as archive:
        entries = [entry for entry in archive.infolist() if entry.file_size]
        damaged = [entry.filename for entry in entries if not _fits_checksum(archive, entry)]
    return damaged[0] if 0 < len(damaged) < len(entries) else None


def _fits_checksum(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> bool:
    try:
        with archive.open(entry) as stream:
            while stream.read(_READ_BYTES):
                pass
    except zipfile.BadZipFile:
        return False
    return True


def _beginning(path: Path) -> bytes:
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
        needed = 8 + length + max(ends, default=0)
    except (ValueError, TypeError, KeyError, AttributeError, IndexError, RecursionError):
        return "is not a file of safetensors"
    return f"is damaged: it has {size} bytes of {needed}" if size < needed else None


def _torch_problem(path: Path) -> str | None:
    beginning = _beginning(path)
    if not beginning:
        return "is empty"
    if beginning.startswith(_ZIP):
        return _archive_problem(path)
    if not beginning.startswith(_PICKLE):
        known = [problem for other, problem in _OTHER_SIGNATURES.items() if beginning.startswith(other)]
        return (
            known[0]
            if known
            else f"is neither a file of torch.save nor of safetensors; it begins with {beginning[:20]!r}"
        )
    return None


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
        return "is a program of TorchScript; save its tensors alone: torch.save(program.state_dict(), ...)"
    return None if "data.pkl" in names else "is an archive that torch.save did not write"
