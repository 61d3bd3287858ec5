"""Lists of image files in folders, in an order that depends only on their names."""

import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path

import numpy as np

from activepool.data.class_names import NO_LABEL_PREFIX, letters_of, no_such_class, sorted_names
from activepool.data.image_formats import is_image_name
from activepool.data.listed_paths import repeated_files
from activepool.data.omissions import Omissions
from activepool.data.samples import UNKNOWN, Part
from activepool.errors import InputError, first_lines
from activepool.io.files import has_line_break, start_of

#: Suffixes of image files that a message shows; there are more.
COMMON_ENDINGS = (".jpg", ".png", ".tif", ".webp")

#: The folder, among the class folders or beside train, of images whose class is not known.
UNLABELLED = "unlabelled"

#: Folder names that more often mean a part of a dataset than a class.
PART_NAMES = ("train", "training", "test", "testing", "val", "valid", "validation", "dev")

#: Those that are read as parts.
READ_PARTS = ("train", "test", "val")

#: Folders that systems make, in lower case: in macOS's archives, for Synology's and QNAP's thumbnails, for
#: bins and file systems. Their images are not samples.
SYSTEM_FOLDERS = (
    *("__macosx", "@eadir", "#recycle", "@recycle", "$recycle.bin"),
    *("system volume information", "lost+found"),
)

#: Images in a folder that is not read are counted up to this number.
MAX_COUNTED = 100_000


def existing_folder(path: str | Path, meaning: str) -> Path:
    """Return ``path`` as a Path; raises InputError, with its ``meaning``, if it is not a folder."""
    path = Path(path)
    if not path.is_dir():
        raise InputError(f"{path}: {_absence(path)} folder; it must be {meaning}{start_of(path)}")
    return path


def existing_file(path: str | Path, meaning: str) -> Path:
    """Return ``path`` as a Path; raises InputError, with its ``meaning``, if it is not a file."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: {_absence(path)} file; it must be {meaning}{start_of(path)}")
    return path


def _absence(path: Path) -> str:
    if re.match(r"[A-Za-z0-9+]{2,}:/", str(path)):  # a Path has one slash of //
        return "is a URL (only a manifest may list images by their URLs), and not a"
    return "is not a" if path.exists() else "no such"


def part_hint(root: Path) -> str:
    """Return a hint at folders whose names mean a part, but are not read as one; empty if there are none."""
    names = [name for name in _visible_names(root) if (root / name).is_dir() and name.lower() in PART_NAMES]
    unread = [f"{name}/" for name in names if name not in READ_PARTS]
    return f"; of {', '.join(unread)}, rename the one that is meant" if unread else ""


def is_system_folder(name: str) -> bool:
    """Return whether a folder has a name that only an operating system or a file server gives."""
    return name.lower() in SYSTEM_FOLDERS


def class_folders(folder: Path) -> list[str]:
    """Return the names of the class folders in ``folder``, in the order of the classes.

    Raises: InputError if there are none, or if an image lies outside them and thus belongs to no class.
    """
    names = _visible_names(folder)
    stray_images = [name for name in names if is_image_name(name) and (folder / name).is_file()]
    if stray_images:
        is_part = folder.name.lower() in PART_NAMES
        hint = f"; a class called {folder.name} needs another name" if is_part else ""
        raise InputError(
            f"{folder / stray_images[0]}: lies in no class folder ({len(stray_images)} such images); "
            f"move it to {folder}/<class>/, or to {folder}/{UNLABELLED}/ if its class is not known{hint}"
        )
    classes = [
        name
        for name in names
        if not _is_unlabelled(name) and not is_system_folder(name) and (folder / name).is_dir()
    ]
    if not classes:
        raise InputError(f"{folder}: has no class folders; it must hold one folder of images per class")
    return sorted_names(classes)


def list_class_folders(root: Path, folder: str, class_names: list[str], omissions: Omissions) -> Part:
    """List the images of ``root/folder/<class>/``, class by class, then the unlabelled ones.

    ``class_names`` are those of the train part; ``omissions`` counts the files that are not taken.

    Raises: InputError, with a line for each, if a class folder holds no image, or is of no known class.
    """
    number_of = {name: number for number, name in enumerate(class_names)}
    labels: list[int] = []
    paths: list[str] = []
    problems: list[str] = []
    omissions.hidden += _folders(root, folder, _is_hidden)
    omissions.system_folders += _folders(root, folder, is_system_folder)
    for name in _visible_names(root / folder):
        if not (root / folder / name).is_dir():
            _leave_out(root, Path(folder, name).as_posix(), omissions)
    for name in class_folders(root / folder):
        if name not in number_of:
            problems.append(f"{root / folder / name}: {no_such_class(name, class_names)}")
            continue
        path = Path(folder, name).as_posix()
        images = sorted(_files_under(root, path, omissions))
        if not images:
            problems.append(
                f"{root / folder / name}: holds no image ({', '.join(COMMON_ENDINGS)}, ...); "
                "add some, or remove the folder"
            )
        if name.lower() in PART_NAMES:
            omissions.parts.append(path)
        parents = (image.rpartition("/")[0] for image in images)
        omissions.nested.update(parent for parent in parents if parent != path)
        paths += images
        labels += [number_of[name]] * len(images)
    if problems:
        raise InputError(*problems)
    part = Part.from_files(labels, paths)
    for name in _folders(root, folder, _is_unlabelled):
        part = with_unlabelled(part, root, name, omissions)
    return part


def with_unlabelled(part: Part, root: Path, folder: str, omissions: Omissions) -> Part:
    """Return ``part`` followed by the images of ``root/folder``, without labels."""
    images = sorted(_files_under(root, folder, omissions))
    if not images:
        omissions.empty.append(folder)
    labels = np.concatenate([part.labels, np.full(len(images), UNKNOWN)])
    return Part.from_files(labels, [*part.sources, *images])


def count_outside_parts(root: Path, parts: Iterable[str], omissions: Omissions) -> list[str]:
    """Count images outside the folders of the parts; return the folders of unlabelled ones among these."""
    unlabelled = _folders(root, "", _is_unlabelled)
    for name in _visible_names(root):
        if name in parts or name in unlabelled:
            continue
        path = root / name
        if path.is_dir():
            files = _files_under(root, name, Omissions())
            omissions.outside_parts[f"{name}/"] = sum(1 for _ in islice(files, MAX_COUNTED))
        elif is_image_name(name) and path.is_file():
            omissions.outside_parts["in no folder"] += 1
        elif _leads_nowhere(path):
            omissions.broken_links.append(name)
    omissions.outside_parts = +omissions.outside_parts
    return unlabelled


def require_usable(root: Path, paths: Sequence[str], omissions: Omissions) -> None:
    """Raise InputError, with a line for each, for mistakes in the listed ``paths`` and in ``omissions``.

    These are names that files cannot hold, links to folders above them, and links to images that are listed,
    too.
    """
    cycle_lines = [
        f"{root / path}: is a link to a folder above it; remove it, or link to another folder"
        for path in omissions.link_cycles
    ]
    line_break_lines = [
        f"{root}: the file name {path!r} has a line break; rename it"
        for path in paths
        if has_line_break(path)
    ]
    encoding_lines = [
        f"{root}: the file name {os.fsencode(path)!r} is not UTF-8; rename it"
        for path in paths
        # Most names are ASCII, and a look at each letter of a million takes seconds.
        if not path.isascii() and any("\ud800" <= letter <= "\udfff" for letter in path)
    ]
    repeated_lines = [
        f"{root / paths[number]}: links to the image {paths[earlier]}, which is listed, too; "
        "an image cannot be listed twice"
        for number, earlier in repeated_files(root, paths, set(omissions.links))
    ]
    kinds = (cycle_lines, line_break_lines, encoding_lines, repeated_lines)
    if lines := [line for kind in kinds for line in first_lines(kind, root)]:
        raise InputError(*lines)


def holds_more_than(root: Path, limit: int) -> bool:
    """Return whether there are more than ``limit`` images under ``root``, without listing all of them."""
    files = _files_under(root, "", Omissions())
    return next(islice(files, limit, None), None) is not None


def _files_under(root: Path, folder: str, omissions: Omissions) -> Iterator[str]:
    """Yield the image files under ``root/folder``, sub-folders included, as paths relative to ``root``.

    A broken link is one of them: reading it will fail with a message. Other files are counted in
    ``omissions``.
    """
    try:
        with os.scandir(root / folder) as scan:
            entries = list(scan)
    except OSError as error:
        raise InputError(f"{error.filename}: cannot be listed ({error.strerror})") from error
    for entry in entries:
        path = f"{folder}/{entry.name}" if folder else entry.name
        is_folder = _is_kind(entry.is_dir)
        if _is_hidden(entry.name):
            if is_folder or is_image_name(entry.name):
                omissions.hidden.append(path)
        elif is_folder and is_system_folder(entry.name):
            omissions.system_folders.append(path)
        elif is_folder:
            if _leads_up(entry.path):
                omissions.link_cycles.append(path)
            else:
                yield from _files_under(root, path, omissions)
        elif not is_image_name(entry.name):
            _leave_out(root, path, omissions)
        elif not _is_kind(entry.is_file) and os.path.exists(entry.path):  # noqa: PTH110
            omissions.special_files.append(path)
        else:
            if entry.is_symlink():
                omissions.links.append(path)
            yield path


def _leave_out(root: Path, path: str, omissions: Omissions) -> None:
    """Count a file that is not an image, or a link that leads nowhere, perhaps to a folder of images."""
    if _leads_nowhere(root / path):
        omissions.broken_links.append(path)
    else:
        omissions.endings[Path(path).suffix.lower() or "none"] += 1


def _leads_nowhere(path: Path) -> bool:
    return path.is_symlink() and not path.exists()


def _is_kind(check: Callable[[], bool]) -> bool:
    """Return the result of ``check``; False if it fails, such as for a link in a circle."""
    try:
        return check()
    except OSError:
        return False


def _leads_up(folder: str) -> bool:
    """Return whether a folder is a link to one above it, whose listing would never end."""
    if not os.path.islink(folder):  # noqa: PTH114
        return False
    link = Path(os.path.abspath(folder))  # noqa: PTH100, unlike Path.resolve it follows no link
    return link.resolve() in [parent.resolve() for parent in link.parents]


def _folders(root: Path, folder: str, predicate: Callable[[str], bool]) -> list[str]:
    """Return the folders in ``root/folder`` with such names, sorted, as paths relative to ``root``."""
    paths = sorted((root / folder).iterdir())
    return [path.relative_to(root).as_posix() for path in paths if predicate(path.name) and path.is_dir()]


def _visible_names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not _is_hidden(path.name))


def _is_hidden(name: str) -> bool:
    return name.startswith(".")  # such as macOS's ._x.jpg


def _is_unlabelled(name: str) -> bool:
    """Return whether a name is `UNLABELLED` or begins so, in either spelling: _unlabeled, unlabeled2017."""
    return letters_of(name).startswith(NO_LABEL_PREFIX)
