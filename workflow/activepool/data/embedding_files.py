"""Files of a user's own embeddings, HDF5 or .npy: opened and checked; the features stay on disk."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import h5py
import numpy as np

from activepool.compute.arrays import IntArray
from activepool.data.class_names import require_different
from activepool.data.label_file import class_names_of
from activepool.data.listing import existing_file
from activepool.data.samples import UNKNOWN
from activepool.errors import InputError, first_few
from activepool.io import hdf5_reading

PathLike = str | Path

#: The first bytes of .npy files.
NPY = b"\x93NUMPY"

#: Missing classes that a message shows.
MAX_SHOWN = 8


@dataclass(frozen=True)
class Stored:
    """An array on disk, and its name in messages."""

    name: str
    values: h5py.Dataset | np.ndarray

    def read(self, rows: slice = slice(None)) -> np.ndarray:
        """Return these rows; raises InputError if they cannot be read."""
        if isinstance(self.values, h5py.Dataset):
            return hdf5_reading.values(self.values, rows)
        return np.asarray(self.values[rows])


@dataclass(frozen=True)
class EmbeddingPart:
    """One part of n rows.

    Attributes:
        name: ``train`` or ``test``.
        features: (n, d) float16, float32 or float64.
        labels: (n,) int64, in memory; -1 where the class is not known.
        labels_type: their type in the file.
        labels_name: their name in messages.
        sources: (n,) strings on disk, or None.
    """

    name: str
    features: Stored
    labels: IntArray
    labels_type: np.dtype
    labels_name: str
    sources: h5py.Dataset | None

    @property
    def width(self) -> int:
        """d."""
        width: int = self.features.values.shape[1]
        return width


@dataclass(frozen=True)
class EmbeddingFiles:
    """The parts and classes of a user's embeddings; ``test`` is None if there is no test part."""

    train: EmbeddingPart
    test: EmbeddingPart | None
    class_names: list[str]


@contextmanager
def opened(
    path: PathLike,
    labels: PathLike | None = None,
    test_features: PathLike | None = None,
    test_labels: PathLike | None = None,
    class_names: list[str] | None = None,
) -> Iterator[EmbeddingFiles]:
    """Open embeddings for a ``with`` block; for the arguments see activepool.data.embeddings.

    Raises: InputError, naming file and dataset, for anything that does not follow the contract.
    """
    if class_names is not None:
        require_different(path, class_names)
    path = existing_file(path, "an HDF5 file with train/features and train/labels, or features as .npy")
    if path.suffix == ".npy":
        yield _of_arrays(path, labels, test_features, test_labels, class_names or [])
        return
    if labels is not None or test_features is not None or test_labels is not None:
        raise InputError(
            f"{path}: the options labels, test_features and test_labels go with features as .npy; "
            "an HDF5 file has all of them inside"
        )
    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise InputError(f"{path}: neither a .npy file nor a readable HDF5 file ({error})") from error
    with file:
        yield _of_hdf5(file, class_names or [])


def _of_arrays(
    path: Path,
    labels: PathLike | None,
    test_features: PathLike | None,
    test_labels: PathLike | None,
    class_names: list[str],
) -> EmbeddingFiles:
    if labels is None:
        raise InputError(f"{path}: has no labels; set the option labels to a .npy file of integers")
    if (test_features is None) != (test_labels is None):
        raise InputError("the options test_features and test_labels go together; set both, or neither")
    train = _checked_part("train", _array(path), _array(labels), None)
    if test_features is None or test_labels is None:
        return _with_classes(train, None, class_names)
    test = _checked_part("test", _array(test_features), _array(test_labels), None)
    return _with_classes(train, test, class_names)


def _array(path: PathLike) -> Stored:
    existing_file(path, "a .npy file")
    try:
        array = np.load(path, mmap_mode="r")
    # A damaged header makes NumPy's reader raise nearly any error.
    except Exception as error:
        raise InputError(f"{path}: not a .npy file of numbers ({_reason(path, error)})") from error
    if not isinstance(array, np.ndarray):
        raise InputError(f"{path}: holds several arrays (.npz); save the right one as .npy")
    return Stored(str(path), array)


def _reason(path: PathLike, error: Exception) -> str:
    """Return why NumPy cannot read a file, without its unsafe advice to allow pickles."""
    with Path(path).open("rb") as file:
        beginning = file.read(len(NPY))
    if beginning != NPY:
        return f"it begins with {beginning!r}; save the array by numpy.save"
    if "pickle" in str(error) or "Python objects" in str(error):
        return "it holds Python objects; save the array as numbers"
    return str(error) or type(error).__name__


def _of_hdf5(file: h5py.File, class_names: list[str]) -> EmbeddingFiles:
    def part(name: str) -> EmbeddingPart:
        features, labels = (_own_dataset(file, f"{name}/{dataset}") for dataset in ("features", "labels"))
        sources = _own_dataset(file, f"{name}/sources").values if f"{name}/sources" in file else None
        return _checked_part(name, features, labels, sources)

    own = class_names_of(file)
    if own and class_names and own != class_names:
        raise InputError(f"{file.filename}: has other class_names than the option; leave the option out")
    return _with_classes(part("train"), part("test") if "test" in file else None, own or class_names)


def _own_dataset(file: h5py.File, name: str) -> Stored:
    dataset = hdf5_reading.find_dataset(file, name)
    if dataset is None:
        raise InputError(f"{file.filename}: dataset {name!r} is missing; see the contract of features.h5")
    return Stored(f"{file.filename}: {name}", dataset)


def _checked_part(name: str, features: Stored, labels: Stored, sources: h5py.Dataset | None) -> EmbeddingPart:
    """Check types and shapes; the values of features are checked where they are streamed."""
    kind, shape = features.values.dtype, features.values.shape
    if len(shape) != 2 or not shape[1] or kind.kind != "f" or kind.itemsize > 8:
        raise InputError(
            f"{features.name}: is {kind} of shape {shape}; "
            "it must be float16, float32 or float64 of shape (rows, width)"
        )
    rows = shape[:1]
    if labels.values.shape != rows or labels.values.dtype.kind not in "iu":
        raise InputError(
            f"{labels.name}: is {labels.values.dtype} of shape {labels.values.shape}; "
            f"it must be integers of shape {rows}, with -1 where a label is not known"
        )
    if sources is not None and (sources.shape != rows or h5py.check_string_dtype(sources.dtype) is None):
        raise InputError(
            f"{sources.file.filename}: {name}/sources must be strings of shape {rows}, or absent"
        )
    values = labels.read()
    too_large = np.flatnonzero(values > np.iinfo(np.int64).max)
    if len(too_large):
        row = too_large[0]
        raise InputError(
            f"{labels.name}: label {values[row]} in row {row} is no class; where a label is not known, "
            "write -1 in a signed type"
        )
    return EmbeddingPart(name, features, values.astype(np.int64), values.dtype, labels.name, sources)


def _with_classes(train: EmbeddingPart, test: EmbeddingPart | None, class_names: list[str]) -> EmbeddingFiles:
    """Join checked parts; without names, the classes are 0 up to the largest label of the train part."""
    if test is not None and test.width != train.width:
        raise InputError(
            f"{test.features.name}: has width {test.width}, the train features have {train.width}"
        )
    if not class_names:
        class_names = _numbers(train)
    problems = [problem for part in (train, test) if part for problem in _wrong_labels(part, class_names)]
    if problems:
        raise InputError("\n".join(problems))
    return EmbeddingFiles(train, test, class_names)


def _numbers(train: EmbeddingPart) -> list[str]:
    """Return the numbers 0 to the largest label as class names; raises InputError if one has no row."""
    largest = int(train.labels.max(initial=UNKNOWN))
    if largest >= len(train.labels):
        raise InputError(
            f"{train.labels_name}: label {largest} in {len(train.labels)} rows looks like an identifier; "
            f"number the classes 0..C-1, with -1 where a label is not known{_wrapped(train, largest)}"
        )
    missing = np.setdiff1d(np.arange(largest + 1), train.labels)
    if len(missing):
        raise InputError(
            f"{train.labels_name}: no row has {first_few(missing, MAX_SHOWN)}; number the "
            f"classes 0..C-1, or name them all in class_names{_wrapped(train, largest)}"
        )
    return [str(number) for number in range(largest + 1)]


def _wrong_labels(part: EmbeddingPart, class_names: list[str]) -> Iterator[str]:
    wrong = np.flatnonzero((part.labels < UNKNOWN) | (part.labels >= len(class_names)))
    if len(wrong):
        label = int(part.labels[wrong[0]])
        numbers = f"0..{len(class_names) - 1}, " if class_names else ""
        none = "" if class_names else ", which has none: name all classes in class_names"
        yield (
            f"{part.labels_name}: label {label} in row {wrong[0]}; it must be one of "
            f"{numbers}the classes of the train part{none}, or -1 if it is not known{_wrapped(part, label)}"
        )


def _wrapped(part: EmbeddingPart, label: int) -> str:
    """Return a hint if a label looks like one that overflowed a type that is too small for it."""
    kind = part.labels_type
    if kind.kind == "u" and label == np.iinfo(kind).max:
        return f"; {label} is what -1 becomes in {kind}: save the labels as int64"
    if kind.kind == "i" and label < UNKNOWN and kind.itemsize < 8:
        return f"; {label} is what {label + 2 ** (8 * kind.itemsize)} becomes in {kind}: save them as int64"
    return ""
