"""VAAL: the images that a discriminator most confidently calls unlabelled."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, MultipleOf

from activepool.adversarial.settings import (
    REDUCTION,
    AdversarialSettings,
    AugmentationName,
    InitialisationName,
    NormalisationName,
    ScheduleName,
)
from activepool.features.image_round import ImageRound
from activepool.strategies.declaration import strategy
from activepool.strategies.image_model import ImageModel
from activepool.strategies.options import NonNegative, Positive, PositiveInteger
from activepool.strategies.query import Query, Selection

if TYPE_CHECKING:
    from torch import Tensor

# torch takes seconds to import; only the two stages of the image model need it.


def train(images: ImageRound, state: Path, **options: Any) -> "dict[str, Tensor]":
    """Return the weights of the autoencoder and the discriminator, trained on one round."""
    from activepool.adversarial.training import train_adversary

    return train_adversary(images, AdversarialSettings(**options), state)


def score(weights: "dict[str, Tensor]", images: ImageRound, **options: Any) -> dict[str, np.ndarray]:
    """Return the discriminator's log-odds that each unlabelled image is labelled."""
    from activepool.adversarial.scoring import labelled_log_odds

    return {"labelled_log_odds": labelled_log_odds(weights, images, AdversarialSettings(**options))}


@strategy(
    source="Sinha et al. 2019, algorithms 1 and 2",
    image_model=ImageModel(train, score, lambda *, ends_with_head=False: ends_with_head),
    reads_labels=False,
)
def vaal(
    query: Query,
    *,
    image_size: Annotated[PositiveInteger, MultipleOf(REDUCTION)] = 32,
    zoom: Annotated[float, Ge(1)] = 1.0,
    augmentation: AugmentationName | None = None,
    normalisation: NormalisationName = "signed",
    width: PositiveInteger = 128,
    latent: PositiveInteger = 32,
    initialisation: InitialisationName = "full",
    epochs: PositiveInteger = 60,
    ends_with_head: bool = False,
    batch_size: PositiveInteger = 128,
    batches: Literal["full", "by_epoch"] = "full",
    batch_norm: Literal["joint", "separate"] = "joint",
    reconstruction: Literal["sum", "mean"] = "sum",
    beta: NonNegative = 1.0,
    adversary_weight: NonNegative = 1.0,
    learning_rate: Positive = 5e-4,
    discriminator_learning_rate: Positive = 5e-4,
    schedule: ScheduleName = "constant",
    step_size: PositiveInteger = 20,
    gamma: Positive = 0.1,
    threads: PositiveInteger = 1,
) -> Selection:
    """The images that a discriminator on an autoencoder's codes most confidently calls unlabelled.

    The defaults train as Sinha et al. describe, with sizes for CIFAR-10. Emam et al. 2021 train otherwise:
    workflow/experiments has their options for CIFAR-10 and for ImageNet.

    Args:
        image_size: side of the networks' images, in pixels; a multiple of 16.
        zoom: images are resized to a side of ``zoom`` · ``image_size``, and the networks see a window of
            ``image_size`` at a random place, the same for a whole batch; in scoring, the same for all images.
            1: the whole image. Emam et al. use a window of 64 in 224 pixels for ImageNet.
        augmentation: the augmentation of the images in training, before the window is cut; Emam et al. use
            the head's.
        normalisation: ``signed`` maps pixels to -1..1; the others subtract the mean of these data and divide
            by their deviation, as Emam et al. do.
        width: channels after the first of the encoder's four convolutions; on a CPU, 16 is much faster.
        latent: length of a code.
        initialisation: ``full`` draws the initial weights of all layers as He et al. 2015 do; ``partial``, as
            in both papers' code, keeps torch's own in the decoder's convolutions and the layers of the
            latent code.
        epochs: passes over the labelled images.
        ends_with_head: take as many steps as the head of the round took, as Emam et al. do, instead of
            ``epochs``.
        batch_size: labelled images per step, and as many unlabelled ones.
        batches: with ``full``, a pass over the images runs into the next, so that all batches are full; with
            ``by_epoch``, as in the code of Emam et al., each epoch starts again in both sets and ends with a
            smaller batch.
        batch_norm: ``joint`` normalises labelled and unlabelled images together, ``separate`` each by
            themselves, as both papers' code does.
        reconstruction: ``sum`` is equation 1, for each image: half the squared error, summed over its pixels,
            and its divergence. ``mean`` is both papers' code: the squared error averaged over the pixels of a
            batch, and the divergences of its images summed.
        beta: weight of the divergence of the codes from a normal distribution.
        adversary_weight: weight of the loss that deceives the discriminator, λ₂ of the paper (λ₁ is 1).
        learning_rate: Adam's learning rate for the autoencoder.
        discriminator_learning_rate: Adam's learning rate for the discriminator.
        schedule: ``constant``; ``step`` multiplies both learning rates by ``gamma`` every ``step_size``
            epochs; ``cosine`` lowers them to zero over ``epochs``. Emam et al. use the head's.
        step_size: epochs between two steps of the schedule ``step``.
        gamma: the factor of the schedule ``step``.
        threads: CPU threads; they change the result, so they are not a hardware setting.
    """
    log_odds = query.scores["labelled_log_odds"]
    picks = np.argsort(log_odds, kind="stable")[: query.budget]
    return Selection(query.unlabelled[picks], {"labelled_log_odds": log_odds[picks]})
