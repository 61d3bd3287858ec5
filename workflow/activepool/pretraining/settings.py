"""The settings of pretraining, as a configuration or a command line gives them."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator


class PretrainSettings(BaseModel):
    """SimCLR; all of it changes the weights that come out."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Literal["simclr"] = "simclr"
    epochs: int = Field(gt=0, description="passes over the images")
    batch_size: int = Field(default=256, gt=1, description="images in a step, each seen in two views")
    learning_rate: float = Field(default=2e-3, gt=0, description="the largest, after the warm-up")
    weight_decay: float = Field(default=1e-4, ge=0, description="AdamW's; not on biases and normalisation")
    temperature: float = Field(default=0.2, gt=0, description="of the contrastive loss")
    projection_width: int = Field(
        default=64, gt=0, description="width of the space that views are compared in"
    )
    warmup_epochs: int = Field(default=10, ge=0, description="epochs of a linearly rising learning rate")
    augmentation: str = Field(default="natural", description="a name in activepool.features.transforms")
    seed: int = Field(default=0, ge=0)
    threads: int = Field(
        default=1, gt=0, description="CPU threads; a part of the result, not of the hardware"
    )

    @model_validator(mode="after")
    def _warm_up_ends(self) -> "PretrainSettings":
        if self.warmup_epochs >= self.epochs:
            raise ValueError(f"warmup_epochs {self.warmup_epochs} must be below epochs {self.epochs}")
        return self
