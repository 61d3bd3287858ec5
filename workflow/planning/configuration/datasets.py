"""The section ``dataset`` of a configuration: a model for each kind."""

from typing import Annotated, Literal

from pydantic import Field

from activepool.data.settings import Imbalance
from planning.configuration.sections import Fraction, Name, PathText, Settings


class DatasetSettings(Settings):
    """The keys of all kinds of dataset."""

    name: Name | None = None
    imbalance: Imbalance | None = None
    fraction: Annotated[float, Field(gt=0, le=1)] | None = None
    annotations: PathText | None = None


class ImageDatasetSettings(DatasetSettings):
    """The keys of all kinds of image files."""

    on_unreadable: Literal["stop", "skip"] = "stop"
    exif: Literal["ignore", "apply"] = "ignore"


class Digits(DatasetSettings):
    """scikit-learn's handwritten digits: 1,797 real images of 8 × 8, no download."""

    kind: Literal["digits"]


class Cifar(DatasetSettings):
    """CIFAR-10 or CIFAR-100, in torchvision's layout."""

    kind: Literal["cifar10", "cifar100"]
    root: PathText
    download: bool = False


class ImageNet(ImageDatasetSettings):
    """ImageNet: ``train/`` and ``val/``, with one folder per class."""

    kind: Literal["imagenet"]
    root: PathText


class ImageNetLT(ImageDatasetSettings):
    """ImageNet-LT: list files of ``path label`` lines over ImageNet's folders."""

    kind: Literal["imagenet_lt"]
    root: PathText
    train_list: PathText
    test_list: PathText


class Folder(ImageDatasetSettings):
    """A folder of images, with one subfolder per class."""

    kind: Literal["folder"]
    root: PathText
    test_fraction: Fraction | None = None


class Manifest(ImageDatasetSettings):
    """A CSV of image files: ``path``, ``label`` (may be empty), ``split``."""

    kind: Literal["manifest"]
    path: PathText
    root: PathText | None = None
    test_fraction: Fraction | None = None
    class_names: list[str] | None = None


class Embeddings(DatasetSettings):
    """Existing features: an HDF5 file in the form of features.h5, or .npy files."""

    kind: Literal["embeddings"]
    path: PathText
    labels: PathText | None = None
    test_features: PathText | None = None
    test_labels: PathText | None = None
    test_fraction: Fraction | None = None
    class_names: list[str] | None = None


Dataset = Annotated[
    Digits | Cifar | ImageNet | ImageNetLT | Folder | Manifest | Embeddings, Field(discriminator="kind")
]
