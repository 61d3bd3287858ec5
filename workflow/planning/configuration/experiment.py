"""The typed definition of an experiment's configuration.

Every key of ``config.yaml`` and ``workflow/experiments/*.yaml`` is a field here, with its type, its default
(the paper's, if there is one) and its bounds. A number may be text, because YAML and the command line read
``1e-3`` as text.
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
from activepool.backbones.normalisations import NormalisationName
from activepool.backbones.registry import BACKBONES, check_name
from activepool.data.splits import RoundTo
from activepool.errors import InputError
from activepool.features.settings import ExtractSettings
from activepool.heads.settings import FinetuneSettings, LbfgsSettings, SgdSettings
from activepool.pretraining.settings import DEFAULT_METHOD, AnyPretrainSettings
from activepool.strategies.declaration import Strategy
from activepool.strategies.registry import find_strategy
from activepool.tracking.registry import TrackerName
from planning.configuration.datasets import Dataset, default_name
from planning.configuration.sections import (
    MAX_COUNT,
    Count,
    Device,
    Fraction,
    Name,
    PathText,
    Settings,
    section_of,
)


def _is_architecture(name: str) -> str:
    try:
        check_name(name)
    except InputError as error:
        raise PydanticCustomError("architecture", "{message}", {"message": str(error)}) from None
    return name


class Backbone(Settings):
    """The network that extracts the features, and the file of its weights.

    Attributes:
        architecture: ``small``, ``identity``, ``resnet18``, ``resnet50``, ``esvit_swin_tiny_window7``,
            ``esvit_swin_tiny_window14``, ``torchvision:NAME``, ``timm:NAME`` or ``file.py:function``.
        name: the folder of the features; by default made from the architecture.
        image_size: side of the square input, in pixels; by default the architecture's own.
        checkpoint: the file of the weights.
        format: the code that wrote this file; by default ``plain``.
        keys: how the file names its weights, if no ``format`` fits.
        normalisation: the means and deviations by which pixels are normalised; by default the architecture's
            own.
    """

    architecture: Annotated[str, AfterValidator(_is_architecture)] = "resnet50"
    name: Name | None = Field(default=None, validate_default=True)
    image_size: Count | None = None
    checkpoint: PathText | None = None
    format: FormatName | None = None
    keys: CheckpointFormat | None = None
    normalisation: NormalisationName | None = None

    @field_validator("name", mode="before")
    @classmethod
    def _make_folder_name(cls, given: Any, fields: ValidationInfo) -> Any:
        """Make a folder name from an architecture that is none, such as timm:NAME."""
        architecture = fields.data.get("architecture")
        if given is not None or architecture is None or architecture in BACKBONES:
            return given
        return re.sub(r"[^A-Za-z0-9_.-]+", "_", architecture.rpartition("/")[2].replace(".py:", "_"))


Features = section_of(
    ExtractSettings,
    shards=(Count, Field(default=1, description="the number of jobs that extract the features.")),
)


#: The kinds of a labelled set of round 0 that is drawn.
DrawnKind = Literal["random", "balanced"]

#: All kinds: drawn, or picked by the strategy of that name, which needs no label.
InitialKind = Literal[DrawnKind, "coreset", "kmeans", "lcmd", "maxherding", "probcover", "typiclust"]


class Initial(Settings):
    """The labelled set of round 0: drawn, or picked by a strategy that needs no label.

    Attributes:
        kind: ``random``, ``balanced`` (equally many of each class) or the strategy that picks it.
        size: how many samples.
        by_strategy: strategies, by their names in the experiment, that start from another kind of labelled
            set, of the same size.
    """

    kind: InitialKind = "random"
    size: Count
    by_strategy: dict[str, InitialKind] = Field(default_factory=dict)


class Validation(Settings):
    """The class-balanced split on which epochs and weight decay are chosen.

    Attributes:
        fraction: its share of the training part; its labels belong to no budget.
        round_to: its size is a whole number of samples, or a multiple of the number of classes.
    """

    fraction: Fraction = 0.01
    round_to: RoundTo = "samples"


SgdHead = section_of(SgdSettings, solver=(Literal["sgd"], ...))
LbfgsHead = section_of(LbfgsSettings, solver=(Literal["lbfgs"], "lbfgs"))
FinetuneHead = section_of(FinetuneSettings, solver=(Literal["finetune"], ...))
Head = Annotated[SgdHead | LbfgsHead | FinetuneHead, Field(discriminator="solver")]


class Figures(Settings):
    """Options of figures, tables and the map of the pool.

    Attributes:
        confidence: the level of the intervals.
        metric: the metric of the learning curves and tables.
        colours: a colour for a strategy's curve, by the name of its folder: any of matplotlib's colours.
        map: how the map places the pool in the plane; ``umap`` needs `pip install umap-learn`.
    """

    confidence: Fraction = 0.95
    metric: Literal["top1", "top5", "balanced_accuracy"] = "top1"
    colours: dict[str, str] = Field(default_factory=dict)
    map: Literal["pca", "umap"] = "pca"


#: The folder of the training on the whole pool; it takes the place of a strategy's folder.
FULL_POOL = "full_pool"

#: Other folders and files in the folder of an experiment, which no strategy may be called.
RESERVED_NAMES = (
    *("splits", "figures", "tables", "provenance", "tracking", FULL_POOL),
    *("curves.csv", "class_counts.csv", "overlap.csv", "ceiling.csv", "ceiling_class_counts.csv"),
)


def _not_reserved(name: str | None) -> str | None:
    if name is not None and (name in RESERVED_NAMES or name.startswith("initial_")):
        raise PydanticCustomError(
            "reserved", f"{name!r} is the name of another folder or file; choose another"
        )
    return name


#: Other folders and files in results/ and results/logs, which no experiment or project may be called.
SHARED_NAMES = ("datasets", "pretrained", "features", "logs", "provenance", "verify.log", "paper_figures.log")


def not_shared(name: str) -> str:
    """Return the name of a folder in results/; raises PydanticCustomError if it is taken."""
    if name in SHARED_NAMES:
        raise PydanticCustomError(
            "reserved", f"{name!r} is the name of a folder or file that all experiments share; choose another"
        )
    return name


class StrategySettings(BaseModel):
    """A strategy, its options, and the name of its folder and curve.

    Attributes:
        strategy: its name, or ``file.py:function`` for one of your own.
        name: of its folder and curve; by default the name of the strategy.
    """

    model_config = ConfigDict(extra="allow", frozen=True)

    strategy: str
    name: Annotated[Name | None, AfterValidator(_not_reserved)] = None

    @model_validator(mode="before")
    @classmethod
    def _accept_plain_name(cls, given: Any) -> Any:
        return {"strategy": given} if isinstance(given, str) else given

    @field_validator("strategy")
    @classmethod
    def _check_strategy(cls, name: str) -> str:
        try:
            find_strategy(name)
        except InputError as error:
            raise PydanticCustomError("strategy", "{message}", {"message": str(error)}) from None
        return name

    @model_validator(mode="after")
    def _check_options(self) -> "StrategySettings":
        problems = validate_options(find_strategy(self.strategy), self.given_options)[1]
        if problems:
            raise PydanticCustomError("options", "{message}", {"message": "; ".join(problems)})
        return self

    @cached_property
    def declared(self) -> Strategy:
        """The strategy's declaration, in all rounds together."""
        return find_strategy(self.strategy, self.options)

    @property
    def given_options(self) -> dict[str, Any]:
        """The options that the configuration gives."""
        return dict(self.model_extra or {})

    @cached_property
    def options(self) -> dict[str, Any]:
        """All options, converted to their types, with defaults."""
        return validate_options(find_strategy(self.strategy), self.given_options)[0]

    @property
    def folder(self) -> str:
        """The name of the strategy's folder and curve."""
        return self.name or self.strategy.rpartition(":")[2]


#: The number of rounds or seeds. Each is a folder, and Snakemake plans them all at once.
FolderCount = Annotated[int, Field(ge=1, le=100_000)]


class Experiment(Settings):
    """One experiment: everything that results depend on, and ``device``.

    Attributes:
        experiment: the name of the folder ``results/<experiment>``.
        dataset: where the samples come from.
        backbone: the network that computes the features; not with embeddings.
        pretrain: self-supervised learning of the backbone's weights; not with a checkpoint.
        features: how the features are extracted.
        validation: the samples on which epochs and weight decay are chosen.
        initial: the labelled set of round 0.
        budget: the labels that each query buys; the last one buys fewer if fewer are left.
        rounds: the number of trainings; 6 rounds have 5 queries.
        seeds: how many (0, 1, ...), or a list. A seed draws the validation split and the initial pool.
        strategies: those to compare: names, or a strategy with its options.
        head: what a round trains, and how.
        pool_shards: the number of jobs that share a round's work on the pool; they change no pick.
        ceiling: also train on all labels of the pool, once per seed.
        release_labels: how many labels that you bought may be left unused, because a change picks their
            rounds again.
        figures: the look of figures and tables.
        trackers: experiment trackers that get the numbers and figures.
        device: ``auto`` takes a GPU if there is one.
    """

    experiment: Annotated[Name, AfterValidator(not_shared)]
    dataset: Dataset
    backbone: Backbone | None = None
    pretrain: AnyPretrainSettings | None = None
    features: Features = Features()
    validation: Validation = Validation()
    initial: Initial
    budget: Count
    rounds: FolderCount
    seeds: FolderCount | Annotated[list[Annotated[int, Field(ge=0, le=MAX_COUNT)]], Field(min_length=1)] = 3
    strategies: Annotated[list[StrategySettings], Field(min_length=1)]
    head: Head = LbfgsHead()
    pool_shards: Count = 1
    ceiling: bool = False
    release_labels: Annotated[int, Field(ge=0)] = 0
    figures: Figures = Figures()
    trackers: list[TrackerName] = []
    device: Device = "auto"

    @field_validator("head", mode="before")
    @classmethod
    def _default_solver(cls, given: Any) -> Any:
        return {"solver": LbfgsSettings.solver, **given} if isinstance(given, dict) else given

    @field_validator("pretrain", mode="before")
    @classmethod
    def _default_method(cls, given: Any) -> Any:
        return {"method": DEFAULT_METHOD, **given} if isinstance(given, dict) else given

    @field_validator("strategies")
    @classmethod
    def _check_names_differ(cls, strategies: list[StrategySettings]) -> list[StrategySettings]:
        folders = [entry.folder for entry in strategies]
        for folder in folders:
            _not_reserved(folder)
            if folders.count(folder) > 1:
                raise PydanticCustomError(
                    "twice", f"{folder!r} is listed twice; give each entry another 'name'"
                )
        return strategies

    @field_validator("seeds")
    @classmethod
    def _check_seeds_differ(cls, seeds: int | list[int]) -> int | list[int]:
        for seed in seeds if isinstance(seeds, list) else ():
            if seeds.count(seed) > 1:
                raise PydanticCustomError("twice", f"{seed} is listed twice; list each seed once")
        return seeds

    @field_validator("trackers")
    @classmethod
    def _check_trackers_differ(cls, trackers: list[TrackerName]) -> list[TrackerName]:
        for name in trackers:
            if trackers.count(name) > 1:
                raise PydanticCustomError("twice", "{name} is listed twice; list it once", {"name": name})
        return trackers

    @property
    def seed_list(self) -> list[int]:
        """The seeds: the given list, or 0 … seeds − 1."""
        return list(range(self.seeds)) if isinstance(self.seeds, int) else list(self.seeds)

    @property
    def finetunes(self) -> bool:
        """Whether a round trains on images instead of cached features."""
        return self.head.solver == FinetuneSettings.solver

    @property
    def changes_features(self) -> bool:
        """Whether each round has features of its own, because it trains the backbone."""
        return self.finetunes and not self.head.freeze_backbone

    @property
    def in_shards(self) -> bool:
        """Whether several jobs score the pool, each a shard of it."""
        return self.pool_shards > 1

    def initial_kind(self, strategy: str) -> str:
        """Return the kind of labelled set from which the strategy of a folder starts."""
        return self.initial.by_strategy.get(strategy, self.initial.kind)

    @property
    def initial_kinds(self) -> list[str]:
        """The kinds of labelled sets from which any strategy starts."""
        return list(dict.fromkeys(map(self.initial_kind, self.strategy_folders)))

    @property
    def dataset_name(self) -> str:
        """The dataset's folder under results/features."""
        if self.dataset.name:
            return self.dataset.name
        imbalance, fraction = self.dataset.imbalance, self.dataset.fraction
        parts = [default_name(self.dataset.model_dump())]
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
        return {entry.folder: entry for entry in self.strategies}[folder]
