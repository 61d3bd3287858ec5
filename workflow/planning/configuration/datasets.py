"""The section ``dataset`` of a configuration: a model for each kind."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from activepool.data.settings import Imbalance
from planning.configuration.sections import Fraction, Name, PathText, Settings, as_name

#: The key that says where a user's own data are, by the kind of dataset. All others have the published files.
PLACES = {
    "folder": "root",
    "manifest": "path",
    "webdataset": "path",
    "huggingface": "path",
    "embeddings": "path",
}

#: The longest name that is made from a path.
MAX_NAME = 100


def default_name(section: Mapping[str, Any]) -> str:
    """Return the default name of a dataset, without imbalance and fraction; two datasets have two names.

    For a user's own data it ends with the last two parts of the path, such as ``folder_birds_photos``.

    Args:
        section: the section ``dataset``, whose values may still be wrong.
    """
    place = section.get(PLACES.get(str(section.get("kind")), ""))
    if not isinstance(place, str):
        return str(section.get("kind"))
    path = Path(place)
    last = path.stem if section["kind"] in ("manifest", "embeddings") else path.name
    parts = [part for part in [*path.parent.parts[-1:], last] if part not in (path.anchor, "..")]
    parts += [section["array"]] if isinstance(section.get("array"), str) else []
    name = as_name("_".join(parts))
    return f"{section['kind']}_{name[-MAX_NAME:]}".rstrip("_")


class DatasetSettings(Settings):
    """The keys of all kinds of dataset.

    Attributes:
        name: the dataset's folder below ``results/``; by default the kind, the end of the path, imbalance and
            fraction.
        imbalance: makes the training part long-tailed.
        fraction: the share of each class to use, in both parts; a larger share contains a smaller one.
        annotations: a CSV of labels that come later, with the columns ``source``, ``index`` and ``label``.
    """

    name: Name | None = None
    imbalance: Imbalance | None = None
    fraction: Annotated[float, Field(gt=0, le=1)] | None = None
    annotations: PathText | None = None


class ImageDatasetSettings(DatasetSettings):
    """The keys of all kinds of image files.

    Attributes, beside those of `DatasetSettings`:
        on_unreadable: what to do about an image that cannot be read: stop, or skip it with a notice.
        exif: what to do about the rotation that a camera records in EXIF.
    """

    on_unreadable: Literal["stop", "skip"] = "stop"
    exif: Literal["ignore", "apply"] = "ignore"


class Digits(DatasetSettings):
    """scikit-learn's handwritten digits: 1,797 real images of 8 × 8 pixels, without a download."""

    kind: Literal["digits"]


class Cifar(DatasetSettings):
    """CIFAR-10 or CIFAR-100, in torchvision's layout.

    Attributes, beside those of `DatasetSettings`:
        root: the folder of torchvision's files.
        download: whether torchvision fetches them if they are missing.
    """

    kind: Literal["cifar10", "cifar100"]
    root: PathText
    download: bool = False


class ImageNet(ImageDatasetSettings):
    """ImageNet: ``train/`` and ``val/``, with one folder per class.

    Attributes, beside those of `ImageDatasetSettings`:
        root: the folder that holds ``train/`` and ``val/``.
    """

    kind: Literal["imagenet"]
    root: PathText


class ImageNetLT(ImageDatasetSettings):
    """ImageNet-LT: ImageNet's folders, and list files with lines ``path label``.

    Attributes, beside those of `ImageDatasetSettings`:
        root: the folder that the paths are relative to.
        train_list, test_list: the list file of this part.
    """

    kind: Literal["imagenet_lt"]
    root: PathText
    train_list: PathText
    test_list: PathText


class Folder(ImageDatasetSettings):
    """A folder of images, with one subfolder per class.

    Attributes, beside those of `ImageDatasetSettings`:
        root: the folder that holds the class folders, or ``train/`` and ``test/`` with class folders in them.
        test_fraction: the share of each class that becomes the test part, if there is no folder ``test/``.
    """

    kind: Literal["folder"]
    root: PathText
    test_fraction: Fraction | None = None


class Manifest(ImageDatasetSettings):
    """A CSV of images: ``path`` (a file or a URL), ``label`` (may be empty), ``split``.

    Attributes, beside those of `ImageDatasetSettings`:
        path: the CSV file.
        root: the folder that the paths are relative to, and where the folder ``fetched`` gets the images of
            URLs; by default the folder of the CSV file.
        test_fraction: the share of each class that becomes the test part, if no row has the split ``test``.
        class_names: all classes, in the order of their numbers; needed if some have no label yet.
    """

    kind: Literal["manifest"]
    path: PathText
    root: PathText | None = None
    test_fraction: Fraction | None = None
    class_names: list[str] | None = None


class WebDataset(ImageDatasetSettings):
    """Tar shards in the form of WebDataset, read without unpacking.

    Attributes, beside those of `ImageDatasetSettings`:
        path: the shards: a file, a folder, or a pattern such as ``shards/train-{000..010}.tar``.
        test_path: the shards of the test part; by default, those in ``path`` whose names have the word
            ``test`` or ``val``.
        test_fraction: the share of each class that becomes the test part, if no shards are the test part.
        class_names: all classes, in the order of their numbers, if the labels are numbers.
        label: the field of the label: ``cls``, ``txt``, or ``json.KEY`` for a value in JSON; by default the
            first of ``cls``, ``json.label`` and ``txt`` that a sample has.
    """

    kind: Literal["webdataset"]
    path: PathText
    test_path: PathText | None = None
    test_fraction: Fraction | None = None
    class_names: list[str] | None = None
    label: PathText | None = None


class HuggingFace(ImageDatasetSettings):
    """A Hugging Face dataset on disk: Parquet files, or the Arrow files of ``save_to_disk``.

    Attributes, beside those of `ImageDatasetSettings`:
        path: the dataset's folder, a file, or a pattern such as ``data/{train,validation}-*.parquet``. Files
            or folders whose names have the word ``test``, or else ``validation``, are the test part.
        test_fraction: the share of each class that becomes the test part, if no file is the test part.
        class_names: all classes, in the order of their numbers, if the files do not name them.
        image: the column of images; by default ``image``, or the only column of images.
        label: the column of labels; by default ``label``, or the only column whose classes have names.
    """

    kind: Literal["huggingface"]
    path: PathText
    test_fraction: Fraction | None = None
    class_names: list[str] | None = None
    image: PathText | None = None
    label: PathText | None = None


class Embeddings(DatasetSettings):
    """Existing features: ``.npy``, ``.npz``, ``.pt``, ``.safetensors``, ``.parquet`` or HDF5 files.

    Attributes, beside those of `DatasetSettings`:
        path: the file of the training part; it may also have the labels and the test part.
        labels: the file of the training part's labels, if ``path`` does not have them.
        test_features, test_labels: this file of the test part, if ``path`` does not have that part.
        test_fraction: the share of each class that becomes the test part, if no file has a test part.
        class_names: all classes, in the order of their numbers.
        array: the name of the array of features; by default ``features``, or the only array.
        label_array: the name of the array of labels; by default ``labels``.
        source_array: the name of the array of row names; by default ``sources``.
    """

    kind: Literal["embeddings"]
    path: PathText
    labels: PathText | None = None
    test_features: PathText | None = None
    test_labels: PathText | None = None
    test_fraction: Fraction | None = None
    class_names: list[str] | None = None
    array: PathText | None = None
    label_array: PathText | None = None
    source_array: PathText | None = None


Dataset = Annotated[
    Digits | Cifar | ImageNet | ImageNetLT | Folder | Manifest | WebDataset | HuggingFace | Embeddings,
    Field(discriminator="kind"),
]
