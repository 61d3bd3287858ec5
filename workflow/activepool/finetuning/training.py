"""End-to-end finetuning: SGD on the whole network from its pretrained weights, keeping the best epoch.

Every round starts from the pretrained weights, not from those of the previous round (Emam et al. 2021,
section 4). Each epoch ends with the accuracy on the validation split; the weights of the best epoch are kept.
A killed training resumes after its last epoch and ends with the same bits.
"""

import math
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Generator, Tensor
from torch.nn.functional import cross_entropy

from activepool.backbones.backbone import Backbone
from activepool.backbones.execution import is_cuda, mixed_precision, on_device, pixels, reproducible
from activepool.compute.blocks import Compute
from activepool.compute.seeds import integer_seed
from activepool.data.round_samples import Labelled
from activepool.errors import InputError
from activepool.features.draws import Draws
from activepool.features.images import PartImages, Request, load_requests
from activepool.features.transforms import augmentation
from activepool.finetuning.classifier import Classifier, features_of
from activepool.heads.labelled import class_weights
from activepool.heads.linear import TrainedHead
from activepool.heads.predictions import predict
from activepool.heads.settings import FinetuneSettings
from activepool.heads.sgd import sgd
from activepool.io.training_state import StateFile
from activepool.parallel import batch_norm
from activepool.parallel.distributed import Processes


@dataclass(frozen=True)
class RoundData:
    """The data that a round's network is trained on: train images of dataset.h5.

    ``validation`` chooses the epoch. Seed and round name the random streams; see activepool.compute.seeds.
    """

    dataset: str | Path
    labelled: Labelled
    validation: Labelled
    num_classes: int
    seed: int
    round_number: int


@dataclass(frozen=True)
class BestEpoch:
    """The best epoch so far, from 1, with its validation accuracy and the classifier's weights after it."""

    epoch: int
    accuracy: float
    weights: dict[str, Tensor]


def finetune(
    backbone: Backbone,
    data: RoundData,
    settings: FinetuneSettings,
    state: StateFile,
    processes: Processes,
    workers: int,
) -> TrainedHead:
    """Train ``backbone`` with a new head; the backbone keeps the weights of the best epoch.

    Args:
        backbone: with its pretrained weights; moved to the device of ``processes``.
        data, settings: what to train on, and the recipe.
        state: holds the training after each epoch; the caller removes it once the result is safe.
        processes: those that share each batch; their number changes the result only by rounding errors.
        workers: further processes that read images (0: this one); no effect on the result.

    Returns: the head of the best epoch.
    Raises: InputError for an image that cannot be read, and if training diverges.
    """
    with reproducible(settings.threads):
        training = Finetuning(backbone, data, settings, processes, workers)
        training.run(state)
        best = training.best
        assert best is not None  # a training has one epoch or more
        training.classifier.load_state_dict(best.weights)
    facts: dict[str, float] = {"epoch": best.epoch, "iterations": training.steps}
    return TrainedHead(training.classifier.head(), best.accuracy, facts, training.history)


class Finetuning:
    """A training in progress; ``history`` has one row for each epoch done, as in `TrainedHead`."""

    def __init__(
        self,
        backbone: Backbone,
        data: RoundData,
        settings: FinetuneSettings,
        processes: Processes,
        workers: int,
    ) -> None:
        self._data, self._settings, self._processes, self._workers = data, settings, processes, workers
        self._device = device = processes.device
        if not settings.freeze_batch_norm:
            batch_norm.share(backbone, processes)
        self.classifier = Classifier(backbone, data.num_classes, self._generator("weights"))
        on_device(self.classifier, device)
        if settings.freeze_backbone:
            backbone.requires_grad_(False)
        self._network = processes.parallel(self.classifier)
        self.history: list[dict[str, float]] = []
        self.best: BestEpoch | None = None
        parameters = [values for values in self.classifier.parameters() if values.requires_grad]
        self._optimizer, self._scheduler = sgd(parameters, settings)
        counts = np.bincount(data.labelled.labels, minlength=data.num_classes)
        weights = class_weights(counts, settings.class_weights)
        self._class_weights = torch.from_numpy(weights).float().to(device)
        self._augmentation = augmentation(settings.augmentation, backbone.preprocessing.image_size)
        self._images = PartImages(data.dataset, "train", backbone.preprocessing)
        self._sizes = _batch_sizes(len(data.labelled.rows), settings)

    @property
    def steps(self) -> int:
        """Steps of the optimiser so far."""
        return len(self.history) * len(self._sizes)

    def run(self, state: StateFile) -> None:
        """Train until the recipe ends, from where ``state`` left off."""
        self._restore(state.read())
        epochs = range(len(self.history) + 1, self._settings.epochs + 1)
        requests = (request for epoch in epochs for request in self._requests(epoch))
        batches = load_requests(self._images, requests, self._workers, pinned=is_cuda(self._device))
        for epoch in epochs:
            if self.best is not None and epoch - 1 - self.best.epoch >= self._settings.patience:
                break
            started = time.perf_counter()
            self._run_epoch(epoch, islice(batches, len(self._sizes)))
            if self._processes.is_main:
                state.write(self._state())
                self._report(time.perf_counter() - started)

    def _run_epoch(self, epoch: int, batches: Iterator[Tensor]) -> None:
        """Show each labelled image once, then classify the validation split."""
        self.classifier.train(not self._settings.freeze_batch_norm)
        generator = self._generator(f"augmentation/{epoch}")
        labels = torch.from_numpy(self._data.labelled.labels)[self._order(epoch)].split(self._sizes)
        rate = float(self._scheduler.get_last_lr()[0])
        losses = [self._step(views, batch, generator) for views, batch in zip(batches, labels, strict=True)]
        self._scheduler.step()
        loss = float(self._processes.mean(torch.stack(losses)).mean())
        if not math.isfinite(loss):
            raise InputError(f"finetune: the loss of epoch {epoch} is {loss}; lower the learning_rate")
        accuracy, top5 = self._validation_accuracies()
        validation = {"validation_accuracy": accuracy, "validation_top5": top5}
        self.history.append({"epoch": epoch, "loss": loss, **validation, "learning_rate": rate})
        if self.best is None or self._settings.is_better(accuracy, self.best.accuracy):
            weights = {name: values.cpu().clone() for name, values in self.classifier.state_dict().items()}
            self.best = BestEpoch(epoch, accuracy, weights)

    def _step(self, views: Tensor, labels: Tensor, generator: Generator) -> Tensor:
        """Make one step of the optimiser; return this process's part of the loss.

        The images of its share of the batch are (1, share, C, S, S) uint8, the labels (B,) of all of it.
        """
        share = self._processes.share(len(labels))
        draws = Draws(generator, len(labels), torch.arange(share.start, share.stop))
        images = self._augmentation(pixels(views[0], self._device), draws)
        with mixed_precision(self._device):
            logits = self._network(images).float()
        labels = labels.to(self._device)
        losses = cross_entropy(logits, labels[share], self._class_weights, reduction="sum")
        # Averaged over the processes, this is the weighted mean over the batch.
        loss = losses * self._processes.count / self._class_weights[labels].sum()
        self._optimizer.zero_grad()
        loss.backward()
        self._optimizer.step()
        return loss.detach()

    def _validation_accuracies(self) -> tuple[float, float]:
        """Return the top-1 and the top-5 accuracy on the validation split."""
        count = len(self._data.validation.rows)
        validation = self._data.validation.take(self._processes.share(count))
        backbone = self.classifier.backbone
        rows = features_of(backbone, self._images, validation, self._device, self._workers)
        ranks = predict(self.classifier.head(), rows, Compute()).ranks
        correct = [float(np.count_nonzero(ranks < largest)) for largest in (1, 5)]
        top1, top5 = self._processes.sum(torch.tensor(correct, device=self._device)).tolist()
        return top1 / count, top5 / count

    def _order(self, epoch: int) -> Tensor:
        return torch.randperm(len(self._data.labelled.rows), generator=self._generator(f"order/{epoch}"))

    def _requests(self, epoch: int) -> Iterator[Request]:
        generator = self._generator(f"crops/{epoch}")
        rows = torch.from_numpy(self._data.labelled.rows)[self._order(epoch)]
        for batch in rows.split(self._sizes):
            share = self._processes.share(len(batch))
            crops = self._augmentation.draw_crops(1, len(batch), generator)
            yield Request(batch[share].numpy(), None if crops is None else crops[:, share])

    def _generator(self, purpose: str) -> Generator:
        """Return the random stream of one purpose; a resumed run needs no state of it."""
        name = f"finetune/{purpose}"
        return Generator().manual_seed(integer_seed(self._data.seed, self._data.round_number, name))

    def _state(self) -> dict[str, Any]:
        return {
            "classifier": self.classifier.state_dict(),
            "optimizer": self._optimizer.state_dict(),
            "scheduler": self._scheduler.state_dict(),
            "history": self.history,
            "best": vars(self.best),
        }

    def _restore(self, state: dict[str, Any] | None) -> None:
        if state is None:
            return
        self.classifier.load_state_dict(state["classifier"])
        self._optimizer.load_state_dict(state["optimizer"])
        self._scheduler.load_state_dict(state["scheduler"])
        self.history, self.best = state["history"], BestEpoch(**state["best"])
        print(f"finetune: resumes after epoch {len(self.history)}", file=sys.stderr)

    def _report(self, seconds: float) -> None:
        row = self.history[-1]
        print(
            f"finetune: epoch {row['epoch']} of {self._settings.epochs}: loss {row['loss']:.4f}, validation "
            f"accuracy {row['validation_accuracy']:.4f}, learning rate {row['learning_rate']:.3g}, "
            f"{seconds:.1f} s",
            file=sys.stderr,
        )


def _batch_sizes(images: int, settings: FinetuneSettings) -> list[int]:
    """Return the sizes of the batches of an epoch.

    Batch normalisation cannot train on a single image, so a last batch of one image joins the previous batch.

    Raises: InputError if there is no previous batch, or every batch has one image.
    """
    size = settings.batch_size
    sizes = [min(size, images - start) for start in range(0, images, size)]
    if settings.freeze_batch_norm or sizes[-1] > 1:
        return sizes
    if size == 1 or len(sizes) == 1:
        cause = "batch_size: 1" if size == 1 else "one labelled image"
        raise InputError(
            f"finetune: {cause} is too little for batch normalisation; two, or freeze_batch_norm: true"
        )
    return [*sizes[:-2], sizes[-2] + sizes[-1]]
