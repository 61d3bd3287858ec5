"""Estimates of an experiment before it runs: jobs, disk, and images that pass through the network."""

from collections import defaultdict
from functools import cached_property
from types import SimpleNamespace
from typing import NamedTuple, get_args

import numpy as np

from activepool.adversarial.settings import REDUCTION
from activepool.data import digits
from activepool.data.previews import Preview
from planning.configuration.drawings import applicable
from planning.configuration.experiment import Experiment
from planning.configuration.sections import DrawnKind
from planning.paths import Paths

#: Bytes of a row of scores.h5: its index, its class and a score.
SCORE_BYTES = 16

#: Jobs of every experiment: dataset, curves, selections, costs, and the target.
COMMON_JOBS = 5


class Size(NamedTuple):
    """The numbers of images and classes of a public dataset."""

    train: int
    test: int
    classes: int
    image_bytes: int = 0  # of an image in dataset.h5; 0 if that has only its path


class Network(NamedTuple):
    """A network: the width of its features, and the number of its weights."""

    width: int
    weights: int


SIZES = {
    "imagenet": Size(1_281_167, 50_000, 1000),
    "imagenet_lt": Size(115_846, 50_000, 1000),
    "cifar10": Size(50_000, 10_000, 10, 32 * 32 * 3),
    "digits": Size(digits.preview().num_train, digits.preview().num_test, len(digits.CLASS_NAMES), 8 * 8),
}

NETWORKS = {
    "small": Network(256, 94_000),
    "resnet18": Network(512, 11_180_000),
    "resnet50": Network(2048, 23_560_000),
    "esvit_swin_tiny_window7": Network(768, 27_520_000),
    "esvit_swin_tiny_window14": Network(768, 27_570_000),
}


def estimate(experiment: Experiment) -> "Estimate | None":
    """Return the estimate for an experiment; None if the size of its dataset or backbone is unknown here."""
    backbone = experiment.backbone
    if experiment.dataset.kind not in SIZES or backbone is None or backbone.architecture not in NETWORKS:
        return None
    return Estimate(experiment, SIZES[experiment.dataset.kind], NETWORKS[backbone.architecture])


class Estimate:
    """The estimate for an experiment, from the files that its jobs write."""

    def __init__(self, experiment: Experiment, size: Size, network: Network) -> None:
        self._experiment, self._size, self._network = experiment, size, network
        self._paths = Paths(experiment)
        per_class = np.full(size.classes, size.train // size.classes)
        per_class[: size.train % size.classes] += 1
        data = Preview(per_class, size.train, size.test, [""] * size.classes)
        self._data = data.reduced(experiment.dataset.imbalance, experiment.dataset.fraction)
        self._pool = round(self._data.num_train * (1 - experiment.validation.fraction))
        self._num_seeds = len(experiment.seed_list)
        self._images_of_features = (
            self._data.num_train * (1 + experiment.features.views) + self._data.num_test
        )

    @property
    def lines(self) -> list[str]:
        """The estimate in words; parts of the disk of less than a hundredth are left out."""
        total = sum(self.disk.values())
        unit, size = ("GB", 1e9) if total >= 1e9 else ("MB", 1e6)
        largest = sorted(self.disk.items(), key=lambda part: -part[1])
        parts = ", ".join(f"{name} {_short(part / size)}" for name, part in largest if part > total / 100)
        passing = _short(self.passing_disk / size)
        when = "for each round at work" if self._experiment.changes_features else "for a time"
        trained = f", at most {_in_words(self.trained_images)} in training" if self.trained_images else ""
        return [
            f"jobs: {self.jobs:,}, fewer if some are done",
            f"disk: {_short(total / size)} {unit} ({parts}), and {passing} more {when}",
            f"images through the network: {_in_words(self.images)} for features{trained}",
        ]

    @property
    def jobs(self) -> int:
        """The number of jobs of the target ``figures``, if nothing is done yet."""
        experiment, files = self._experiment, self._files
        shards = experiment.pool_shards + (1 if experiment.in_shards else 0)
        pictures = len(applicable("drawings", experiment)) + len(applicable("tables", experiment))
        pictures += len(self._paths.contact_sheets())
        pictures += 2 if self._paths.has_map else 0
        return (
            COMMON_JOBS
            + (2 if experiment.pretrain else 0)
            + self._num_seeds  # validation splits
            + (self._num_seeds + 1 if experiment.ceiling else 0)
            + sum(len(files[name]) for name in ("start", "select", "image_model", "prepared"))
            + len(files["scores"]) * shards
            + len(files["features"]) * (self._paths.num_shards + 1)
            + self._trainings
            + pictures
        )

    @property
    def disk(self) -> dict[str, float]:
        """The bytes that stay on disk, by their content."""
        experiment, files = self._experiment, self._files
        network = 4 * self._network.weights
        adversaries = (entry.options for entry in experiment.strategies if entry.strategy == "vaal")
        sizes = ("image_size", "width", "latent")
        adversary = 4 * sum(adversary_weights(*(options[name] for name in sizes)) for options in adversaries)
        digits_of_row = len(str(self._data.num_train)) + 1
        lists = len(experiment.strategies) * self._num_seeds * sum(self._labelled()[1:]) * digits_of_row
        return {
            "images": float(self._size.image_bytes * (self._data.num_train + self._data.num_test)),
            "features": self.passing_disk if self._paths.features in files["features"] else 0.0,
            "scores": float(SCORE_BYTES * self._pool * len(files["scores"])),
            "heads": 4.0 * (self._network.width + 1) * self._size.classes * self._trainings,
            "networks": float(network * self._trainings if experiment.changes_features else 0),
            "networks of VAAL": float(adversary * self._num_seeds * (experiment.rounds - 1)),
            "lists of labels": float(lists),
        }

    @property
    def passing_disk(self) -> float:
        """The bytes that features take for a time beside these; in finetuning, for each round at work."""
        number = {"float16": 2, "float32": 4}[self._experiment.features.dtype]
        return float(self._images_of_features * self._network.width * number)

    @property
    def images(self) -> int:
        """How many images, including views, pass through the backbone for their features."""
        return self._images_of_features * len(self._files["features"])

    @property
    def trained_images(self) -> int:
        """How many images the backbone trains on, in all epochs; at most, since trainings end early."""
        experiment = self._experiment
        pretraining = 2 * self._data.num_train * experiment.pretrain.epochs if experiment.pretrain else 0
        if experiment.finetuning is None:
            return pretraining
        starts = len(self._files["start"]) * self._labelled()[0]
        queries = len(experiment.strategies) * self._num_seeds * sum(self._labelled()[1:])
        ceilings = self._num_seeds * self._pool if experiment.ceiling else 0
        return pretraining + experiment.finetuning.epochs * (starts + queries + ceilings)

    @cached_property
    def _files(self) -> dict[str, set[str]]:
        """The files, or folders of rounds, that the jobs of the rounds make, each once."""
        paths, files = self._paths, defaultdict(set)
        for folder in self._experiment.strategy_folders:
            for seed in self._experiment.seed_list:
                files["start"].add(paths.run(folder, seed, 0))
                for number in range(1, self._experiment.rounds):
                    job = SimpleNamespace(strategy=folder, seed=seed, round=number)
                    files["select"].add(paths.run(folder, seed, number))
                    files["features"] |= {paths.selection_features(job), paths.scoring_features(job)}
                    for name in ("scores", "image_model", "prepared"):
                        files[name] |= {path for path in [getattr(paths, name)(job)] if path}
        picks_initial = not set(self._experiment.initial_kinds) <= set(get_args(DrawnKind))
        files["features"] |= {paths.features} if paths.has_map or picks_initial else set()
        files["features"].discard(paths.samples)
        return files

    @property
    def _trainings(self) -> int:
        ceilings = self._num_seeds if self._experiment.ceiling else 0
        return len(self._files["start"]) + len(self._files["select"]) + ceilings

    def _labelled(self) -> list[int]:
        """Return the number of labels of each round."""
        experiment = self._experiment
        rounds = range(experiment.rounds)
        return [min(self._pool, experiment.initial.size + number * experiment.budget) for number in rounds]


def adversary_weights(image_size: int, width: int, latent: int) -> int:
    """Return roughly the number of VAAL's weights: in convolutions, at the codes, in the discriminator."""
    convolutions = 2 * 16 * (2 + 8 + 32) * width**2
    codes = (2 + 4) * 8 * width * (image_size // REDUCTION) ** 2 * latent
    discriminator = (latent + 512) * 512
    return convolutions + codes + discriminator


def _short(number: float) -> str:
    return f"{number:.2g}" if number < 9.95 else f"{number:,.0f}"


def _in_words(number: int) -> str:
    if number >= 1e9:
        return f"{_short(number / 1e9)} billion"
    return f"{_short(number / 1e6)} million" if number >= 1e6 else f"{number:,}"
