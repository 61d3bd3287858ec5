"""A project with three images, and files that its keys may name."""

from pathlib import Path

import numpy as np
from PIL import Image

from planning.configuration.project import Project

IDENTITY = {"architecture": "identity", "image_size": 8}


def project(**changes):
    """Return the configuration of the project with other values of some keys."""
    return Project(**{"project": "p", "images": "photos", "backbone": IDENTITY, "batch": 3, **changes})


def write_project_files():
    """Write the images and the other files here."""
    Path("photos/a").mkdir(parents=True)
    for number, name in enumerate(["b.png", "a/1.png", "a/2.png"]):
        Image.new("L", (4, 4), number).save(f"photos/{name}")
    np.save("v.npy", np.random.default_rng(0).normal(size=(4, 2)))
    Path("mine.py").write_text("def net(image_size, channels):\n    return None\n")
    Path("bad.py").write_text("def net(:\n")
    Path("file").write_text("")
