"""The settings of VAAL; all of them change its scores."""

from dataclasses import dataclass
from typing import Literal

from activepool.backbones import normalisations

#: Each of the encoder's four convolutions halves the image.
REDUCTION = 16

#: Random augmentations of the images in training; see `activepool.features.transforms.augmentation`.
AugmentationName = Literal["crop", "natural", "digits", "shift"]

#: Scales of the pixels: from -1 to 1, or by the means and deviations of a dataset.
NormalisationName = Literal["signed", normalisations.NormalisationName]

#: Which layers begin with the weights of He et al. 2015.
InitialisationName = Literal["full", "partial"]

#: How the learning rates fall.
ScheduleName = Literal["constant", "step", "cosine"]


@dataclass(frozen=True)
class AdversarialSettings:
    """The options of the strategy `vaal`, which describes them: `activepool.strategies.vaal`."""

    image_size: int
    zoom: float
    augmentation: AugmentationName | None
    normalisation: NormalisationName
    width: int
    latent: int
    initialisation: InitialisationName
    epochs: int
    ends_with_head: bool
    batch_size: int
    batches: Literal["full", "by_epoch"]
    batch_norm: Literal["joint", "separate"]
    reconstruction: Literal["sum", "mean"]
    beta: float
    adversary_weight: float
    learning_rate: float
    discriminator_learning_rate: float
    schedule: ScheduleName
    step_size: int
    gamma: float
    threads: int
