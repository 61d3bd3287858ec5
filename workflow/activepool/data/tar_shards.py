"""Tar archives in the form of WebDataset: consecutive members of one key are a sample.

A file may hold several archives in a row, as ``cat a.tar b.tar`` writes them.

The key of ``a/0007.seg.png`` is ``a/0007``, and its field ``seg.png``, as in WebDataset. A field that is the
ending of an image format is the image. See https://github.com/webdataset/webdataset.
"""

import json
import tarfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from activepool.data.image_formats import is_image_name
from activepool.data.listing import is_system_folder
from activepool.data.omissions import UNREADABLE, Omissions
from activepool.data.packed_images import Member
from activepool.data.shard_samples import ShardPart, without_unknown
from activepool.data.typed_labels import as_number
from activepool.io.files import LFS_PROBLEM, RepeatedKeyError, distinct_keys, is_lfs_pointer

#: The fields that may have the label, and in JSON the key, in the order of the attempts; and fields that
#: describe images, so that leaving one out needs no notice.
LABEL_FIELDS = ("cls", "json.label", "txt")
DESCRIPTIONS = ("cls", "json", "txt")

#: How compressed files begin: gzip, Zstandard, bzip2 and xz.
COMPRESSED_SIGNATURES = (b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ")

#: Bytes that a search for the next archive in a file reads at a time.
SEARCHED_BYTES = 1 << 20


class _CutOffError(Exception):
    """An archive that does not end in a block of zeros."""


class _LabelError(ValueError):
    """A member from which no label can be read."""


@dataclass
class _Sample:
    """The members of a key: its images, and its labels by their fields.

    ``has_bad_label``: whether one of its labels cannot be read, or it has two. ``other_image`` is the name of
    an image that is not read, because of its dots or its format.
    """

    images: list[Member] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    second_labels: list[str] = field(default_factory=list)
    first_label_member: str = ""
    has_bad_label: bool = False
    other_image: str | None = None

    def label(self, fields: tuple[str, ...]) -> str:
        """Return the label in the first of the ``fields`` that the sample has; "" if it has none of them."""
        return next((self.labels[name] for name in fields if name in self.labels), "")

    @property
    def contradiction(self) -> str:
        """The labels in the fields cls and json.label if they contradict each other; else "".

        A number may be that of the class that the other field names.
        """
        text, other_text = (self.labels.get(name, "") for name in ("cls", "json.label"))
        is_one_number = bool(text) and (as_number(text) is None) != (as_number(other_text) is None)
        differ = "cls" in self.labels and other_text not in ("", text) and not is_one_number
        return f"{text!r} in .cls, {other_text!r} in .json" if differ else ""


def read_shards(root: Path, shards: Sequence[str], label: str | None, omissions: Omissions) -> ShardPart:
    """Return the images of archives in ``root``, with a line for each problem.

    ``label`` is its field, such as ``cls``, or for a value in JSON ``json.species``; ``json`` is
    ``json.label``; by default the first of LABEL_FIELDS that a sample has. ``omissions`` counts the members
    that are not read.
    """
    fields = LABEL_FIELDS if label is None else (label_field(label),)
    part = ShardPart()
    first_shards: dict[str, str] = {}  # with an image of each key
    lone_labels: list[tuple[str, str, _Sample]] = []
    for shard in shards:
        for key, sample in _samples(root, shard, fields, part, omissions).items():
            if not sample.images:
                lone_labels.append((shard, key, sample))
                continue
            if (first_shard := first_shards.setdefault(key, shard)) != shard:
                part.repeated_keys.append(f"{shard}/{key} is in {first_shard}")
            if sample.contradiction:
                part.contradictions.append(f"{shard}/{key}: {sample.contradiction}")
            _add_sample(part, shard, sample, sample.label(fields))
    for shard, key, sample in lone_labels:
        problem = f"has no image of its key beside it{_image_hint(key, sample.other_image)}"
        if key in first_shards:
            problem = f"its image is in {first_shards[key]}; keep all members of a sample in one shard"
        part.reject(f"{shard}/{sample.first_label_member}", sample.label(fields), problem)
    return part


def _samples(
    root: Path, shard: str, fields: tuple[str, ...], part: ShardPart, omissions: Omissions
) -> dict[str, _Sample]:
    samples: dict[str, _Sample] = {}
    other_images: dict[str, str] = {}
    system_folders: set[str] = set()
    for name, member, content in _members(root / shard, shard, fields, part):
        key, ending = split_name(name)
        if folder := _system_folder(name):
            system_folders.add(f"{shard}/{folder}")
            continue
        if key is None:
            omissions.hidden.append(f"{shard}/{name}")
            continue
        part.fields.add(ending)
        if "." not in ending and is_image_name(f".{ending}"):
            samples.setdefault(key, _Sample()).images.append(member)
        elif content is not None:
            sample = samples.setdefault(key, _Sample())
            sample.first_label_member = sample.first_label_member or name
            try:
                labels = _labels(ending, content, fields)
            except _LabelError as error:
                part.problems.append(f"{shard}/{name}: {error}")
                sample.has_bad_label = True
                continue
            part.fields.update(labels)
            if labels.keys() & sample.labels.keys():
                sample.second_labels.append(name)
                sample.has_bad_label |= sample.labels != sample.labels | labels
            sample.labels |= labels
        elif ending not in DESCRIPTIONS:
            omissions.endings[f".{ending}" if ending else "none"] += 1
            if is_image_name(name) or name.lower().endswith(UNREADABLE):
                other_images.setdefault(key, name)
    omissions.system_folders += sorted(system_folders)
    if not samples:
        omissions.empty.append(shard)
    for key, sample in samples.items():
        sample.other_image = other_images.get(key)
    return samples


def _system_folder(name: str) -> str:
    """Return the folder of the operating system that a member is in; "" for none."""
    folders = name.split("/")[:-1]
    place = next((place for place, folder in enumerate(folders, 1) if is_system_folder(folder)), 0)
    return "/".join(folders[:place])


def _add_sample(part: ShardPart, shard: str, sample: _Sample, label: str) -> None:
    first, *more = sample.images
    part.problems += [
        f"{image}: is in the shard twice; remove one"
        if image.name == first.name
        else f"{image}: is a second image of its key, beside {first.name}"
        for image in more
    ]
    repeats = [] if more else sample.second_labels  # a sample that stands there twice is one problem
    part.problems += [f"{shard}/{name}: is a second label of its key; remove one" for name in repeats]
    if sample.has_bad_label:
        part.lacks_labels = True
    else:
        part.add(first, label, is_empty=not first.size)


def _image_hint(key: str, image: str | None) -> str:
    """Return why the image beside a label has another key, and what helps; "" if there is no image."""
    if image is None:
        return ""
    ending = image.rpartition(".")[2]
    if not is_image_name(image):
        return f": Pillow cannot read {image} here; convert it to JPEG"
    return f": a key ends at the first dot of a name, so rename {image} to {key}.{ending}"


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
    path: Path, shard: str, fields: tuple[str, ...], part: ShardPart
) -> Iterator[tuple[str, Member, bytes | None]]:
    """Yield the name, the place, and for a label the content, of each file in an archive.

    Damage ends the archive. It adds a line to the problems of ``part``, as does a member that is not a file.
    """
    file, member, problems = Path(shard), "", part.problems
    label_endings = {name if not name.startswith("json.") else "json" for name in fields}
    try:
        for archive, info in _entries(path):
            member = info.name
            if info.isdir():
                continue
            name = info.name.removeprefix("./")
            if not info.isreg() or info.issparse():
                part.lacks_labels = True
                problems.append(f"{shard}/{name}: is a link, a device or sparse; store a plain file")
                continue
            ending = split_name(name)[1]
            stream = archive.extractfile(info) if ending in label_endings else None
            place = Member(file, name, info.offset_data, info.size)
            yield name, place, None if stream is None else stream.read()
    except _CutOffError:
        part.lacks_labels = True
        problems.append(
            f"{shard}/{member}: the archive is damaged or cut off after this member; copy it again"
        )
    except (tarfile.TarError, EOFError) as error:
        part.lacks_labels = True
        problems.append(f"{shard}{member and '/'}{member}: {_damage(path, member, error)}")


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


def _damage(path: Path, last_member: str, error: Exception) -> str:
    with path.open("rb") as stream:
        beginning = stream.read(8)
    if beginning.startswith(COMPRESSED_SIGNATURES):
        return "is compressed, so that nothing in it can be found by its place; decompress it to .tar"
    if is_lfs_pointer(path):
        return f"is {LFS_PROBLEM}"
    if last_member:
        return f"the archive is cut off in this member ({error}); copy it again"
    return f"is not a tar archive ({error}); copy it again"


def _next_archive(stream: BinaryIO, end: int) -> int | None:
    """Return the place of the first block after an archive that is not all zeros; None if there is none.

    Raises _CutOff unless a block of zeros marks the end, as `tarfile` does not check.
    """
    stream.seek(end)
    if stream.read(tarfile.BLOCKSIZE) != tarfile.NUL * tarfile.BLOCKSIZE:
        raise _CutOffError
    while block := stream.read(SEARCHED_BYTES):
        if content := block.lstrip(tarfile.NUL):
            place = stream.tell() - len(content)
            return place - (place - end) % tarfile.BLOCKSIZE
    return None


def _labels(ending: str, content: bytes, fields: tuple[str, ...]) -> dict[str, str]:
    try:
        text = content.decode("utf-8-sig").strip()
    except UnicodeDecodeError:
        raise _LabelError("is not text in UTF-8") from None
    if ending != "json":
        return {ending: without_unknown(text)}
    try:
        values = json.loads(text, object_pairs_hook=distinct_keys)
    except RepeatedKeyError as error:
        raise _LabelError(str(error)) from None
    except (ValueError, RecursionError) as error:
        raise _LabelError(f"is not JSON ({error})") from None
    if not isinstance(values, dict):
        raise _LabelError("is JSON, but no object of names and values")
    keys = {name: name.removeprefix("json.") for name in fields if name.startswith("json.")}
    return {name: _label_of(key, values[key]) for name, key in keys.items() if key in values}


def _label_of(key: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str | int) and not isinstance(value, bool):
        return without_unknown(str(value).strip())
    raise _LabelError(f"{key!r} is {value!r}; a label is a text or a whole number")
