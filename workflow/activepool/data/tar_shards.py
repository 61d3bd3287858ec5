"""Tar archives in the form of WebDataset: consecutive members of one key are a sample.

A file may hold several archives in a row, as ``cat a.tar b.tar`` writes them.

The key of ``a/0007.seg.png`` is ``a/0007``, and its field ``seg.png``, as in WebDataset. A field that is the
ending of an image format is the image. See https://github.com/webdataset/webdataset.
"""

import json
import tarfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from activepool.data.image_formats import is_image_name
from activepool.data.omissions import UNREADABLE, LeftOut
from activepool.data.packed_images import Member
from activepool.data.shard_samples import Found
from activepool.io.files import LFS_PROBLEM, is_lfs_pointer

#: The fields that may have the label, and in JSON the key, in the order of the attempts.
LABEL_FIELDS = ("cls", "json.label", "txt")

#: Fields that describe images; leaving one out needs no notice.
DESCRIPTIONS = ("cls", "json", "txt")

#: How compressed files begin: gzip, Zstandard, bzip2 and xz.
COMPRESSED = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ")

#: Bytes that a search for the next archive in a file reads at a time.
SEARCHED_BYTES = 1 << 20


class _CutOff(Exception):
    """An archive that does not end in a block of zeros."""


class _BadLabel(ValueError):
    """A member from which no label can be read."""


@dataclass
class _Sample:
    """The members of a key: its images, and its labels by their fields.

    Attributes:
        second_labels: further members with a label that it has already.
        first: its first member with a label.
        has_bad_label: whether a label of it cannot be read, or it has two.
    """

    images: list[Member] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    second_labels: list[str] = field(default_factory=list)
    first: str = ""
    has_bad_label: bool = False


def read_shard(root: Path, shard: str, label: str | None, found: Found, left_out: LeftOut) -> None:
    """Add the images of an archive in ``root`` to ``found``, and a line for each damage.

    ``label`` is its field, such as ``cls``, or for a value in JSON ``json.species``; ``json`` is
    ``json.label``; by default the first of LABEL_FIELDS that a sample has. ``left_out`` gets the members that
    are not read.
    """
    fields = LABEL_FIELDS if label is None else (label_field(label),)
    samples: dict[str, _Sample] = {}
    others: dict[str, str] = {}
    for name, member, content in _members(root / shard, shard, fields, found):
        key, ending = split_name(name)
        found.fields.add(ending)
        if key is None:
            left_out.hidden.append(f"{shard}/{name}")
        elif "." not in ending and is_image_name(f".{ending}"):
            samples.setdefault(key, _Sample()).images.append(member)
        elif content is not None:
            sample = samples.setdefault(key, _Sample())
            sample.first = sample.first or name
            try:
                labels = _labels(ending, content, fields)
            except _BadLabel as error:
                found.problems.append(f"{shard}/{name}: {error}")
                sample.has_bad_label = True
                continue
            if labels.keys() & sample.labels.keys():
                sample.second_labels.append(name)
                sample.has_bad_label |= sample.labels != sample.labels | labels
            sample.labels |= labels
        elif ending not in DESCRIPTIONS:
            left_out.endings[f".{ending}" if ending else "none"] += 1
            if is_image_name(name) or name.lower().endswith(UNREADABLE):
                others.setdefault(key, name)
    if not samples:
        left_out.empty.append(shard)
    for key, sample in samples.items():
        text = next((sample.labels[name] for name in fields if name in sample.labels), "")
        if not sample.images:
            problem = f"has no image of its key beside it{_instead(key, others.get(key))}"
            found.reject(f"{shard}/{sample.first}", text, problem)
            continue
        first, *more = sample.images
        found.problems += [f"{other}: is a second image of its key, beside {first.name}" for other in more]
        second = [] if more else sample.second_labels  # a sample that stands there twice is one problem
        found.problems += [f"{shard}/{name}: is a second label of its key; remove one" for name in second]
        if sample.has_bad_label:
            found.is_cut = True
        else:
            found.add(first, text)


def _instead(key: str, other: str | None) -> str:
    """Return why an image beside a label is none of its key, and what helps; "" if there is no image."""
    if other is None:
        return ""
    ending = other.rpartition(".")[2]
    if not is_image_name(other):
        return f": Pillow cannot read {other} here; convert it to JPEG"
    return f": a key ends at the first dot of a name, so rename {other} to {key}.{ending}"


def label_field(label: str) -> str:
    """Return the field that the option ``label`` names, as it is in a sample."""
    name, dot, key = label.partition(".")
    return f"json.{key or 'label'}" if name.lower() == "json" else (name + dot + key).lower()


def split_name(name: str) -> tuple[str | None, str]:
    """Return the key and the field of a member; the key is None for a hidden one, as for WebDataset."""
    folder, slash, base = name.rpartition("/")
    key, _, ending = base.partition(".")
    return (folder + slash + key if key else None), ending.lower()


def _members(
    path: Path, shard: str, fields: tuple[str, ...], found: Found
) -> Iterator[tuple[str, Member, bytes | None]]:
    """Yield the name, the place, and for a label the content, of each file in an archive.

    A damage ends the archive. It adds a line to the problems of ``found``, as does a member that is no file.
    """
    file, last, problems = Path(shard), "", found.problems
    wanted = {name if not name.startswith("json.") else "json" for name in fields}
    try:
        for archive, info in _entries(path):
            last = info.name
            if info.isdir():
                continue
            name = info.name.removeprefix("./")
            if not info.isreg() or info.issparse():
                found.is_cut = True
                problems.append(f"{shard}/{name}: is a link, a device or sparse; store a plain file")
                continue
            ending = split_name(name)[1]
            stream = archive.extractfile(info) if ending in wanted else None
            place = Member(file, name, info.offset_data, info.size)
            yield name, place, None if stream is None else stream.read()
    except _CutOff:
        found.is_cut = True
        problems.append(f"{shard}/{last}: the archive is damaged or cut off after this member; copy it again")
    except (tarfile.TarError, EOFError) as error:
        found.is_cut = True
        problems.append(f"{shard}{last and '/'}{last}: {_damage(path, last, error)}")


def _entries(path: Path) -> Iterator[tuple[tarfile.TarFile, tarfile.TarInfo]]:
    """Yield each member of the archives in a file, with its archive; raises _CutOff for one cut off."""
    with path.open("rb") as stream:
        begin: int | None = 0
        while begin is not None:
            stream.seek(begin)
            with tarfile.open(fileobj=stream, mode="r:") as archive:
                for info in archive:
                    yield archive, info
            begin = _next_archive(stream, archive.offset)


def _damage(path: Path, last: str, error: Exception) -> str:
    with path.open("rb") as stream:
        beginning = stream.read(8)
    if beginning.startswith(COMPRESSED):
        return "is compressed, so that nothing in it can be found by its place; decompress it to .tar"
    if is_lfs_pointer(path):
        return f"is {LFS_PROBLEM}"
    if last:
        return f"the archive is cut off in this member ({error}); copy it again"
    return f"is no tar archive ({error}); copy it again"


def _next_archive(stream: BinaryIO, end: int) -> int | None:
    """Return the place of the first block behind an archive that is not of zeros; None if there is none.

    Raises _CutOff unless a block of zeros marks the end, as `tarfile` does not check.
    """
    stream.seek(end)
    if stream.read(tarfile.BLOCKSIZE) != tarfile.NUL * tarfile.BLOCKSIZE:
        raise _CutOff
    while piece := stream.read(SEARCHED_BYTES):
        if content := piece.lstrip(tarfile.NUL):
            place = stream.tell() - len(content)
            return place - (place - end) % tarfile.BLOCKSIZE
    return None


def _labels(ending: str, content: bytes, fields: tuple[str, ...]) -> dict[str, str]:
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise _BadLabel("is not text in UTF-8") from None
    if ending != "json":
        return {ending: text}
    try:
        values = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise _BadLabel(f"is not JSON ({error})") from None
    if not isinstance(values, dict):
        raise _BadLabel("is JSON, but no object of names and values")
    keys = {name: name.removeprefix("json.") for name in fields if name.startswith("json.")}
    return {name: _label_of(key, values[key]) for name, key in keys.items() if key in values}


def _label_of(key: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return str(value).strip()
    raise _BadLabel(f"{key!r} is {value!r}; a label is a text or a whole number")
