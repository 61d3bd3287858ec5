"""A strategy's own model, trained on the images in every round."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:  # torch takes seconds to import, and most strategies do not need it
    from torch import Tensor


@dataclass(frozen=True)
class ImageModel:
    """The training of the model and its scoring of the pool: two stages before the selection.

    Both functions take the strategy's options that are among their keyword-only parameters.

    Attributes:
        train: (images of the round, path of a state file from which a killed training resumes, **options)
            -> the weights, by name.
        ends_with_head: (**options) -> whether the training reads ``images.head_steps``.
        score: (weights, images of the round, **options) -> scores by name, each (n,) in the order of
            ``images.unlabelled``; the strategy finds them in ``query.scores``.
    """

    train: "Callable[..., dict[str, Tensor]]"
    score: "Callable[..., dict[str, np.ndarray]]"
    ends_with_head: Callable[..., bool] = lambda **_: False
