"""Notices about settings of a training that cannot have their effect, such as a batch of more than all."""

from collections.abc import Iterator

from pydantic import BaseModel

from activepool.pretraining.settings import MocoSettings, PretrainSettings
from planning.configuration.experiment import Experiment, LbfgsHead


def pretraining_notices(pretrain: PretrainSettings | None, images: int) -> Iterator[str]:
    """Yield a line for each number that is too large for so many images in the train part."""
    if pretrain is None:
        return
    batch_size = pretrain.batch_size
    if batch_size > images:
        groups = pretrain.batch_norm_groups if isinstance(pretrain, MocoSettings) else 1
        batch_size = groups * max(2, _fitting(images) // groups)
        yield (
            f"pretrain.batch_size: {_value(pretrain, 'batch_size')} is more than the {images:,} train "
            f"images, so each epoch is one step; give fewer, such as {batch_size:,}"
        )
    if isinstance(pretrain, MocoSettings) and pretrain.queue >= images:
        yield (
            f"pretrain.queue: {_value(pretrain, 'queue')} is not below the {images:,} train images, so an "
            "image's own older keys are among its negatives; give fewer, such as "
            f"{max(batch_size, _fitting(images)):,}"
        )


def head_notices(experiment: Experiment) -> Iterator[str]:
    """Yield a line for each number that is too large for so many labels or epochs."""
    head, labels = experiment.head, experiment.initial.size + (experiment.rounds - 1) * experiment.budget
    if isinstance(head, LbfgsHead):
        return
    if head.batch_size > labels:
        yield (
            f"head.batch_size: {_value(head, 'batch_size')} is more than the {labels:,} labels of the last "
            f"round, so each epoch is one step; give fewer, such as {_fitting(labels):,}"
        )
    if head.schedule == "step" and 1 < head.epochs <= head.step_size:
        yield (
            f"head.step_size: {_value(head, 'step_size')} is not below the {head.epochs:,} epochs, so the "
            f"learning rate never falls; give fewer, such as {max(1, head.epochs // 3):,}"
        )


def _fitting(number: int) -> int:
    """Return a power of two of which the number has at least four, if it can: a batch, or a queue."""
    return int(max(2, 2 ** (number.bit_length() - 3)))


def _value(section: BaseModel, key: str) -> str:
    """Return a number of a section, and that it is the default unless the user gave it."""
    default = "" if key in section.model_fields_set else ", the default,"
    return f"{getattr(section, key):,}{default}"
