"""The accuracy of a weighted k-nearest-neighbour classifier on features, to monitor a pretraining.

It needs no training, and follows the accuracy of a linear head well enough to show whether an epoch helped.
Labels are read only for this number and never reach the weights.
"""

import hashlib
from pathlib import Path

import h5py
import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from activepool.backbones.backbone import Backbone
from activepool.compute.seeds import generator
from activepool.features.encoding import encode
from activepool.features.images import PartImages
from activepool.parallel.distributed import Processes
from activepool.pretraining.image_digest import image_digest

#: k and τ: Wu et al. 2018, section 3.4.
NEIGHBOURS, TEMPERATURE = 200, 0.07

#: The largest number of images of each part, drawn at random.
MAX_ROWS = {"train": 50_000, "test": 10_000}

#: Number of images that are classified together.
BLOCK = 256


def classify(features: Tensor, labels: Tensor, queries: Tensor, neighbours: int = NEIGHBOURS) -> Tensor:
    """Return the predicted class of each query, (M,) int64 on the CPU (Wu et al. 2018, section 3.4).

    Each of the k most similar features (N, d) votes for its label, of (N,) on the CPU, with exp(s / τ), s the
    cosine similarity; k is ``neighbours``, or all if there are fewer.
    """
    features, queries = (functional.normalize(rows, dim=1) for rows in (features, queries))
    predicted = []
    for block in queries.split(BLOCK):
        similarity, nearest = (block @ features.T).topk(min(neighbours, len(features)), dim=1)
        # On the CPU, the order of additions is always the same.
        votes = torch.zeros(len(block), int(labels.max()) + 1)
        votes.scatter_add_(1, labels[nearest.cpu()], (similarity / TEMPERATURE).exp().cpu())
        predicted.append(votes.argmax(dim=1))
    return torch.cat(predicted)


class KnnProbe:
    """Measures backbones on a dataset's images with known labels: the train part votes on the test part."""

    def __init__(self, dataset: str | Path, backbone: Backbone, seed: int, processes: Processes) -> None:
        self._parts = {part: PartImages(dataset, part, backbone.preprocessing) for part in MAX_ROWS}
        with h5py.File(dataset, "r") as file:
            self._labels = {part: file[part]["labels"][:] for part in MAX_ROWS}
        self._rows = {
            part: _random_labelled(labels, MAX_ROWS[part], seed) for part, labels in self._labels.items()
        }
        self._processes = processes

    def digest(self, workers: int) -> str:
        """Return a digest of what accuracies depend on, besides the backbone and the train images."""
        labels = b"".join(labels.tobytes() for labels in self._labels.values())
        images = image_digest(self._parts["test"], self._processes, workers)
        return hashlib.sha256(labels + images.encode()).hexdigest()

    @property
    def is_possible(self) -> bool:
        """Whether both parts have known labels."""
        return all(len(rows) for rows in self._rows.values())

    @torch.inference_mode()
    def accuracy(self, backbone: Backbone, workers: int) -> float:
        """Return the share of test images classified correctly; each process encodes its share of images."""
        train, test = (self._features(backbone, part, workers) for part in MAX_ROWS)
        labels, truth = (torch.from_numpy(self._labels[part][self._rows[part]]) for part in MAX_ROWS)
        return float((classify(train, labels, test) == truth).double().mean())

    def _features(self, backbone: Backbone, part: str, workers: int) -> Tensor:
        rows, device = self._rows[part], self._processes.device
        share = rows[self._processes.share(len(rows))]
        features = encode(backbone, self._parts[part], share, device, workers)
        return self._processes.gather(features, len(rows))


def _random_labelled(labels: np.ndarray, limit: int, seed: int) -> np.ndarray:
    labelled_rows = np.flatnonzero(labels >= 0)
    return np.sort(generator(seed, 0, "pretrain/knn").permutation(labelled_rows)[:limit])
