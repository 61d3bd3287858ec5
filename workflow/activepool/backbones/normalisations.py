"""Means and deviations of pixels by name, for networks that were trained with them."""

from typing import Literal

NormalisationName = Literal["imagenet", "cifar10"]

#: One number for each channel.
PerChannel = tuple[float, ...]

#: Means and standard deviations of red, green and blue, for pixels in 0..1; CIFAR-10's as in the code of Emam
#: et al. 2021.
NORMALISATIONS: dict[NormalisationName, tuple[PerChannel, PerChannel]] = {
    "imagenet": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "cifar10": ((0.4914, 0.4822, 0.4465), (0.2023, 0.1994, 0.2010)),
}


def normalisation(name: NormalisationName, channels: int) -> tuple[PerChannel, PerChannel]:
    """Return means and deviations for 3 channels, or the average of them for grey images."""
    mean, std = NORMALISATIONS[name]
    return (mean, std) if channels == 3 else (_average(mean), _average(std))


def _average(values: PerChannel) -> PerChannel:
    return (round(sum(values) / len(values), 4),)
