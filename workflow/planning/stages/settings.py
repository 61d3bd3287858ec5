"""The settings of the stages: the part of the configuration behind each parameter.

A parameter means the same in all stages. The attribute of its name has its value; if that differs between
stages or jobs, it is a method that takes the name of the stage and the wildcards of a job.
"""

from collections.abc import Hashable
from dataclasses import asdict
from pathlib import Path
from typing import Any

from activepool.io.rounds import Rounds
from activepool.strategies.declaration import Strategy
from activepool.strategies.registry import find_strategy
from planning.configuration.experiment import Experiment
from planning.configuration.sections import FULL_POOL, Backbone, StrategySettings
from planning.paths import Paths, has_wildcards, initial_folder
from planning.stages.contents import content_digest, source_content, source_setting

#: Settings that no digest covers: locations of files whose content the labels digest covers.
UNRECORDED = ("annotations", "ledger", "entries", "images", "return_to", "folders")

#: Settings that say where data are. Results depend on the data and not on the place.
PLACES = ("source", *UNRECORDED)

#: Settings that appear in the names of a job's files.
IN_FILE_NAMES = ("seed", "round", "kind", "method", "tracker", "batch", "part")


class StageSettings:
    """The value of each setting of a stage; ``wildcards`` are Snakemake's.

    Attributes:
        checkpoint: the file of the backbone's weights, or None.
    """

    checkpoint: str | None

    def value(self, name: str, stage: str, wildcards: Any) -> Any:
        """Return the value of the setting ``name``; None if the stage keeps its default."""
        if name in IN_FILE_NAMES and (word := wildcards.get(name)) is not None:
            return int(word) if word.isdecimal() else word
        value = getattr(self, name)
        return value(stage, wildcards) if callable(value) else value

    def relevant_value(self, name: str, stage: str, wildcards: Any) -> Any:
        """Return the part of the setting ``name`` that results depend on."""
        return self.value(name, stage, wildcards)

    def checkpoint_content(self) -> str | None:
        """Return the digest of a checkpoint that cannot be an input of a rule."""
        if self.checkpoint is None or not has_wildcards(self.checkpoint):
            return None
        return content_digest(self.checkpoint)

    def kind_of_job(self, wildcards: Any) -> Hashable:
        """Return a key that is equal for all jobs of a stage with equal relevant settings."""
        raise NotImplementedError

    def strategy_files(self, wildcards: Any) -> list[Path]:
        """Return the files that declare the strategy of a job."""
        raise NotImplementedError


class ExperimentSettings(StageSettings):
    """The settings of the stages of an experiment."""

    seconds = results = None

    def __init__(self, experiment: Experiment, paths: Paths) -> None:
        self._experiment = experiment
        self._paths = paths
        self.checkpoint = paths.checkpoint
        self.source = source_setting(experiment.dataset)
        self.pretraining = experiment.pretrain.model_dump() if experiment.pretrain else None
        self.fraction = experiment.validation.fraction
        self.round_to = experiment.validation.round_to
        self.size = experiment.initial.size
        self.recipe = experiment.head.model_dump()
        self.setup = {
            "dataset": experiment.dataset_name,
            "backbone": experiment.backbone_name,
            "head": experiment.head.solver,
        }
        self.definitions = {
            entry.folder: {
                "initial": experiment.initial_kind(entry.folder),
                "definition": {"strategy": entry.strategy, **entry.options},
            }
            for entry in experiment.strategies
        }
        self.folders = paths.recorded_folders()
        self.oracles = [entry.folder for entry in experiment.strategies if entry.declared.is_oracle] or None
        self.project = experiment.experiment

    @property
    def configuration(self) -> dict[str, Any]:
        hidden = {"trackers", "device", "release_labels"}
        return self._experiment.model_dump(mode="json", exclude=hidden, exclude_none=True)

    def relevant_value(self, name: str, stage: str, wildcards: Any) -> Any:
        if name == "source":
            return source_content(self._experiment.dataset)
        if name == "remaining_budget" and self.remaining_budget(stage, wildcards):
            return self._experiment.rounds
        if name in ("head_scores", "nearest_for_budget"):  # one digest is for all rounds
            return self._of_head(name, self._entry(wildcards).declared)
        return self.value(name, stage, wildcards)

    def annotations(self, stage: str, wildcards: Any) -> str | None:
        return self._experiment.dataset.annotations if self._reads_query(stage, wildcards) else None

    def backbone(self, stage: str, wildcards: Any) -> Any:
        # activepool wrote the network of a round, so its weights have activepool's own names.
        is_own = stage == "pretrain" or (_has_round(wildcards) and stage == "extract")
        backbone = self._experiment.backbone
        return None if backbone is None else backbone_setting(backbone, is_own)

    def extraction(self, stage: str, wildcards: Any) -> Any:
        settings = self._experiment.features.model_dump(exclude={"shards"})
        return settings | {"views": 0, "augmentation": "crop"} if _has_round(wildcards) else settings

    def strategy(self, stage: str, wildcards: Any) -> str | None:
        if stage == "select_initial":
            return str(wildcards.kind)
        entry = self._entry(wildcards)
        is_needed = entry.declared.image_model or self._reads_query(stage, wildcards)
        return entry.strategy if is_needed else None

    def options(self, stage: str, wildcards: Any) -> dict[str, Any] | None:
        if self.strategy(stage, wildcards) is None:
            return None
        entry = self._entry(wildcards)
        return entry.declared.options_of(stage, entry.options)

    def budget(self, stage: str, wildcards: Any) -> int | None:
        return self._experiment.budget if self._reads_query(stage, wildcards) else None

    def remaining_budget(self, stage: str, wildcards: Any) -> int | None:
        reads = "remaining_budget" in self._entry(wildcards).declared.reads
        if not reads or self.budget(stage, wildcards) is None:
            return None
        return (self._experiment.rounds - int(wildcards.round)) * self._experiment.budget

    def head_scores(self, stage: str, wildcards: Any) -> Any:
        return self._of_head("head_scores", self._paths.declared(wildcards))

    def nearest_for_budget(self, stage: str, wildcards: Any) -> Any:
        return self._of_head("nearest_for_budget", self._paths.declared(wildcards))

    def _of_head(self, name: str, declared: Strategy) -> list[str] | int | None:
        """Return what a strategy needs computed from the head."""
        if name == "head_scores":
            return list(declared.scores) or None
        return self._experiment.budget if "nearest" in declared.reads else None

    def kind_of_job(self, wildcards: Any) -> Hashable:
        return wildcards.get("strategy"), wildcards.get("kind"), _has_round(wildcards)

    def strategy_files(self, wildcards: Any) -> list[Path]:
        if wildcards.get("strategy") is None:
            return find_strategy(wildcards.kind).files
        return self._entry(wildcards).declared.files

    def _entry(self, wildcards: Any) -> StrategySettings:
        return self._experiment.strategy(wildcards.strategy)

    def _reads_query(self, stage: str, wildcards: Any) -> bool:
        """Return whether a stage reads more than rows, a head and scores; `score` does only to precompute."""
        return stage != "score" or self._paths.precomputes(wildcards)

    def runs(self, stage: str, wildcards: Any) -> dict[str, Any]:
        experiment = self._experiment
        strategies, seeds = experiment.strategy_folders, experiment.seed_list
        if stage in ("contact_sheet", "feature_map"):
            seeds = seeds[:1]
        if stage == "contact_sheet":
            strategies = [wildcards.strategy]
        folders = {
            strategy: initial_folder(kind)
            for strategy in strategies
            if (kind := experiment.initial_kind(strategy)) != experiment.initial.kind
        }
        initial = initial_folder(experiment.initial.kind)
        return asdict(Rounds(self._paths.root, initial, strategies, seeds, experiment.rounds, folders))

    def ceiling_runs(self) -> dict[str, Any]:
        """Return the trainings on the whole pool, as if they were round 0 of a strategy."""
        return asdict(Rounds(self._paths.root, FULL_POOL, [FULL_POOL], self._experiment.seed_list, rounds=1))

    def appearance(self, stage: str, wildcards: Any) -> dict[str, Any]:
        hidden = {"map", "colours"} if stage == "table" else {"map"}
        return self._experiment.figures.model_dump(exclude=hidden)


def backbone_setting(backbone: Backbone, is_own: bool = False) -> dict[str, Any]:
    """Return the setting ``backbone`` of a stage.

    Args:
        backbone: the section of the configuration.
        is_own: whether activepool wrote the weights; then the setting need not say how their file names them.
    """
    named = {"image_size", "normalisation", *(() if is_own else ("format", "keys"))}
    return {"name": backbone.architecture, **backbone.model_dump(include=named, exclude_none=True)}


def _has_round(wildcards: Any) -> bool:
    return wildcards.get("round") is not None
