"""Image files in folders, in an order that depends on their names alone."""

import os
from collections.abc import Iterator
from pathlib import Path

from activepool.data.samples import UNKNOWN, Part
from activepool.errors import InputError

#: What an image file's name ends with, in lower case.
IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".ppm", ".pgm")

#: The folder, among those of the classes, of images whose class is not known; in both spellings.
UNLABELLED = ("unlabelled", "unlabeled")


def existing_folder(path: str | Path, meaning: str) -> Path:
    """Return ``path`` as a Path; raises InputError, with what it should be, if it is not a folder."""
    path = Path(path)
    if not path.is_dir():
        raise InputError(f"{path}: no such folder; it must be {meaning}")
    return path


def existing_file(path: str | Path, meaning: str) -> Path:
    """Return ``path`` as a Path; raises InputError, with what it should be, if it is not a file."""
    path = Path(path)
    if not path.is_file():
        raise InputError(f"{path}: no such file; it must be {meaning}")
    return path


def class_folders(folder: Path) -> list[str]:
    """Return the names of the class folders in ``folder``, sorted.

    Raises: InputError if there are none, or if an image lies beside them and so belongs to no class.
    """
    names = _visible([path.name for path in folder.iterdir()])
    stray = [name for name in names if _is_image(name) and (folder / name).is_file()]
    if stray:
        raise InputError(
            f"{folder / stray[0]}: lies in no class folder ({len(stray)} such images); "
            f"move it to {folder}/<class>/, or to {folder}/{UNLABELLED[0]}/ if its class is not known"
        )
    classes = [name for name in names if name not in UNLABELLED and (folder / name).is_dir()]
    if not classes:
        raise InputError(f"{folder}: has no class folders; it must hold one folder of images per class")
    return classes


def list_class_folders(root: Path, folder: str, class_names: list[str]) -> Part:
    """List the images of ``root/folder/<class>/``, class by class, then the unlabelled ones.

    Raises: InputError if a class folder holds no image, or is not of a known class.
    """
    index = {name: number for number, name in enumerate(class_names)}
    labels: list[int] = []
    paths: list[str] = []
    for name in class_folders(root / folder):
        if name not in index:
            raise InputError(f"{root / folder / name}: the train part has no class {name!r}")
        found = _images_under(root, Path(folder, name))
        if not found:
            raise InputError(
                f"{root / folder / name}: holds no image ({', '.join(IMAGE_SUFFIXES)}); "
                "add some, or remove the folder"
            )
        paths += found
        labels += [index[name]] * len(found)
    for name in (name for name in UNLABELLED if (root / folder / name).is_dir()):
        found = _images_under(root, Path(folder, name))
        paths += found
        labels += [UNKNOWN] * len(found)
    _require_plain_names(root, paths)
    return Part.of_files(labels, paths)


def holds_more_than(root: Path, limit: int) -> bool:
    """Tell whether there are more than ``limit`` files under ``root``, without a look at all of them."""
    return any(number > limit for number, _ in enumerate(_files_under(root, Path()), start=1))


def leads_out(path: str) -> bool:
    """Tell whether a relative path leaves the folder that it starts from, by ``..``."""
    return Path(os.path.normpath(path)).parts[:1] == (os.pardir,)


def has_line_break(path: str) -> bool:
    """Tell whether a name would break the lines of messages and of index files."""
    return len(path.splitlines()) > 1


def _images_under(root: Path, folder: Path) -> list[str]:
    return sorted(path for path in _files_under(root, folder) if _is_image(path))


def _files_under(root: Path, folder: Path) -> Iterator[str]:
    """Yield all files under ``root/folder``, sub-folders included, as paths relative to ``root``."""
    for parent, folders, files in os.walk(root / folder, followlinks=True, onerror=_stop):
        folders[:] = _visible(folders)
        for name in folders:
            _require_no_circle(os.path.join(parent, name))  # noqa: PTH118, a Path for each folder takes long
        below = os.path.relpath(parent, root)
        yield from (f"{below}/{name}" for name in _visible(files))


def _require_no_circle(folder: str) -> None:
    """Raise InputError for a link to a folder above it, below which there is no end of folders."""
    if not os.path.islink(folder):  # noqa: PTH114
        return
    link = Path(os.path.abspath(folder))  # noqa: PTH100, which unlike Path.resolve follows no link
    if link.resolve() in [above.resolve() for above in link.parents]:
        raise InputError(f"{folder}: is a link to a folder above it; remove it, or link to another folder")


def _stop(error: OSError) -> None:
    """Keep os.walk from passing over a folder that it may not read."""
    raise InputError(f"{error.filename}: cannot be listed ({error.strerror})")


def _visible(names: list[str]) -> list[str]:
    """Return the names, sorted, without hidden ones (macOS leaves a ``._x.jpg`` beside x.jpg)."""
    return sorted(name for name in names if not name.startswith("."))


def _is_image(name: str) -> bool:
    return name.lower().endswith(IMAGE_SUFFIXES)


def _require_plain_names(root: Path, paths: list[str]) -> None:
    for path in paths:
        if has_line_break(path):
            raise InputError(f"{root}: the file name {path!r} has a line break; rename it")
        try:
            path.encode()
        except UnicodeEncodeError:
            raise InputError(f"{root}: the file name {os.fsencode(path)!r} is not UTF-8; rename it") from None
