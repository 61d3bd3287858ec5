"""Any folder of images: the classes are its sub-folders."""

from pathlib import Path

from activepool.data.listing import class_folders, existing_folder, holds_more_than, list_class_folders
from activepool.data.previews import LISTED_AT_ONCE, Preview
from activepool.data.samples import Samples, require_one_test_part, split_off_test
from activepool.errors import InputError


def load(root: str | Path, test_fraction: float | None = None) -> Samples:
    """List an image folder.

    Either form will do:

        root/train/<class>/...  with  root/test/<class>/...  (or root/val/, where there is no test/)
        root/<class>/...  or just  root/train/<class>/...  with ``test_fraction``

    Images in ``unlabelled/`` (beside the class folders) are train samples whose label is not known. Classes
    are numbered in the order of their names.

    Args:
        root: the folder.
        test_fraction: of each class, what part is split off for the test, where there is no test folder.
    """
    root = existing_folder(root, "a folder of images, one sub-folder per class")
    test_folder = next((name for name in ("test", "val") if (root / name).is_dir()), None)
    train_folder = "train" if (root / "train").is_dir() else ""
    if test_folder and not train_folder:
        raise InputError(
            f"{root}: has {test_folder}/ but no train/; add train/<class>/ with the train images"
        )
    require_one_test_part(root, test_folder is not None, f"{test_folder or 'test'}/<class>/", test_fraction)
    if test_folder:
        return list_two_parts(root, train_folder, test_folder)
    class_names = class_folders(root / train_folder)
    part = list_class_folders(root, train_folder, class_names)
    return Samples(*split_off_test(part, test_fraction), class_names, str(root))


def preview(root: str | Path, test_fraction: float | None = None) -> Preview | None:
    """Count the classes of an image folder, unless it is large."""
    root = existing_folder(root, "a folder of images, one sub-folder per class")
    return None if holds_more_than(root, LISTED_AT_ONCE) else Preview.of(load(root, test_fraction))


def list_two_parts(root: Path, train_folder: str, test_folder: str) -> Samples:
    """List a train and a test folder of the same classes."""
    class_names = class_folders(root / train_folder)
    parts = (list_class_folders(root, folder, class_names) for folder in (train_folder, test_folder))
    return Samples(*parts, class_names, str(root))
