"""The settings of the three ways to train a head: two on cached features, one with the whole network."""

from collections.abc import Mapping
from dataclasses import fields
from typing import Annotated, Any, ClassVar, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from activepool.errors import InputError

Count = Annotated[int, Field(ge=1)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Decays = Annotated[tuple[Positive, ...], Field(min_length=1)]

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=_STRICT)
class SgdSettings:
    """The recipe of Emam et al. 2021 for the linear head; the defaults are theirs for ImageNet.

    Attributes:
        class_weights: weigh classes in the loss by the inverse of their counts in the labelled set.
        learning_rate: the learning rate of the first epoch.
        momentum: SGD's momentum (not Nesterov's).
        weight_decay: λ; adds λ · parameter to the gradient of weight and bias.
        schedule: ``step`` multiplies the learning rate by ``gamma`` every ``step_size`` epochs;
            ``cosine`` lowers it to zero over ``epochs``.
        step_size: epochs between two steps of the schedule ``step``.
        gamma: the factor of the schedule ``step``.
        epochs: the largest number of epochs.
        batch_size: samples in a batch; the last batch of an epoch may be smaller.
        patience: training stops after this many epochs in a row without a better validation accuracy. The
            code of Emam et al. waits for one epoch more than its patience.
        ties: which epoch to keep if several have the best validation accuracy. With ``latest``, as in the
            code of Emam et al., an equally good epoch counts as better, also for the patience.
    """

    solver: ClassVar[str] = "sgd"
    class_weights: bool = False
    learning_rate: Positive = 15.0
    momentum: Annotated[float, Field(ge=0, lt=1)] = 0.9
    weight_decay: NotNegative = 1e-4
    schedule: Literal["step", "cosine"] = "step"
    step_size: Count = 20
    gamma: Positive = 0.1
    epochs: Count = 60
    batch_size: Count = 128
    patience: Count = 30
    ties: Literal["earliest", "latest"] = "earliest"

    def is_better(self, accuracy: float, best: float) -> bool:
        """Return whether an epoch replaces the best so far, given their validation accuracies."""
        return accuracy > best or (self.ties == "latest" and accuracy == best)


@dataclass(frozen=True, config=_STRICT)
class FinetuneSettings(SgdSettings):
    """The recipe of Emam et al. 2021 for the whole network; the defaults are theirs for ImageNet.

    Attributes, beside those of `SgdSettings`:
        freeze_backbone: train only the head, on new random views of the images in every epoch: the linear
            evaluation of the paper's code.
        from_scratch: start each round from its own random weights instead of pretrained ones, as a baseline;
            needs ``freeze_batch_norm: false``.
        freeze_batch_norm: train with the batch-norm statistics of the pretraining, as their code does.
        augmentation: the augmentation of the training images, a name in activepool.features.transforms.
        threads: CPU threads; they change the result, so they are not a hardware setting.
    """

    solver: ClassVar[str] = "finetune"
    learning_rate: Positive = 1e-3
    weight_decay: NotNegative = 0.0
    step_size: Count = 10
    freeze_backbone: bool = False
    from_scratch: bool = False
    freeze_batch_norm: bool = True
    augmentation: Literal["crop", "natural", "digits", "shift"] = "crop"
    threads: Count = 1


@dataclass(frozen=True, config=_STRICT)
class LbfgsSettings:
    """The optimum of the regularised softmax regression; see `activepool.heads.lbfgs`.

    Attributes:
        class_weights: weigh classes in the loss by the inverse of their counts in the labelled set.
        weight_decays: one weight decay, or several for the validation split to choose from. They are relative
            to the total variance of the labelled features, so that the same values fit every backbone.
        max_iterations: iterations of Newton's method or L-BFGS, for each weight decay.
        tolerance: L-BFGS, which solves problems too large for Newton's method, stops when an iteration lowers
            the objective by less than this fraction.
    """

    solver: ClassVar[str] = "lbfgs"
    class_weights: bool = False
    weight_decays: Positive | Decays = (1e-2, 1e-3, 1e-4, 1e-5, 1e-6)
    max_iterations: Count = 200
    tolerance: Positive = 1e-6


#: The possible values of ``head`` in a configuration.
HeadSettings = SgdSettings | LbfgsSettings | FinetuneSettings

_SOLVERS: dict[str, type[HeadSettings]] = {
    settings.solver: settings for settings in (SgdSettings, LbfgsSettings, FinetuneSettings)
}


def head_settings(content: Mapping[str, Any]) -> HeadSettings:
    """Return the settings in ``content``: ``solver``, and any of that solver's attributes.

    Raises: InputError that names every unknown key and every key with an invalid value.
    """
    options = dict(content)
    solver = options.pop("solver", None)
    if solver not in _SOLVERS:
        raise InputError(f"head.solver: {solver!r} is not known; it must be {' or '.join(_SOLVERS)}")
    try:
        return TypeAdapter(_SOLVERS[solver]).validate_python(options)
    except ValidationError as error:
        problems = {f"{detail['loc'][0]}: {detail['msg']}" for detail in error.errors()}
        names = ", ".join(field.name for field in fields(_SOLVERS[solver]))
        raise InputError(f"head: {'; '.join(sorted(problems))} (solver {solver} knows: {names})") from None
