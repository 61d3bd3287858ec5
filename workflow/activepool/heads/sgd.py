"""The linear head by stochastic gradient descent: the recipe of Emam et al. 2021 on cached features.

Minibatches of cross entropy with momentum; weight decay on weight and bias, as in their code. Each epoch ends
with the accuracy on the validation split, and the best epoch is kept. Every round starts from fresh normal
weights of standard deviation 0.001 and a bias of 0.
"""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy, linear
from torch.optim.lr_scheduler import CosineAnnealingLR, LRScheduler, StepLR
from tqdm import tqdm

from activepool.compute.blocks import Compute, to_numpy, torch_threads
from activepool.compute.seeds import integer_seed
from activepool.errors import InputError
from activepool.features.store import FeatureMatrix
from activepool.heads.labelled import LabelledRows, class_weights
from activepool.heads.linear import LinearHead, TrainedHead
from activepool.heads.predictions import predict
from activepool.heads.settings import SgdSettings

#: Standard deviation of the initial weights, from the code of Emam et al.
INITIAL_DEVIATION = 1e-3

#: A head has learned nothing if the logits of SPREAD_ROWS labelled samples lie closer together than this.
MIN_SPREAD, SPREAD_ROWS = 1e-6, 1000


@torch_threads(1)
def train_sgd(
    labelled: LabelledRows,
    validation: LabelledRows,
    num_classes: int,
    settings: SgdSettings,
    seed: int,
    round_number: int,
    compute: Compute,
    views: Sequence[FeatureMatrix] = (),
) -> TrainedHead:
    """Train a head on ``labelled`` and keep its best epoch on ``validation``.

    Args:
        labelled, validation: the labelled set, held in memory in float32; and what is read once an epoch.
        num_classes, settings: C, and the recipe.
        seed, round_number: decide the initial weights, the order of samples and their views.
        compute: the steps run on its device, on a CPU in one thread, so that the head does not depend on the
            number of cores. Its workers share the validation split.
        views: (N, d) each; if there are any, each epoch uses a random view of each sample.

    Raises: InputError if training diverges, or learns nothing because the features are too small.
    """
    generator = torch.Generator().manual_seed(integer_seed(seed, round_number, "train"))
    recipe = _Recipe(labelled, views, num_classes, settings, generator, torch.device(compute.device))
    best_accuracy, best_epoch, best_head = -1.0, 0, recipe.head()
    history: list[dict[str, float]] = []
    for epoch in tqdm(range(1, settings.epochs + 1), desc="sgd", unit="epoch", disable=None):
        rate = recipe.learning_rate
        head, loss = recipe.run_epoch()
        if not np.isfinite(head.weight).all():
            raise InputError(
                f"head.learning_rate: training diverged in epoch {epoch}; "
                f"{settings.learning_rate} is too large for these features"
            )
        predictions = predict(head, validation, compute)
        accuracy = predictions.accuracy
        accuracies = {"validation_accuracy": accuracy, "validation_top5": predictions.top5}
        history.append({"epoch": epoch, "loss": loss, **accuracies, "learning_rate": rate})
        if settings.is_better(accuracy, best_accuracy):
            best_accuracy, best_epoch, best_head = accuracy, epoch, head
        elif epoch - best_epoch >= settings.patience:
            break
    if 0 < (spread := recipe.spread()) < MIN_SPREAD:
        raise InputError(
            f"head.learning_rate: training learned nothing: {settings.learning_rate} is too small for these "
            f"features; their logits differ by {spread:.1g} at most; scale them up, or set solver: lbfgs"
        )
    facts: dict[str, float] = {"epoch": best_epoch, "iterations": recipe.steps}
    return TrainedHead(best_head, best_accuracy, facts, history)


class _Recipe:
    """One training, an epoch at a time; ``steps`` counts those of the optimiser so far."""

    def __init__(
        self,
        labelled: LabelledRows,
        views: Sequence[FeatureMatrix],
        num_classes: int,
        settings: SgdSettings,
        generator: torch.Generator,
        device: torch.device,
    ) -> None:
        self.steps = 0
        self._generator, self._device, self._batch_size = generator, device, settings.batch_size
        initial_weight = torch.empty(num_classes, labelled.width).normal_(
            0, INITIAL_DEVIATION, generator=generator
        )
        self._weight = initial_weight.to(device).requires_grad_()
        self._bias = torch.zeros(num_classes, device=device).requires_grad_()
        self._optimizer, self._scheduler = sgd([self._weight, self._bias], settings)
        self._labels = torch.from_numpy(labelled.labels).to(device)
        weights = class_weights(labelled.class_counts(num_classes), settings.class_weights)
        self._class_weights = torch.from_numpy(weights).float().to(device)
        self._epochs = self._read_epochs(labelled, views)

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next epoch."""
        return float(self._scheduler.get_last_lr()[0])

    def run_epoch(self) -> tuple[LinearHead, float]:
        """Train on each sample once; return the resulting head, and the mean of the batches' losses."""
        features = next(self._epochs)
        self._spread_features = features[:SPREAD_ROWS]
        order = torch.randperm(len(features), generator=self._generator).to(self._device)
        losses = []
        for batch in order.split(self._batch_size):
            self._optimizer.zero_grad()
            logits = linear(features[batch], self._weight, self._bias)
            loss = cross_entropy(logits, self._labels[batch], self._class_weights)
            loss.backward()
            self._optimizer.step()
            losses.append(loss.detach())
            self.steps += 1
        self._scheduler.step()
        return self.head(), float(torch.stack(losses).mean())

    def head(self) -> LinearHead:
        """Return the head of the present weights."""
        return LinearHead(to_numpy(self._weight).copy(), to_numpy(self._bias).copy())

    def spread(self) -> float:
        """Return the range of the logits of labelled samples, for the class where it is largest."""
        with torch.no_grad():
            logits = linear(self._spread_features, self._weight)
        return float((logits.amax(dim=0) - logits.amin(dim=0)).max())

    def _read_epochs(self, labelled: LabelledRows, views: Sequence[FeatureMatrix]) -> Iterator[torch.Tensor]:
        """Yield the features of each epoch, (L, d): those stored, or a random view of each sample."""
        features = labelled.read()
        while not views:
            yield torch.from_numpy(features).to(self._device)
        while True:
            view_numbers = torch.randint(len(views), (len(labelled),), generator=self._generator).numpy()
            for number, view in enumerate(views):
                features[view_numbers == number] = view.take(labelled.rows[view_numbers == number])
            yield torch.from_numpy(features).to(self._device)


def sgd(parameters: Iterable[Tensor], settings: SgdSettings) -> tuple[torch.optim.SGD, LRScheduler]:
    """Return the optimizer in the settings and its learning-rate schedule, to be stepped once per epoch."""
    optimizer = torch.optim.SGD(
        parameters,
        lr=settings.learning_rate,
        momentum=settings.momentum,
        weight_decay=settings.weight_decay,
    )
    if settings.schedule == "cosine":
        return optimizer, CosineAnnealingLR(optimizer, T_max=settings.epochs)
    return optimizer, StepLR(optimizer, settings.step_size, settings.gamma)
