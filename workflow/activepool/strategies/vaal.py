"""VAAL: the images that a discriminator most confidently calls unlabelled."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
from annotated_types import MultipleOf

from activepool.adversarial.settings import REDUCTION, AdversarialSettings
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
    source="Sinha et al. 2019, algorithms 1 and 2", image_model=ImageModel(train, score), reads_labels=False
)
def vaal(
    query: Query,
    *,
    image_size: Annotated[PositiveInteger, MultipleOf(REDUCTION)] = 32,
    width: PositiveInteger = 128,
    latent: PositiveInteger = 32,
    epochs: PositiveInteger = 60,
    batch_size: PositiveInteger = 128,
    beta: NonNegative = 1.0,
    adversary_weight: NonNegative = 1.0,
    learning_rate: Positive = 5e-4,
    discriminator_learning_rate: Positive = 5e-4,
    threads: PositiveInteger = 1,
) -> Selection:
    """The images that a discriminator on an autoencoder's codes most confidently calls unlabelled.

    The defaults are for CIFAR-10. For ImageNet, the code of Emam et al. uses ``image_size`` 64, ``latent``
    64, ``adversary_weight`` 10, ``learning_rate`` 5e-5 and ``discriminator_learning_rate`` 1e-3. On a CPU,
    ``width`` 16 is much faster. `AdversarialSettings` explains the options.
    """
    log_odds = query.scores["labelled_log_odds"]
    picks = np.argsort(log_odds, kind="stable")[: query.budget]
    return Selection(query.unlabelled[picks], {"labelled_log_odds": log_odds[picks]})
