"""The settings of pretraining, from a configuration or a command line."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from activepool.backbones.settings import parse_settings
from activepool.errors import InputError

#: Defaults of each optimizer: SimCLR's LARS and MoCo v2's SGD, each for a batch of 256. The papers scale the
#: learning rate with the batch (SimCLR: 0.3 · batch_size / 256); here it is used unscaled, so with another
#: batch size the user writes the product.
OPTIMIZER_DEFAULTS: dict[str, dict[str, float]] = {
    "adamw": {"learning_rate": 2e-3, "weight_decay": 1e-4},
    "lars": {"learning_rate": 0.3, "weight_decay": 1e-6},
    "sgd": {"learning_rate": 0.03, "weight_decay": 1e-4},
}

Optimizer = Literal["adamw", "lars", "sgd"]

#: What is wrong with a truth value in the place of a number, which pydantic reads as 0 or 1.
NO_NUMBER = "input should be a number, not true or false"


def _not_truth(value: Any) -> Any:
    """Return a value; raises PydanticCustomError for a truth value, also where checks would compare it."""
    if isinstance(value, bool):
        raise PydanticCustomError("no_number", NO_NUMBER)
    return value


#: Types of numbers for which true is not 1.
Whole = Annotated[int, BeforeValidator(_not_truth)]
Real = Annotated[float, BeforeValidator(_not_truth)]

#: The names of activepool.features.transforms, which imports torch.
Augmentation = Literal["natural", "moco_v2", "digits", "crop", "shift"]


class PretrainSettings(BaseModel):
    """The settings of all methods; all except ``knn_every`` change the resulting weights.

    Attributes:
        method: ``simclr`` or ``moco_v2``.
        epochs: passes over the images.
        batch_size: images in a step; each gives two views.
        optimizer: ``adamw``, ``lars`` (SimCLR's paper) or ``sgd`` (MoCo v2's paper).
        learning_rate: the largest learning rate, after the warm-up; not scaled with the batch size.
        weight_decay: the weight decay; adamw and lars do not apply it to biases and normalisation.
        temperature: the temperature of the contrastive loss.
        projection_width: width of the space in which the loss compares views.
        warmup_epochs: epochs of a linearly rising learning rate.
        augmentation: the augmentation that makes the views.
        precision: with ``bfloat16``, a CPU computes in this type where that is safe, as a GPU always does; it
            is faster on processors that have it (AVX-512 BF16, AMX).
        knn_every: epochs between two measurements of k-NN accuracy; 0: none.
        seed: the seed of weights, views and order.
        threads: CPU threads; they change the result, so they are not a hardware setting.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)

    method: str
    epochs: Whole = Field(gt=0)
    batch_size: Whole = Field(default=256, gt=1)
    optimizer: Optimizer = "adamw"
    learning_rate: Real = Field(gt=0)
    weight_decay: Real = Field(ge=0)
    temperature: Real = Field(default=0.2, gt=0)
    projection_width: Whole = Field(gt=0)
    warmup_epochs: Whole = Field(ge=0)
    augmentation: Augmentation
    precision: Literal["bfloat16"] | None = None
    knn_every: Whole = Field(default=10, ge=0)
    seed: Whole = Field(default=0, ge=0)
    threads: Whole = Field(default=1, gt=0)

    @model_validator(mode="before")
    @classmethod
    def _optimizer_defaults(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        optimizer = values.get("optimizer", cls.model_fields["optimizer"].default)
        defaults = OPTIMIZER_DEFAULTS.get(optimizer, {}) if isinstance(optimizer, str) else {}
        return {**defaults, **values}

    @model_validator(mode="after")
    def _check_warmup(self) -> "PretrainSettings":
        if self.warmup_epochs >= self.epochs:
            is_default = "warmup_epochs" not in self.model_fields_set
            remedy = "; this is its default, write warmup_epochs: 0 for so few epochs" if is_default else ""
            raise PydanticCustomError(
                "warmup", f"warmup_epochs {self.warmup_epochs} must be below epochs {self.epochs}{remedy}"
            )
        return self


class SimclrSettings(PretrainSettings):
    """SimCLR (Chen et al. 2020); ``optimizer: lars`` is the paper's, AdamW is quicker on small networks."""

    method: Literal["simclr"] = "simclr"
    projection_width: Whole = Field(default=64, gt=0)
    warmup_epochs: Whole = Field(default=10, ge=0)
    augmentation: Augmentation = "natural"


class MocoSettings(PretrainSettings):
    """MoCo v2 (He et al. 2020; Chen et al. 2020b), by default as in the paper.

    Attributes, beside those of `PretrainSettings`:
        queue: keys of earlier batches that serve as negatives.
        key_momentum: how much of its old weights the key encoder keeps in each step.
        batch_norm_groups: parts of a batch that are normalised separately, as if on as many GPUs.
    """

    method: Literal["moco_v2"] = "moco_v2"
    optimizer: Optimizer = "sgd"
    projection_width: Whole = Field(default=128, gt=0)
    warmup_epochs: Whole = Field(default=0, ge=0)
    augmentation: Augmentation = "moco_v2"
    queue: Whole = Field(default=65536, gt=0)
    key_momentum: Real = Field(default=0.999, ge=0, lt=1)
    batch_norm_groups: Whole = Field(default=8, gt=0)

    @model_validator(mode="after")
    def _check_batches(self) -> "MocoSettings":
        if self.queue < self.batch_size:
            raise PydanticCustomError(
                "queue", f"queue {self.queue} must not be below batch_size {self.batch_size}"
            )
        if self.batch_size % self.batch_norm_groups:
            raise PydanticCustomError(
                "groups",
                f"batch_size {self.batch_size} must be a multiple of "
                f"batch_norm_groups {self.batch_norm_groups}",
            )
        if self.batch_size < 2 * self.batch_norm_groups:
            raise PydanticCustomError(
                "groups",
                f"batch_size {self.batch_size} must be at least twice batch_norm_groups "
                f"{self.batch_norm_groups}: a group of one image cannot be normalised",
            )
        return self


METHODS: dict[str, type[PretrainSettings]] = {"simclr": SimclrSettings, "moco_v2": MocoSettings}

#: The method if none is named.
DEFAULT_METHOD = "simclr"

#: The settings of one method; the key ``method`` says which.
AnyPretrainSettings = Annotated[SimclrSettings | MocoSettings, Field(discriminator="method")]


def pretrain_settings(content: Mapping[str, Any]) -> PretrainSettings:
    """Return the settings of a method (by default SimCLR); raises InputError that names invalid keys."""
    method = content.get("method", DEFAULT_METHOD)
    if method not in METHODS:
        raise InputError(f"pretrain: method: {method!r} is not known; it must be one of {', '.join(METHODS)}")
    return parse_settings(METHODS[method], content, "pretrain")
