"""The one typed definition of an experiment's configuration.

Every key of ``config.yaml`` and of ``workflow/experiments/*.yaml`` is a field here, with its type, its
default (the paper's, where the paper has one) and its bounds. Numbers may be given as text: YAML reads
``1e-3`` as text, and so does the command line.
"""

import re
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_core import PydanticCustomError

from activepool.api.options import validate_options
from activepool.backbones.checkpoint_formats import CheckpointFormat, FormatName
from activepool.backbones.registry import BACKBONES, check_name
from activepool.errors import InputError
from activepool.features.settings import ExtractSettings
from activepool.heads.settings import FinetuneSettings, LbfgsSettings, SgdSettings
from activepool.pretraining.settings import AnyPretrainSettings
from activepool.strategies.declaration import Strategy
from activepool.strategies.registry import find_strategy
from activepool.tracking.registry import TrackerName
from planning.configuration.datasets import Dataset
from planning.configuration.sections import MOST, Count, Fraction, Name, PathText, Settings, section_of


def _is_architecture(name: str) -> str:
    try:
        check_name(name)
    except InputError as error:
        raise PydanticCustomError("architecture", "{message}", {"message": str(error)}) from None
    return name


class Backbone(Settings):
    """The network that turns an image into a feature, and the file of its weights."""

    architecture: Annotated[str, AfterValidator(_is_architecture)] = "resnet50"
    name: Name | None = Field(default=None, validate_default=True)
    image_size: Count | None = None
    checkpoint: PathText | None = None
    format: FormatName | None = None
    keys: CheckpointFormat | None = None

    @field_validator("name", mode="before")
    @classmethod
    def _is_a_folders_name(cls, given: Any, fields: ValidationInfo) -> Any:
        """An architecture without a short name, such as timm:NAME, is made into one."""
        architecture = fields.data.get("architecture")
        if given is not None or architecture is None or architecture in BACKBONES:
            return given
        return re.sub(r"[^A-Za-z0-9_.-]+", "_", architecture.rpartition("/")[2].replace(".py:", "_"))


Features = section_of(ExtractSettings, shards=(Count, 1))


class Initial(Settings):
    """The labelled set of round 0."""

    kind: Literal["random", "balanced"] = "random"
    size: Count


class Validation(Settings):
    """The class-balanced split on which epochs and weight decay are chosen."""

    fraction: Fraction = 0.01


SgdHead = section_of(SgdSettings, solver=(Literal["sgd"], "sgd"))
LbfgsHead = section_of(LbfgsSettings, solver=(Literal["lbfgs"], ...))
FinetuneHead = section_of(FinetuneSettings, solver=(Literal["finetune"], ...))
Head = Annotated[SgdHead | LbfgsHead | FinetuneHead, Field(discriminator="solver")]


class Figures(Settings):
    """How curves are drawn, and how the pool is laid out in the plane."""

    confidence: Fraction = 0.95
    metric: Literal["top1", "top5", "balanced_accuracy"] = "top1"
    colours: dict[str, str] = Field(default_factory=dict)
    map: Literal["pca", "umap"] = "pca"


#: The folder of the training on the whole pool, where a round has that of its strategy.
FULL_POOL = "full_pool"

#: Folders and files of an experiment that are no strategy's.
RESERVED_NAMES = ("splits", "figures", "tables", "provenance", FULL_POOL, "curves.csv", "class_counts.csv")
RESERVED_NAMES += ("tracking", "overlap.csv", "ceiling.csv", "ceiling_class_counts.csv")


def _not_reserved(name: str | None) -> str | None:
    if name is not None and (name in RESERVED_NAMES or name.startswith("initial_")):
        raise PydanticCustomError(
            "reserved", f"{name!r} is the name of another folder or file; choose another"
        )
    return name


#: Folders and files of results/ and results/logs that are no experiment's.
SHARED_NAMES = ("datasets", "pretrained", "features", "logs", "provenance", "verify.log", "paper_figures.log")


def _not_shared(name: str) -> str:
    if name in SHARED_NAMES:
        raise PydanticCustomError(
            "reserved", f"{name!r} is the name of a folder or file that all experiments share; choose another"
        )
    return name


class StrategySettings(BaseModel):
    """A strategy, its options, and the name of its folder and curve."""

    model_config = ConfigDict(extra="allow", frozen=True)

    strategy: str
    name: Annotated[Name | None, AfterValidator(_not_reserved)] = None

    @model_validator(mode="before")
    @classmethod
    def _accept_a_bare_name(cls, given: Any) -> Any:
        return {"strategy": given} if isinstance(given, str) else given

    @field_validator("strategy")
    @classmethod
    def _exists(cls, name: str) -> str:
        try:
            find_strategy(name)
        except InputError as error:
            raise PydanticCustomError("strategy", "{message}", {"message": str(error)}) from None
        return name

    @model_validator(mode="after")
    def _options_are_its_own(self) -> "StrategySettings":
        problems = validate_options(self.declared, self.given_options)[1]
        if problems:
            raise PydanticCustomError("options", "{message}", {"message": "; ".join(problems)})
        return self

    @cached_property
    def declared(self) -> Strategy:
        """The strategy's declaration."""
        return find_strategy(self.strategy)

    @property
    def given_options(self) -> dict[str, Any]:
        """The options as they stand in the configuration."""
        return dict(self.model_extra or {})

    @cached_property
    def options(self) -> dict[str, Any]:
        """All options, with defaults, in their types."""
        return validate_options(self.declared, self.given_options)[0]

    @property
    def folder(self) -> str:
        """The name of the strategy's folder and curve."""
        return self.name or self.strategy.rpartition(":")[2]


#: Rounds and seeds are folders of their own, and are all planned at once.
Few = Annotated[int, Field(ge=1, le=100_000)]


class Experiment(Settings):
    """One experiment: everything that a result depends on, and nothing of the machine but ``device``."""

    experiment: Annotated[Name, AfterValidator(_not_shared)]
    dataset: Dataset
    backbone: Backbone | None = None
    pretrain: AnyPretrainSettings | None = None
    features: Features = Features()
    validation: Validation = Validation()
    initial: Initial
    budget: Count
    rounds: Few
    seeds: Few | Annotated[list[Annotated[int, Field(ge=0, le=MOST)]], Field(min_length=1)] = 3
    strategies: Annotated[list[StrategySettings], Field(min_length=1)]
    head: Head = SgdHead()
    pool_shards: Count = 1
    ceiling: bool = False
    release_labels: Annotated[int, Field(ge=0)] = 0
    figures: Figures = Figures()
    trackers: list[TrackerName] = []
    device: Annotated[str, Field(pattern=r"^(auto|cpu|cuda(:\d+)?)$")] = "auto"

    @field_validator("head", mode="before")
    @classmethod
    def _solver_defaults_to_the_papers(cls, given: Any) -> Any:
        return {"solver": "sgd", **given} if isinstance(given, dict) else given

    @field_validator("pretrain", mode="before")
    @classmethod
    def _method_defaults_to_simclr(cls, given: Any) -> Any:
        return {"method": "simclr", **given} if isinstance(given, dict) else given

    @field_validator("strategies")
    @classmethod
    def _names_differ(cls, strategies: list[StrategySettings]) -> list[StrategySettings]:
        folders = [one.folder for one in strategies]
        for folder in folders:
            _not_reserved(folder)
            if folders.count(folder) > 1:
                raise PydanticCustomError(
                    "twice", f"{folder!r} is listed twice; tell them apart by the key 'name'"
                )
        return strategies

    @field_validator("seeds")
    @classmethod
    def _seeds_differ(cls, seeds: int | list[int]) -> int | list[int]:
        for seed in seeds if isinstance(seeds, list) else ():
            if seeds.count(seed) > 1:
                raise PydanticCustomError("twice", f"{seed} is listed twice; each seed is a run of its own")
        return seeds

    @field_validator("trackers")
    @classmethod
    def _trackers_differ(cls, trackers: list[TrackerName]) -> list[TrackerName]:
        for name in trackers:
            if trackers.count(name) > 1:
                raise PydanticCustomError("twice", "{name} is listed twice; once is enough", {"name": name})
        return trackers

    @property
    def seed_list(self) -> list[int]:
        """The seeds: those given, or 0 … seeds − 1."""
        return list(range(self.seeds)) if isinstance(self.seeds, int) else list(self.seeds)

    @property
    def finetunes(self) -> bool:
        """Whether a round trains the whole network, and not a head on cached features."""
        return self.head.solver == FinetuneSettings.solver

    @property
    def in_shards(self) -> bool:
        """Whether the samples of the pool are scored and measured in several jobs."""
        return self.pool_shards > 1

    @property
    def initial_folder(self) -> str:
        """The folder of round 0, which all strategies share."""
        return f"initial_{self.initial.kind}"

    @property
    def dataset_name(self) -> str:
        """The dataset's folder under results/features."""
        if self.dataset.name:
            return self.dataset.name
        imbalance, fraction = self.dataset.imbalance, self.dataset.fraction
        parts = [self.dataset.kind]
        parts += [f"{imbalance.kind}{imbalance.factor:g}"] if imbalance else []
        parts += [f"fraction{fraction:g}"] if fraction else []
        return "_".join(parts)

    @property
    def backbone_name(self) -> str:
        """The backbone's folder under results/features/<dataset>."""
        if self.backbone is None:
            return "given"
        if self.backbone.name:
            return self.backbone.name
        return (
            f"{self.backbone.architecture}_{self.pretrain.method}"
            if self.pretrain
            else self.backbone.architecture
        )

    @property
    def strategy_folders(self) -> list[str]:
        """The folders of all strategies, in their order."""
        return [entry.folder for entry in self.strategies]

    def strategy(self, folder: str) -> StrategySettings:
        """Return the strategy of a folder; raises KeyError if there is none."""
        return {one.folder: one for one in self.strategies}[folder]
