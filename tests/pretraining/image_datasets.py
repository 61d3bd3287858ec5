"""Small datasets of images."""

import numpy as np

from activepool.data.samples import Part, Samples, write_samples


def make_dataset(path, rows=19, channels=1, labels=None, images=None):
    """Write a dataset, both parts alike; the images random and no label known, but for those given."""
    if images is None:
        images = np.random.default_rng(3).integers(0, 256, (rows, 8, 8, channels), dtype=np.uint8)
    sources = np.array([f"r/{row}" for row in range(len(images))], dtype=object)
    part = Part(np.full(len(images), -1) if labels is None else labels, sources, images)
    write_samples(path, Samples(part, part, ["first", "second"]))
    return path
