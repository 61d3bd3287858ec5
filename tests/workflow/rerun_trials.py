"""What the changes of docs/reruns.md are made to: copies of a finished run and of the repository."""

import copy
import os
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from dry_runs import REPOSITORY, planned, snakemake
from PIL import Image

#: A run on images, with a backbone and a strategy of the user's own.
IMAGES = {
    "experiment": "trial",
    "dataset": {"kind": "manifest", "name": "images", "path": "images.csv", "annotations": "bought.csv"},
    "backbone": {"architecture": "backbone.py:flat", "name": "flat", "image_size": 8},
    "pretrain": {"epochs": 2, "warmup_epochs": 0, "batch_size": 16, "augmentation": "digits", "knn_every": 0},
    "features": {"dtype": "float32"},
    "validation": {"fraction": 0.1},
    "initial": {"size": 10},
    "budget": 5,
    "rounds": 2,
    "seeds": 1,
    "strategies": ["mine.py:every", "cluster_margin", "balancing"],
    "head": {"solver": "sgd", "epochs": 2},
}

#: Its files without those that are drawn of curves.csv, to save time.
IMAGE_TARGETS = ("results/trial/curves.csv", "results/pretrained/images/flat/pretrain.pdf")

USERS_BACKBONE = '''
from torch import nn

from activepool.backbones.backbone import Backbone, Preprocessing


def flat(image_size, channels):
    """One layer."""
    network = nn.Sequential(nn.Flatten(), nn.Linear(channels * image_size**2, 8))
    return Backbone(network, 8, Preprocessing(image_size, channels, image_size, (0.5,), (0.5,)))
'''

USERS_STRATEGY = '''
from activepool.strategies.declaration import strategy
from activepool.strategies.query import Query, Selection


@strategy(source="here")
def every(query: Query, *, step: int = 1) -> Selection:
    """Every so many of the pool."""
    return Selection(query.unlabelled[::step][: query.budget])
'''


def write_images(folder: Path, train: int = 60, test: int = 20) -> None:
    """Write images, their list, and the files of the user."""
    (folder / "images").mkdir()
    random = np.random.default_rng(0)
    rows = ["path,label,split"]
    for number in range(train + test):
        name = f"images/{number:02d}.png"
        Image.fromarray(random.integers(0, 256, (8, 8), dtype=np.uint8)).save(folder / name)
        # The label of the first came later.
        label = "ab"[number % 2] if number else ""
        rows.append(f"{name},{label},{'train' if number < train else 'test'}")
    (folder / "images.csv").write_text("\n".join(rows) + "\n")
    (folder / "bought.csv").write_text("source,label\nimages/00.png,a\n")
    (folder / "backbone.py").write_text(USERS_BACKBONE)
    (folder / "mine.py").write_text(USERS_STRATEGY)


class Trial:
    """A copy of a finished run, to be changed; its repository is copied before it is."""

    def __init__(self, finished: Path, temporary: Path, configuration: dict, targets: tuple[str, ...] = ()):
        self.path = temporary / "run"
        shutil.copytree(finished, self.path)
        self.configuration = copy.deepcopy(configuration)
        self.arguments = targets
        self._repository = temporary / "repository"

    def put(self, value: Any, *keys: str) -> None:
        """Put ``value`` at a path of keys of the configuration."""
        section = self.configuration
        for key in keys[:-1]:
            section = section.setdefault(key, {})
        section[keys[-1]] = value
        self.write(yaml.safe_dump(self.configuration, sort_keys=False))

    def write(self, configuration: str) -> None:
        """Write the configuration as this text."""
        (self.path / "trial.yaml").write_text(configuration)

    def edit(self, file: str, old: str, new: str) -> None:
        """Replace text in a file of the run."""
        replace(self.path / file, old, new)

    @property
    def repository(self) -> Path:
        """A copy of the repository."""
        if not self._repository.exists():
            for name in ("workflow", "profiles", "envs"):
                shutil.copytree(REPOSITORY / name, self._repository / name)
            shutil.copy2(REPOSITORY / "Snakefile", self._repository)
        return self._repository

    @property
    def library(self) -> Path:
        """The library in the copy of the repository."""
        return self.repository / "workflow/activepool"

    def change_code(self, module: str) -> None:
        """Add a statement to a module of the library."""
        assert (self.library / module).is_file()
        with (self.library / module).open("a") as file:
            file.write("\nCHANGED = True\n")

    def snakemake(self, *arguments: str) -> None:
        """Run the workflow with these arguments."""
        snakemake(self.path, *arguments)

    def planned(self) -> Counter[str]:
        """Return the jobs that a run would start now, by rule."""
        repository = self._repository if self._repository.exists() else REPOSITORY
        return planned(self.path, *self.arguments, repository=repository)


def replace(file: Path, old: str, new: str) -> None:
    """Replace text that is there in a file."""
    text = file.read_text()
    assert old in text, f"{file} has no {old!r}"
    file.write_text(text.replace(old, new))


def touch_all(folder: Path) -> None:
    """Give all files in ``folder``, but Snakemake's records, the present time."""
    for file in folder.rglob("*"):
        if file.is_file() and ".snakemake" not in file.parts:
            os.utime(file)
