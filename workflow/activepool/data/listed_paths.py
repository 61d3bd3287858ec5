"""Paths of image files in the lists that people write."""

import os
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

from activepool.data.urls import is_url


def written_path(root: Path, path: str) -> str:
    """Return the file of a cell or a line: the path as it is or, if only that exists, without outer blanks.

    Args:
        root: the folder that relative paths start from.
        path: as it is written.
    """
    plain = path.strip()
    # Unlike Path.is_file, this returns False for a name that is too long.
    if plain != path and not os.path.isfile(root / path) and os.path.isfile(root / plain):  # noqa: PTH113
        return plain
    return path


def leads_out(path: str) -> bool:
    """Return whether a relative path leaves its folder by ``..``."""
    return Path(os.path.normpath(path)).parts[:1] == (os.pardir,)


def given_before(path: str, before: str, where: str) -> str:
    """Return the message about a path whose file was given before, as the path ``before`` at a place."""
    spelling = f", as {before!r}" if path != before else ""
    return f"path {path!r} was given before, in {where}{spelling}"


def repeated_files(
    root: Path, paths: Iterable[str], is_link: Callable[[str], bool] = os.path.islink
) -> Iterator[tuple[int, int]]:
    """Yield the number of each path whose file an earlier path has, and of that path.

    Two paths have one file if they are equal, spelled in two ways, or lead to it by links. A URL is like no
    other text.

    Args:
        root: the folder that relative paths start from.
        paths: of files, or URLs.
        is_link: whether the file at a path, joined to ``root``, is a link.
    """
    real_folder = cache(os.path.realpath)
    first: dict[str, int] = {}
    for number, path in enumerate(paths):
        folder, name = os.path.split(file := os.path.join(root, path))  # noqa: PTH118
        if is_url(path):
            place = path
        elif is_link(file):
            place = os.path.realpath(file)
        else:
            place = f"{real_folder(folder)}/{name}"
        if (earlier := first.setdefault(place, number)) != number:
            yield number, earlier
