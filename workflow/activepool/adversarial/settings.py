"""The settings of VAAL; all of them change its scores."""

from dataclasses import dataclass

#: Each of the encoder's four convolutions halves the image.
REDUCTION = 16


@dataclass(frozen=True)
class AdversarialSettings:
    """How the autoencoder and the discriminator are made and trained.

    Attributes:
        image_size: side that images are resized to, in pixels; a multiple of REDUCTION.
        width: channels after the first of the encoder's four convolutions.
        latent: length of a code.
        epochs: passes over the labelled images.
        batch_size: labelled images in a step, and as many unlabelled ones.
        beta: weight of the divergence of the codes from a normal distribution.
        adversary_weight: weight of deceiving the discriminator, lambda 2 of the paper (lambda 1 is 1).
        learning_rate: Adam's, of the autoencoder.
        discriminator_learning_rate: Adam's, of the discriminator.
        threads: CPU threads; a part of the result, not of the hardware.
    """

    image_size: int
    width: int
    latent: int
    epochs: int
    batch_size: int
    beta: float
    adversary_weight: float
    learning_rate: float
    discriminator_learning_rate: float
    threads: int
