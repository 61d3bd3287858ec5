"""The typed definition of an experiment's configuration.

Every key of ``config.yaml`` and ``workflow/experiments/*.yaml`` is a field here, with its type, its default
(the paper's, if there is one) and its bounds. A number may be text, because YAML and the command line read
``1e-3`` as text.
"""

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from activepool.data.splits import RoundTo
from activepool.features.settings import ExtractSettings
from activepool.heads.settings import FinetuneSettings, LbfgsSettings, SgdSettings
from activepool.pretraining.settings import DEFAULT_METHOD, AnyPretrainSettings
from activepool.tracking.registry import TrackerName
from planning.configuration.datasets import Dataset, default_name
from planning.configuration.sections import (
    MAX_COUNT,
    Backbone,
    Count,
    Device,
    Fraction,
    Initial,
    JobCount,
    Name,
    Settings,
    StrategySettings,
    not_reserved,
    section_of,
)

if TYPE_CHECKING:  # a type checker cannot see the classes that section_of makes

    class Features(ExtractSettings, Settings):
        """The section ``features``."""

        shards: int = 1

    class SgdHead(SgdSettings, Settings):
        """The section ``head`` of the solver ``sgd``."""

    class LbfgsHead(LbfgsSettings, Settings):
        """The section ``head`` of the solver ``lbfgs``."""

    class FinetuneHead(FinetuneSettings, Settings):
        """The section ``head`` of the solver ``finetune``."""
else:
    Features = section_of(
        ExtractSettings,
        shards=(JobCount, Field(default=1, description="the number of jobs that extract the features.")),
    )
    SgdHead = section_of(SgdSettings, solver=(Literal["sgd"], ...))
    LbfgsHead = section_of(LbfgsSettings, solver=(Literal["lbfgs"], "lbfgs"))
    FinetuneHead = section_of(FinetuneSettings, solver=(Literal["finetune"], ...))

Head = Annotated[SgdHead | LbfgsHead | FinetuneHead, Field(discriminator="solver")]


class Validation(Settings):
    """The class-balanced split that chooses epochs and weight decay.

    Attributes:
        fraction: the split's share of the training part; its labels count in no budget.
        round_to: what the size of the split is a multiple of: one sample, or the number of classes.
    """

    fraction: Fraction = 0.01
    round_to: RoundTo = "samples"


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


#: Other folders and files in results/ and results/logs; no experiment or project may have their names.
SHARED_NAMES = ("datasets", "pretrained", "features", "logs", "provenance", "verify.log", "paper_figures.log")


def not_shared(name: str) -> str:
    """Return the name of a folder in results/; raises PydanticCustomError if it is taken."""
    if name.casefold() in SHARED_NAMES:
        raise PydanticCustomError(
            "reserved", f"{name!r} is the name of a folder or file that all experiments share; choose another"
        )
    return name


#: The number of rounds or seeds. Each is a folder, and Snakemake plans them all at once.
FolderCount = Annotated[int, Field(ge=1, le=100_000)]


class Experiment(Settings):
    """One experiment: everything that its results depend on, and ``device``.

    Attributes:
        experiment: the name of the folder ``results/<experiment>``.
        dataset: where the samples come from.
        backbone: the network that computes the features; not with embeddings.
        pretrain: self-supervised learning of the backbone's weights; not with a checkpoint.
        features: how the features are extracted.
        validation: the samples that choose epochs and weight decay.
        initial: the labelled set of round 0.
        budget: the number of labels that each query buys; the last query buys fewer if fewer are left.
        rounds: the number of trainings; 6 rounds have 5 queries.
        seeds: how many seeds (0, 1, ...), or a list of them. A seed draws the validation split and the
            initial pool.
        strategies: the strategies to compare, each as a name, or as a section with its options.
        head: what a round trains, and how.
        pool_shards: the number of jobs that share a round's work on the pool; it changes no pick.
        ceiling: also train on all labels of the pool, once per seed.
        release_labels: how many labels that you bought may go unused, because a change picks their rounds
            again.
        figures: options of figures and tables.
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
    pool_shards: JobCount = 1
    ceiling: bool = False
    release_labels: Annotated[int, Field(ge=0)] = 0
    figures: Figures = Figures()
    trackers: list[TrackerName] = []
    device: Device = "auto"

    @field_validator("head", "pretrain", mode="before")
    @classmethod
    def _add_default_kind(cls, value: Any, field: ValidationInfo) -> Any:
        is_head = field.field_name == "head"
        kind = {"solver": LbfgsSettings.solver} if is_head else {"method": DEFAULT_METHOD}
        return kind | value if isinstance(value, dict) else value

    @field_validator("strategies")
    @classmethod
    def _check_names_differ(cls, strategies: list[StrategySettings]) -> list[StrategySettings]:
        folders: dict[str, str] = {}
        for folder in (entry.folder for entry in strategies):
            not_reserved(folder)
            namesake = folders.get(folder.casefold())
            if namesake == folder:
                raise PydanticCustomError(
                    "twice", f"{folder!r} is listed twice; give each entry another 'name'"
                )
            if namesake is not None:
                raise PydanticCustomError(
                    "case",
                    f"{namesake!r} and {folder!r} differ only in case, and some file systems treat them as "
                    "one folder; give one another 'name'",
                )
            folders[folder.casefold()] = folder
        return strategies

    @field_validator("seeds", "trackers")
    @classmethod
    def _check_entries_differ(cls, value: Any, field: ValidationInfo) -> Any:
        listed = value if isinstance(value, list) else []
        for entry in listed:
            if listed.count(entry) > 1:
                once = "list each seed once" if field.field_name == "seeds" else "list it once"
                raise PydanticCustomError("twice", f"{entry} is listed twice; {once}")
        return value

    @property
    def seed_list(self) -> list[int]:
        """The seeds: the given list, or 0 … seeds − 1."""
        return list(range(self.seeds)) if isinstance(self.seeds, int) else list(self.seeds)

    @property
    def finetuning(self) -> FinetuneHead | None:
        """The settings of a head that trains on images; None if it trains on cached features."""
        return self.head if isinstance(self.head, FinetuneHead) else None

    @property
    def finetunes(self) -> bool:
        """Whether a round trains on images instead of cached features."""
        return self.finetuning is not None

    @property
    def changes_features(self) -> bool:
        """Whether each round has features of its own, because it trains the backbone."""
        return self.finetuning is not None and not self.finetuning.freeze_backbone

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
        pretrained = f"_{self.pretrain.method}" if self.pretrain else ""
        return self.backbone.name or f"{self.backbone.architecture}{pretrained}"

    @property
    def strategy_folders(self) -> list[str]:
        """The folders of all strategies, in their order."""
        return [entry.folder for entry in self.strategies]

    def strategy(self, folder: str) -> StrategySettings:
        """Return the strategy of a folder; raises KeyError if there is none."""
        return {entry.folder: entry for entry in self.strategies}[folder]
