"""Fingerprints of datasets of image files, without reading every image."""

import hashlib
import json

import numpy as np

from activepool.compute.arrays import IntArray
from activepool.data.packed_images import place_digest
from activepool.data.samples import Part, Samples
from activepool.data.urls import is_url

#: Images of each part that are read: a second's work at a millisecond per file.
IMAGES_READ = 1000


def fingerprint(samples: Samples) -> str:
    """Return a digest of a dataset of image files.

    It covers the classes; the name, label and order of every image; and the bytes of `IMAGES_READ` images of
    each part, or of all if there are fewer. It misses a changed content, under the same name, of a few among
    many images, and all bytes of images at URLs, which may not have been fetched yet.
    """
    digest = hashlib.sha256(json.dumps(samples.class_names).encode())
    for name, part in samples.parts.items():
        digest.update(f"{name} {len(part)}".encode())
        digest.update(part.labels.tobytes())
        digest.update("\n".join(part.sources).encode())
        for path in part.paths[spread_evenly(part)]:
            digest.update(_content(samples, path).encode())
    return digest.hexdigest()


def spread_evenly(part: Part) -> IntArray:
    """Return `IMAGES_READ` rows of a part, spread evenly over those that are not URLs, or all of these."""
    rows = np.flatnonzero([not is_url(path) for path in part.paths])
    return rows[np.unique(np.linspace(0, len(rows) - 1, min(len(rows), IMAGES_READ)).astype(np.int64))]


def _content(samples: Samples, path: str) -> str:
    try:
        return place_digest(samples.image_place(path)) or "no file"
    except OSError as error:  # the check of all images reports it, or leaves it out
        return type(error).__name__
