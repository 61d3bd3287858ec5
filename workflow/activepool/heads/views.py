"""``train/views`` of features.h5: features of several random augmentations of each training sample."""

from pathlib import Path

import h5py
import numpy as np

from activepool.errors import InputError
from activepool.features.store import FeatureMatrix


def read_views(path: str | Path) -> list[FeatureMatrix]:
    """Return the V views of the training part, each (N, d), memory-mapped; an empty list without views.

    Raises: InputError if the views do not match ``train/features``.
    """
    with h5py.File(path, "r") as file:
        views, features = file.get("train/views"), file["train/features"]
        if views is None:
            return []
        if views.shape[1:] != features.shape or views.id.get_offset() is None:
            raise InputError(
                f"{path}: train/views has the shape {views.shape} and chunks {views.chunks}; it must be "
                f"(views, {features.shape[0]}, {features.shape[1]}) and contiguous"
            )
        mapped = np.memmap(path, views.dtype, "r", offset=views.id.get_offset(), shape=views.shape)
    return [FeatureMatrix.from_array(view) for view in mapped]
