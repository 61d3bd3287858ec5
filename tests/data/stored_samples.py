"""Reading dataset.h5 back, images included, to see what was written."""

import h5py

from activepool.data.samples import Part, Samples
from activepool.errors import InputError


def read_samples(path):
    """Read dataset.h5; raises InputError if it is not such a file."""
    try:
        with h5py.File(path, "r") as file:
            class_names = [str(name) for name in file.attrs["class_names"]]
            packed = bool(file.attrs.get("packed", False))
            train, test = (_read_part(file[name], packed) for name in ("train", "test"))
            return Samples(
                train, test, class_names, str(file.attrs["root"]), bool(file.attrs.get("upright", False))
            )
    except (OSError, KeyError) as error:
        raise InputError(f"{path}: not a dataset file ({error}); delete the file to regenerate it") from error


def _read_part(group, packed):
    images = group["images"][:] if "images" in group else None
    sources = group["sources" if packed or "images" in group else "paths"]
    places = group["paths"].asstr()[:] if packed else None
    return Part(group["labels"][:], sources.asstr()[:], images, places)
