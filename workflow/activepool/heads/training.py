"""Trains a linear head by the solver that its settings name."""

from collections.abc import Sequence

from activepool.compute.blocks import Compute
from activepool.features.store import FeatureMatrix
from activepool.heads.labelled import LabelledRows
from activepool.heads.lbfgs import train_lbfgs
from activepool.heads.linear import TrainedHead
from activepool.heads.settings import HeadSettings, LbfgsSettings


def train_head(
    labelled: LabelledRows,
    validation: LabelledRows,
    num_classes: int,
    settings: HeadSettings,
    seed: int,
    round_number: int,
    compute: Compute,
    views: Sequence[FeatureMatrix] = (),
) -> TrainedHead:
    """Train as ``settings`` say; only SGD depends on the seed and the round, and uses ``views``."""
    if isinstance(settings, LbfgsSettings):
        return train_lbfgs(labelled, validation, num_classes, settings, compute)
    # On a CPU, lbfgs does not need torch, which takes seconds to import.
    from activepool.heads.sgd import train_sgd

    return train_sgd(labelled, validation, num_classes, settings, seed, round_number, compute, views)
