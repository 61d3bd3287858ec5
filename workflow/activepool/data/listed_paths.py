"""Paths of image files in the lists that people write."""

import os
import re
from collections.abc import Iterable, Iterator, Set
from functools import cache
from pathlib import Path, PurePosixPath
from unicodedata import normalize
from urllib.parse import unquote

from activepool.data.class_names import quoted
from activepool.data.urls import is_url, plain_url

#: How absolute paths of Windows begin: ``D:\`` or ``\\server\``.
WINDOWS_ROOT = re.compile(r"[A-Za-z]:[\\/]|\\\\")


def written_path(root: Path, path: str) -> str:
    """Return the path in a cell or line: as it is or, if only that names a file in ``root``, stripped."""
    plain = path.strip()
    # Unlike Path.is_file, this returns False for a name that is too long.
    if plain != path and not os.path.isfile(root / path) and os.path.isfile(root / plain):  # noqa: PTH113
        return plain
    return path


def spelling_hint(root: Path, path: str) -> str:
    """Return a hint at another spelling of a path, under which there is a file; empty if there is none.

    Lists from elsewhere have backslashes, ``%20`` as in an address, letters in another Unicode form, or the
    name of ``root`` before the path, or the folders of another computer that has Windows.
    """
    posix_path = path.strip().replace("\\", "/")
    decoded = dict.fromkeys((posix_path, unquote(posix_path)))
    inside = [text.partition(f"{root.name}/")[2] for text in decoded]
    if WINDOWS_ROOT.match(path.strip()):
        folders = [*PurePosixPath(posix_path).parents][-2::-1]
        inside += [posix_path.removeprefix(f"{folder}/") for folder in folders]
    forms = [normalize(form, text) for text in (*decoded, *inside) for form in ("NFC", "NFD") if text]
    spellings = [form for form in dict.fromkeys((posix_path, *forms)) if form != path]
    # Unlike Path.is_file, this returns False for a name that is too long.
    match = next((form for form in spellings if os.path.isfile(root / form)), None)  # noqa: PTH113
    return f"; did you mean {quoted(match)}?" if match else ""


def leads_out(path: str) -> bool:
    """Return whether a relative path leaves its folder by ``..``."""
    return Path(os.path.normpath(path)).parts[:1] == (os.pardir,)


def repeated_path_problem(path: str, earlier: str, where: str) -> str:
    """Return the message about a path whose file was given before, as the path ``earlier`` at a place."""
    spelling = f", as {earlier!r}" if path != earlier else ""
    return f"path {path!r} was given before, in {where}{spelling}"


def repeated_files(
    root: Path, paths: Iterable[str], links: Set[str] | None = None
) -> Iterator[tuple[int, int]]:
    """Yield the number of each path, in ``root``, whose file an earlier path names, and the earlier number.

    Two paths name one file if they are equal, spelled in two ways, or lead to it by links. URLs are equal as
    a server sees them, see `plain_url`. ``links`` are those of the paths that are links; by default, this
    looks at each file.
    """
    real_folder = cache(os.path.realpath)
    start = str(root).rstrip("/")
    first_numbers: dict[str, int] = {}
    for number, path in enumerate(paths):
        file = path if path.startswith("/") else f"{start}/{path}"
        folder, _, name = file.rpartition("/")
        if is_url(path):
            real_path = plain_url(path)
        elif os.path.islink(file) if links is None else path in links:  # noqa: PTH114
            real_path = os.path.realpath(file)
        else:
            real_path = os.path.join(real_folder(f"{folder}/"), name)  # noqa: PTH118
        if (earlier := first_numbers.setdefault(real_path, number)) != number:
            yield number, earlier
