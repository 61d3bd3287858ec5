"""A complete pretraining: epochs over the images, a log, and a state that survives a kill."""

import json
import math
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import torch
from torch import Generator, Tensor

from activepool.backbones.backbone import Backbone
from activepool.backbones.checkpoint import save_weights
from activepool.backbones.execution import is_cuda, on_device, reproducible
from activepool.backbones.normalisations import normalisation
from activepool.backbones.registry import build
from activepool.backbones.settings import BackboneSettings
from activepool.backbones.software import software
from activepool.compute.seeds import fixed_draws, integer_seed
from activepool.errors import InputError
from activepool.features.images import PartImages, image_channels, load_requests
from activepool.io.files import write_table
from activepool.io.training_state import StateFile, state_path
from activepool.parallel.batch_norm import mean_statistics
from activepool.parallel.distributed import Processes
from activepool.pretraining.batches import Batches, stream
from activepool.pretraining.image_digest import image_digest
from activepool.pretraining.knn import KnnProbe
from activepool.pretraining.method import Method
from activepool.pretraining.moco import MoCo
from activepool.pretraining.schedule import learning_rate, optimizer_of
from activepool.pretraining.settings import PretrainSettings
from activepool.pretraining.simclr import SimCLR

#: The methods by name; each takes its own settings.
METHODS: dict[str, Callable[[Backbone, Any, Processes], Method]] = {"simclr": SimCLR, "moco_v2": MoCo}

#: One process that trains by itself, on a CPU.
SINGLE_PROCESS = Processes()


def pretrain(
    dataset: str | Path,
    backbone_settings: BackboneSettings,
    settings: PretrainSettings,
    output: str | Path,
    log: str | Path,
    processes: Processes = SINGLE_PROCESS,
    workers: int = 0,
    version: str = "",
) -> None:
    """Train a backbone on all images of the train part; no label reaches its weights.

    A file beside the output keeps the state of the training after each epoch. A killed run resumes from it
    and ends with the same bits. After the last epoch the file keeps the weights and the log, which the next
    run on the same images, with the same settings and code, writes again.

    Args:
        dataset: dataset.h5.
        backbone_settings, settings: what to train, and how.
        output: safetensors file to write, the encoder's weights.
        log: CSV to write: epoch, loss (the mean over its steps), learning_rate (of its last step),
            knn_accuracy (on the test part, where measured, with the labels and test images of that time).
        processes: those that train together, and the device of this one. They change the result only by the
            order of additions.
        workers: further processes that read images for each of them (0: none); no effect on the result.
        version: a text that changes with the code.

    Raises: InputError if the dataset, a setting or an image cannot be used, or the loss is not finite.
    """
    channels = backbone_settings.channels or image_channels(dataset)
    backbone = backbone_settings.model_copy(update={"channels": channels})
    description = {"backbone": backbone.model_dump(), "pretrain": settings.model_dump()}
    with reproducible(settings.threads):
        method = _initial_method(backbone, channels, settings, processes)
        images = PartImages(dataset, "train", method.encoder.backbone.preprocessing)
        fingerprint = description | {
            "images": image_digest(images, processes, workers),  # not dataset.h5, which has the labels
            "software": software(backbone.name),
            "version": version,
        }
        state = StateFile(state_path(output), json.dumps(fingerprint, sort_keys=True))
        probe = KnnProbe(dataset, method.encoder.backbone, settings.seed, processes)
        training = Training(method, images, probe, settings, processes)
        training.run(state, workers)
    if processes.is_main:
        write_table(log, pd.DataFrame(training.history))
        save_weights(output, method.encoder.backbone, description)


def _initial_method(
    backbone: BackboneSettings, channels: int, settings: PretrainSettings, processes: Processes
) -> Method:
    """Return the networks; the seed fixes their random weights, and the global generator does not change."""
    with fixed_draws(integer_seed(settings.seed, 0, "pretrain/weights")):
        encoder = build(backbone.name, backbone.image_size, channels)
        if backbone.normalisation is not None:
            encoder.normalise_by(*normalisation(backbone.normalisation, encoder.preprocessing.channels))
        if not any(values.requires_grad for values in encoder.parameters()):
            raise InputError(f"backbone: {backbone.name!r} has no weights to pretrain")
        return METHODS[settings.method](encoder, settings, processes)


class Training:
    """A training in progress; ``history`` has one row of the log, see `pretrain`, for each epoch done."""

    def __init__(
        self,
        method: Method,
        images: PartImages,
        probe: KnnProbe,
        settings: PretrainSettings,
        processes: Processes,
    ) -> None:
        self.method = on_device(method, processes.device)
        self.history: list[dict[str, float]] = []
        self._images = images
        self._probe = probe
        self._settings = settings
        self._processes = processes
        self._optimizer = optimizer_of(method.encoder, settings)
        self._encode = processes.parallel(method.encoder)
        self._batches = Batches(images, settings, method.batch_multiple, processes)
        self._probe_digest = ""

    def run(self, state: StateFile, workers: int) -> None:
        """Train to the last epoch, from where ``state`` left off; see `pretrain`."""
        self._probe_digest = self._probe.digest(workers) if self._settings.knn_every else ""
        self._restore(state.read())
        epochs = range(len(self.history), self._settings.epochs)
        requests = (request for epoch in epochs for request in self._batches.requests(epoch))
        views = load_requests(self._images, requests, workers, pinned=is_cuda(self._processes.device))
        for epoch in epochs:
            started = time.perf_counter()
            row = self._train_epoch(epoch, islice(views, len(self._batches.sizes)))
            mean_statistics(self.method, self._processes)
            self.history.append(row | {"knn_accuracy": self._knn_accuracy(epoch, workers)})
            if self._processes.is_main:
                state.write(self._state())
                self._report(time.perf_counter() - started)

    def _train_epoch(self, epoch: int, batches: Iterator[Tensor]) -> dict[str, float]:
        seed, sizes = self._settings.seed, self._batches.sizes
        draws, order = (stream(seed, epoch, purpose) for purpose in ("augmentation", "shuffling"))
        self.method.train()
        losses = []
        for step, (size, views) in enumerate(zip(sizes, batches, strict=True), start=epoch * len(sizes)):
            warmup, steps = self._settings.warmup_epochs * len(sizes), self._settings.epochs * len(sizes)
            rate = learning_rate(step, warmup, steps, self._settings.learning_rate)
            for group in self._optimizer.param_groups:
                group["lr"] = rate
            losses.append(self._step(self._batches.augmented(views, size, draws), size, order))
        loss = float(self._processes.mean(torch.stack(losses).mean()))
        if not math.isfinite(loss):
            raise InputError(f"pretrain: the loss of epoch {epoch + 1} is {loss}; lower the learning_rate")
        return {"epoch": epoch, "loss": loss, "learning_rate": rate}

    def _step(self, views: Tensor, size: int, generator: Generator) -> Tensor:
        """Make one step of the optimizer; return this process's loss."""
        loss = self.method.loss(self._encode, views, size, generator)
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        return loss.detach()

    def _knn_accuracy(self, epoch: int, workers: int) -> float:
        """Return the accuracy after the last epoch and each epoch that is due for it; else NaN."""
        interval, epochs = self._settings.knn_every, epoch + 1
        is_due = interval > 0 and (epochs % interval == 0 or epochs == self._settings.epochs)
        if not (is_due and self._probe.is_possible):
            return math.nan
        return self._probe.accuracy(self.method.encoder.backbone, workers)

    @property
    def _is_finished(self) -> bool:
        return len(self.history) == self._settings.epochs

    def _state(self) -> dict[str, Any]:
        networks: dict[str, Any]
        if self._is_finished:
            networks = {"weights": self.method.encoder.backbone.network.state_dict()}
        else:
            networks = {"method": self.method.state_dict(), "optimizer": self._optimizer.state_dict()}
        return {**networks, "history": self.history, "measured_on": self._probe_digest}

    def _restore(self, state: dict[str, Any] | None) -> None:
        if state is None:
            return
        self.history = state["history"]
        if self._is_finished:
            self.method.encoder.backbone.network.load_state_dict(state["weights"])
            message = f"all {len(self.history)} epochs were there already"
        else:
            self.method.load_state_dict(state["method"])
            self._optimizer.load_state_dict(state["optimizer"])
            message = f"resumes after epoch {len(self.history)} of {self._settings.epochs}"
        has_accuracies = any(not math.isnan(row["knn_accuracy"]) for row in self.history)
        if has_accuracies and state["measured_on"] != self._probe_digest:
            message += "; their k-NN accuracies are those with earlier labels or test images"
        if self._processes.is_main:
            print(f"pretrain: {message}", file=sys.stderr)

    def _report(self, seconds: float) -> None:
        row = self.history[-1]
        knn = row["knn_accuracy"]
        knn_text = "" if math.isnan(knn) else f"k-NN accuracy {knn:.1%}, "
        print(
            f"pretrain: epoch {row['epoch'] + 1} of {self._settings.epochs}: loss {row['loss']:.4f}, "
            f"learning rate {row['learning_rate']:.3g}, {knn_text}{seconds:.1f} s",
            file=sys.stderr,
        )
