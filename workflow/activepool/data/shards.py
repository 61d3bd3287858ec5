"""Shards: the files that hold the images of a dataset, from a pattern, and the part that each belongs to."""

import os
import re
from collections.abc import Iterator
from glob import has_magic
from itertools import product
from pathlib import Path
from typing import NamedTuple

from activepool.data.class_names import NO_LABEL_PREFIX
from activepool.data.listed_paths import repeated_files
from activepool.data.listing import existing_folder
from activepool.data.previews import MAX_PREVIEWED
from activepool.errors import MAX_NAMES, InputError, Problems, first_few
from activepool.io.files import size_and_times

#: How the files of each kind of dataset in shards end, and compressed archives, where no image has a place.
ENDINGS = {"webdataset": (".tar",), "huggingface": (".parquet", ".arrow")}
COMPRESSED_ENDINGS = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst")

#: The usual size of an image in a shard, to see from their sizes whether a preview takes too long.
BYTES_PER_IMAGE = 10_000

#: Words that name a part, in the names of shards or of their folders; ``test`` comes before ``validation``.
PART_WORDS = {
    "train": ("train", "training"),
    "test": ("test", "testing"),
    "validation": ("validation", "valid", "val", "dev"),
}

#: The part of shards with a word such as ``unlabeled``, whose images join the train part.
UNLABELLED = "unlabelled"

#: ``{000..010}`` and ``{train,extra}``.
BRACES = re.compile(r"\{([^{}]*)\}")
NUMBER_RANGE = re.compile(r"(\d+)\.\.(\d+)")

#: How URLs begin, and the commands that WebDataset takes for shards.
URL = re.compile(r"[A-Za-z0-9+]{2,}://|pipe:")

#: A name on the Hugging Face Hub: of a dataset, with or without its owner.
HUB_NAME = re.compile(r"[\w-][\w.-]*(/[\w-][\w.-]*)?")

#: More shards than any dataset has.
MAX_SHARDS = 1_000_000


class Shards(NamedTuple):
    """The shards of a dataset in a folder, in their order, and what a person should know, a line each."""

    root: Path
    train: list[str]
    test: list[str]
    notices: tuple[str, ...] = ()

    @property
    def states(self) -> list[tuple[str, tuple[int, int, int]]]:
        """The path of each shard, and its size and times."""
        return [(path, size_and_times(self.root / path)) for path in [*self.train, *self.test]]

    @property
    def is_large(self) -> bool:
        """Whether listing the images takes longer than a preview may."""
        return sum(size for _, (size, *_) in self.states) > MAX_PREVIEWED * BYTES_PER_IMAGE


def list_shards(kind: str, path: str | Path, test_path: str | Path | None = None) -> Shards:
    """List the shards of a dataset.

    Args:
        kind: of the dataset, a key of ENDINGS.
        path: a file; a folder, which is searched with all folders in it; or a pattern with ``*``, ``?``,
            ``[...]``, ``{000..010}`` and ``{a,b}``.
        test_path: the same for the test part. If None, the shards belong to the parts that they name:
            ``test``, or else ``val`` or ``validation``, in the name of the file or of a folder, is the test
            part; the others are the train part, or those that name ``train`` or ``unlabelled``, if some do.

    Raises: InputError, with a line for each, for files that are not there.
    """
    root = shards_folder(path, test_path)
    notices: list[str] = []
    problems, train, test = Problems(), list[str](), list[str]()
    with problems.noted():
        train = _relative(root, _files(str(path), kind, notices))
    if test_path is not None:
        with problems.noted():
            test = _relative(root, _files(str(test_path), kind, notices))
    problems.raise_if_any()
    if shared := sorted(set(train) & set(test)):
        raise InputError(f"{root / shared[0]}: matches both path and test_path; keep it in one")
    shards = [*train, *test]
    for number, earlier in repeated_files(root, shards):
        raise InputError(f"{root / shards[number]}: links to the same shard as {shards[earlier]}; remove one")
    if test_path is not None:
        return Shards(root, train, test, tuple(notices))
    parts: dict[str, list[str]] = {}
    for shard in train:
        parts.setdefault(_part_of(shard), []).append(shard)
    test = parts.pop("test", []) or parts.pop("validation", [])
    unlabelled = parts.pop(UNLABELLED, [])
    train = (parts.pop("train", []) or parts.pop("", [])) + unlabelled
    if other_shards := [shard for part in parts.values() for shard in part]:
        examples = first_few(other_shards)
        notices.append(f"{root}: not taken: shards of other parts: {len(other_shards):,} ({examples})")
    if not train:
        raise InputError(
            f"{path}: all shards are of the test part ({first_few(test)}); add those of the train "
            "part, or rename them"
        )
    return Shards(root, train, test, tuple(notices))


def shards_folder(path: str | Path, test_path: str | Path | None = None) -> Path:
    """Return the folder that the paths of shards start from: that of a pattern, up to its first wildcard."""
    if test_path is None:
        return _fixed_folder(Path(path))
    folders = [_fixed_folder(Path(pattern)) for pattern in (path, test_path)]
    try:
        return Path(os.path.commonpath(folders))
    except ValueError:
        raise InputError(f"{test_path}: path and test_path must both be absolute, or both relative") from None


def is_unlabelled(shard: str) -> bool:
    """Return whether the name of a shard, or of a folder, says that its images have no labels."""
    return _part_of(shard) == UNLABELLED


def _fixed_folder(path: Path) -> Path:
    """Return the folder that a pattern begins with, whose own name may have brackets and braces."""
    if path.is_dir():
        return path

    def is_pattern(folder: Path) -> bool:
        return has_magic(str(folder)) or BRACES.search(str(folder)) is not None

    return next(folder for folder in path.parents if folder.is_dir() or not is_pattern(folder))


def _relative(root: Path, files: list[Path]) -> list[str]:
    return [file.relative_to(root).as_posix() for file in files]


def _files(pattern: str, kind: str, notices: list[str]) -> list[Path]:
    """Return the files of a pattern, each once; a line about compressed archives goes to ``notices``."""
    path = Path(pattern)
    if path.is_dir():
        return _files_in(path, kind, notices)
    if URL.match(pattern):
        raise InputError(f"{pattern}: is a URL; copy the shards to a folder, and name that")
    folder = _fixed_folder(path)
    choices = _expansions(path.relative_to(folder).as_posix())
    files = [path] if path.is_file() else [file for text in choices for file in _matches(folder, text)]
    if not files:
        raise InputError(f"{pattern}: names no file; write a range as {{000..010}}")
    problems = [f"{file}: no such file" for file in dict.fromkeys(files) if not file.is_file()]
    if problems:
        if kind == "huggingface" and HUB_NAME.fullmatch(pattern) and not pattern.endswith(ENDINGS[kind]):
            raise InputError(
                f"{pattern}: no such folder or file; a name on the Hugging Face Hub is not a path: fetch its "
                f"files, hf download {pattern} --repo-type dataset --local-dir FOLDER, and give path: FOLDER"
            )
        existing_folder(folder, "the folder of the shards")
        more = [f"{pattern}: {len(problems) - MAX_NAMES} more are missing"] * (len(problems) > MAX_NAMES)
        raise InputError(*problems[:MAX_NAMES], *more)
    return list(dict.fromkeys(files))


def _files_in(folder: Path, kind: str, notices: list[str]) -> list[Path]:
    endings = ENDINGS[kind]
    searched_endings = (*endings, *COMPRESSED_ENDINGS) if kind == "webdataset" else endings
    candidates = sorted(file for file in folder.rglob("*") if file.name.lower().endswith(searched_endings))
    candidates = [file for file in candidates if not _is_hidden(file.relative_to(folder)) and file.is_file()]
    files = [file for file in candidates if file.name.lower().endswith(endings)]
    compressed = _relative(folder, [file for file in candidates if not file.name.lower().endswith(endings)])
    archives = f"compressed archives: {len(compressed):,} ({first_few(compressed)}); decompress them to .tar"
    if not files:
        contents = f"; it holds {archives}" if compressed else ""
        raise InputError(f"{folder}: holds no file that ends in {' or '.join(endings)}{contents}")
    if compressed:
        notices.append(f"{folder}: not taken: {archives}")
    return files


def _matches(folder: Path, pattern: str) -> list[Path]:
    """Return the files in a folder that a pattern without braces matches; the pattern if there are none."""
    matches = sorted(folder.glob(pattern)) if has_magic(pattern) else []
    return [file for file in matches if not _is_hidden(file.relative_to(folder))] or [folder / pattern]


def _expansions(pattern: str) -> Iterator[str]:
    texts = BRACES.split(pattern)  # alternates what is outside and inside of braces
    choices = [_choices(text) if place % 2 else [text] for place, text in enumerate(texts)]
    return map("".join, product(*choices))


def _choices(text: str) -> list[str]:
    match = NUMBER_RANGE.fullmatch(text)
    if not match:
        return text.split(",")
    first, last = match.groups()
    if int(last) - int(first) >= MAX_SHARDS:
        raise InputError(f"{{{text}}}: a pattern may name {MAX_SHARDS:,} shards at most")
    return [str(number).zfill(len(first)) for number in range(int(first), int(last) + 1)]


def _is_hidden(path: Path) -> bool:
    """Return whether a file is hidden, or one in which `datasets` caches its results."""
    is_cache = path.suffix == ".arrow" and path.name.startswith("cache-")
    return is_cache or any(name.startswith(".") for name in path.parts)


def _part_of(shard: str) -> str:
    """Return the part that a word in the name of a shard, or else of its folders, names; "" for none."""
    for name in reversed(Path(shard).parts):
        words = re.split("[^a-z]+", name.lower())
        for part, names in PART_WORDS.items():
            if any(word in names for word in words):
                return part
        if any(word.startswith(NO_LABEL_PREFIX) for word in words):
            return UNLABELLED
    return ""
