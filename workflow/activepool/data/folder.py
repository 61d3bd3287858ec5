"""Folders of images, whose sub-folders are the classes."""

from pathlib import Path
from typing import Any

from activepool.data.listing import (
    class_folders,
    count_outside_parts,
    existing_folder,
    holds_more_than,
    list_class_folders,
    part_hint,
    require_usable,
    with_unlabelled,
)
from activepool.data.omissions import Omissions
from activepool.data.previews import MAX_PREVIEWED
from activepool.data.samples import Samples, require_one_test_part, split_off_test
from activepool.errors import InputError

#: What an image folder is, for messages.
FOLDER_FORM = "a folder of images, one sub-folder per class"


def load(root: str | Path, test_fraction: float | None = None) -> Samples:
    """List an image folder.

    It has one of these forms:

        root/train/<class>/...  with  root/test/<class>/...  (or root/val/, where there is no test/)
        root/<class>/...  or just  root/train/<class>/...  with ``test_fraction``

    Images in ``unlabelled/`` (beside the class folders, or beside train/) are train samples without a known
    label. Classes are numbered in the order of their names, as numbers if all names are numbers. Without a
    test folder, ``test_fraction`` is the share of each class to split off as test part.
    """
    root = existing_folder(root, FOLDER_FORM)
    test_folder = next((name for name in ("test", "val") if (root / name).is_dir()), None)
    train_folder = "train" if (root / "train").is_dir() else ""
    if test_folder and not train_folder:
        raise InputError(
            f"{root}: has {test_folder}/ but no train/; add train/<class>/ with the train images "
            f"(a class called {test_folder} needs another name){part_hint(root)}"
        )
    test_part = f"{test_folder or 'test'}/<class>/"
    require_one_test_part(root, test_folder is not None, test_part, test_fraction, part_hint(root))
    return list_parts(root, train_folder, test_folder, test_fraction)


def is_large(root: str | Path, **options: Any) -> bool:
    """Return whether listing an image folder takes long; raises InputError if there is none."""
    return holds_more_than(existing_folder(root, FOLDER_FORM), MAX_PREVIEWED)


def list_parts(
    root: Path, train_folder: str, test_folder: str | None, test_fraction: float | None = None
) -> Samples:
    """List the train and the test folder, of the same classes, and the unlabelled images beside them.

    ``train_folder`` is "" if the classes are folders in ``root`` itself, and ``test_folder`` None for a test
    part that is split off.
    """
    omissions = Omissions()
    folders = [train_folder, test_folder] if test_folder else [train_folder]
    class_names = class_folders(root / train_folder)
    train, *test_parts = (list_class_folders(root, folder, class_names, omissions) for folder in folders)
    for folder in count_outside_parts(root, folders, omissions) if train_folder else ():
        train = with_unlabelled(train, root, folder, omissions)
    require_usable(root, [path for part in (train, *test_parts) for path in part.sources], omissions)
    if test_fraction is None:
        (test,) = test_parts
    else:
        train, test = split_off_test(train, test_fraction)
    return Samples(train, test, class_names, str(root), notices=omissions.notices(root))
