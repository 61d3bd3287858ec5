"""The settings of VAAL; all of them change its scores."""

from dataclasses import dataclass

#: Each of the encoder's four convolutions halves the image.
REDUCTION = 16


@dataclass(frozen=True)
class AdversarialSettings:
    """Sizes and training of the autoencoder and the discriminator.

    Attributes:
        image_size: side of the resized images, in pixels; a multiple of REDUCTION.
        width: channels after the first of the encoder's four convolutions.
        latent: length of a code.
        epochs: passes over the labelled images.
        batch_size: labelled images per step, and as many unlabelled ones.
        beta: weight of the divergence of the codes from a normal distribution.
        adversary_weight: weight of the loss that deceives the discriminator, lambda 2 of the paper (lambda 1
            is 1).
        learning_rate: Adam's, of the autoencoder.
        discriminator_learning_rate: Adam's, of the discriminator.
        threads: CPU threads; they change the result, so they are no hardware setting.
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
