"""Pretraining from start to end: epochs over the images, a log, and a state that survives a kill."""

import json
import math
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from torch import Generator, Tensor, nn

from activepool.backbones.checkpoint import save_weights
from activepool.backbones.execution import is_cuda, memory_format, pixels, reproducible
from activepool.backbones.registry import build
from activepool.backbones.settings import BackboneSettings
from activepool.errors import InputError
from activepool.features.images import PartImages, Request, image_channels, loaded
from activepool.features.transforms import augmentation
from activepool.files import file_digest, write_table
from activepool.pretraining.settings import PretrainSettings
from activepool.pretraining.simclr import SimCLR, learning_rate, nt_xent
from activepool.seeding import integer_seed
from activepool.training_state import StateFile

#: Views of an image that are compared.
VIEWS = 2


def pretrain(
    dataset: str | Path,
    backbone_settings: BackboneSettings,
    settings: PretrainSettings,
    output: str | Path,
    log: str | Path,
    device: str = "cpu",
    workers: int = 0,
) -> None:
    """Train a backbone on all images of the train part; no label is read.

    After each epoch the state of the training is kept in a file beside the output. A run that was killed
    goes on from there and ends with the same bits; the state is removed in the end.

    Args:
        dataset: dataset.h5.
        backbone_settings, settings: what to train, and how.
        output: safetensors file to write, the encoder's weights.
        log: CSV to write: epoch, loss (the mean over its steps), learning_rate (of its last step).
        device: where to train.
        workers: processes that read images (0: this one); no effect on the result.

    Raises: InputError if the dataset, a setting or an image cannot be used, or the loss is not finite.
    """
    channels = backbone_settings.channels or image_channels(dataset)
    backbone = backbone_settings.model_copy(update={"channels": channels})
    described = {"backbone": backbone.model_dump(), "pretrain": settings.model_dump()}
    fingerprint = json.dumps(described | {"dataset": file_digest(dataset)}, sort_keys=True)
    state = StateFile.beside(output, fingerprint)
    with reproducible(settings.threads):
        model = _initial_model(backbone, settings)
        images = PartImages(dataset, "train", model.backbone.preprocessing)
        if len(images) < 2:
            raise InputError(
                f"{dataset}: the train part has {len(images)} images; pretraining needs two or more"
            )
        training = Training(model, images, settings, device)
        training.run(state, workers)
    write_table(log, pd.DataFrame(training.history))
    save_weights(output, model.backbone, described)
    state.remove()


def _initial_model(backbone: BackboneSettings, settings: PretrainSettings) -> SimCLR:
    """Make the model; its random weights follow from the seed, and the global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(integer_seed(settings.seed, 0, "pretrain/weights"))
        encoder = build(backbone.name, backbone.image_size, backbone.channels)
        if not any(values.requires_grad for values in encoder.parameters()):
            raise InputError(f"backbone: {backbone.name!r} has no weights to pretrain")
        return SimCLR(encoder, settings.projection_width)


class Training:
    """A training in progress.

    Attributes:
        model: the encoder and its projection head, on the device.
        history: one row (epoch, loss, learning_rate) for each epoch that is done.
    """

    def __init__(self, model: SimCLR, images: PartImages, settings: PretrainSettings, device: str) -> None:
        self.model = model.to(device, memory_format=memory_format(device))
        self.history: list[dict[str, float]] = []
        self._images = images
        self._settings = settings
        self._device = device
        self._augmentation = augmentation(settings.augmentation, model.backbone.preprocessing.image_size)
        self._optimizer = _optimizer(model, settings.weight_decay)
        self._steps = math.ceil(len(images) / settings.batch_size)

    def run(self, state: StateFile, workers: int) -> None:
        """Train to the last epoch, from where ``state`` left off; see `pretrain`."""
        self._restore(state.read())
        first = len(self.history)
        epochs = range(first, self._settings.epochs)
        requests = (request for epoch in epochs for request in self._requests(epoch))
        batches = loaded(self._images, requests, workers, pinned=is_cuda(self._device))
        for epoch in epochs:
            started = time.perf_counter()
            self.history.append(self._train_epoch(epoch, islice(batches, self._steps)))
            state.write(self._state())
            self._report(time.perf_counter() - started)

    def _requests(self, epoch: int) -> Iterator[Request]:
        """Yield the batches of an epoch: all images in random order, in batches of nearly equal size."""
        generator = self._generator(epoch, "order")
        order = torch.randperm(len(self._images), generator=generator).numpy()
        for rows in np.array_split(order, self._steps):
            yield Request(rows, self._augmentation.draw_crops(VIEWS, len(rows), generator))

    def _train_epoch(self, epoch: int, batches: Iterator[Tensor]) -> dict[str, float]:
        generator = self._generator(epoch, "augmentation")
        self.model.train()
        losses = []
        for step, views in enumerate(batches, start=epoch * self._steps):
            rate = self._learning_rate(step)
            for group in self._optimizer.param_groups:
                group["lr"] = rate
            losses.append(self._step(views, generator))
        loss = float(torch.stack(losses).mean())
        if not math.isfinite(loss):
            raise InputError(f"pretrain: the loss of epoch {epoch} is {loss}; lower the learning_rate")
        return {"epoch": epoch, "loss": loss, "learning_rate": rate}

    def _step(self, views: Tensor, generator: Generator) -> Tensor:
        """Make one step of the optimizer on views (1 or VIEWS, B, C, S, S) uint8; return the loss."""
        both = views.expand(VIEWS, *views.shape[1:]).flatten(0, 1)
        both = self._augmentation(pixels(both, self._device), generator)
        with torch.autocast(torch.device(self._device).type, torch.bfloat16, enabled=is_cuda(self._device)):
            projections = self.model(both)
        loss = nt_xent(*projections.float().chunk(VIEWS), self._settings.temperature)
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        return loss.detach()

    def _learning_rate(self, step: int) -> float:
        settings = self._settings
        warmup, steps = settings.warmup_epochs * self._steps, settings.epochs * self._steps
        return learning_rate(step, warmup, steps, settings.learning_rate)

    def _generator(self, epoch: int, purpose: str) -> Generator:
        """Return the random stream of one purpose in one epoch: a resumed run needs no state of it."""
        return Generator().manual_seed(integer_seed(self._settings.seed, epoch, f"pretrain/{purpose}"))

    def _state(self) -> dict[str, object]:
        return {
            "model": self.model.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "history": self.history,
        }

    def _restore(self, state: dict[str, object] | None) -> None:
        if state is None:
            return
        self.model.load_state_dict(state["model"])
        self._optimizer.load_state_dict(state["optimizer"])
        self.history = state["history"]
        print(f"goes on after epoch {len(self.history) - 1}", file=sys.stderr)

    def _report(self, seconds: float) -> None:
        row = self.history[-1]
        print(
            f"epoch {row['epoch']} of {self._settings.epochs}: loss {row['loss']:.4f}, "
            f"learning rate {row['learning_rate']:.3g}, {seconds:.1f} s",
            file=sys.stderr,
        )


def _optimizer(model: nn.Module, weight_decay: float) -> torch.optim.AdamW:
    """AdamW without decay of biases and normalisation, which have one dimension (cf. Chen et al., 2.2)."""
    weights = [values for values in model.parameters() if values.ndim > 1]
    others = [values for values in model.parameters() if values.ndim <= 1]
    groups = [{"params": weights, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups)
