"""A model of a strategy's own, which it trains on the images in every round."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # most strategies need no torch, and it takes seconds to import
    from torch import Tensor


@dataclass(frozen=True)
class ImageModel:
    """How the model is trained, and what it says of the pool: two stages of their own before the selection.

    Both functions take, of the strategy's options, those that are their keyword-only parameters.

    Attributes:
        train: (images of the round, path of a file for the state of a training that may be killed, **options)
            -> the weights, by name.
        score: (weights, images of the round, **options) -> scores by name, each (n,) in the order of
            ``images.unlabelled``; the strategy finds them in ``query.scores``.
    """

    train: "Callable[..., dict[str, Tensor]]"
    score: "Callable[..., dict[str, np.ndarray]]"
