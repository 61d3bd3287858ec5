"""What each stage of an experiment depends on: settings and code, its own and its ancestors'.

Snakemake reruns a job when its params change. The params of a rule hold `Chain.settings` (what the stage
is given) and `Chain.provenance` (a digest of settings and of code for the stage and for each ancestor).
The ancestors are there because a failed job upstream can otherwise leave a stale file that counts as up
to date. docs/reruns.md has what follows from this.
"""

import hashlib
import json
import re
from collections.abc import Callable
from functools import cache
from typing import Any

from activepool.backbones.registry import users_file
from activepool.strategies.declaration import Strategy
from planning.configuration import FULL_POOL, Experiment, StrategySettings
from planning.contents import content, counted
from planning.digests import LIBRARY, code_digest, stage_file

#: Stages that build the backbone, which may be a user's own function.
STAGES_WITH_BACKBONE = ("pretrain", "extract", "finetune", "extract_round")

#: Stages of a query: they read the labelled set of the round before.
QUERY_STAGES = ("score", "train_on_images", "score_images", "gather_scores", "measure", "select")


class Chain:
    """The stages of one experiment, as the rules need them. ``strategy`` is always a strategy's folder."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        #: (stage, strategy=None) -> the slice of the configuration that the stage is given.
        self.settings: Callable[..., dict[str, Any]] = cache(self._settings)
        #: (stage, strategy=None, first_query=False) -> digests of settings and code, for all its ancestry.
        self.provenance: Callable[..., dict[str, str]] = cache(self._provenance)

    def _settings(self, stage: str, strategy: str | None = None) -> dict[str, Any]:
        experiment = self.experiment
        match stage:
            case "dataset" | "embeddings":
                return counted(experiment.dataset)
            case "pretrain":
                return {"backbone": self._backbone_settings(), "pretrain": experiment.pretrain.model_dump()}
            case "extract":
                return {
                    "backbone": self._backbone_settings(),
                    **self._weights(),
                    **experiment.features.model_dump(exclude={"shards"}),
                }
            case "validation":
                return experiment.validation.model_dump()
            case "initial_pool":
                return experiment.initial.model_dump()
            case "train":
                return experiment.head.model_dump()
            case "finetune":
                return {
                    "backbone": self._backbone_settings(),
                    **self._weights(),
                    "head": experiment.head.model_dump(),
                }
            case "extract_round":
                return {
                    # The network of a round names its weights as activepool does, not as its checkpoint did.
                    "backbone": self._backbone_settings(checkpoint_keys=False),
                    **experiment.features.model_dump(include={"dtype", "batch_size"}),
                }
            case "prepare" | "train_on_images" | "score" | "score_images" | "measure" | "select":
                return self._query_settings(stage, experiment.strategy(strategy))
            case "projection":
                return {"method": experiment.figures.map}
            case "figure":
                return experiment.figures.model_dump(exclude={"map"})
            case "table":
                return experiment.figures.model_dump(exclude={"colours", "map"})
            case "track":
                return experiment.model_dump(
                    mode="json", exclude={"trackers", "device", "release_labels"}, exclude_none=True
                )
            case _:
                return {}

    def ancestry(self, stage: str, strategy: str | None = None, first_query: bool = False) -> list[str]:
        """Return the stages whose results ``stage`` depends on, itself last.

        Args:
            stage: its name.
            strategy: a strategy's folder; None for round 0, which comes before any query; `FULL_POOL`.
            first_query: whether it is in round 1, whose query depends on no earlier picks of the strategy.
        """
        has_picks = strategy is not None and not (first_query and stage in QUERY_STAGES)
        labelled = ["initial_pool", *(["select"] if has_picks else [])]
        if strategy == FULL_POOL:
            labelled = [FULL_POOL]
        visited: dict[str, None] = {}
        ordered: dict[str, None] = {}

        def visit(one: str) -> None:
            visited[one] = None
            for before in self._read_by(one, strategy, labelled):
                if before not in visited:
                    visit(before)
            ordered[one] = None

        visit(stage)
        return list(ordered)

    def _read_by(self, stage: str, strategy: str | None, labelled: list[str]) -> list[str]:
        """Return the stages whose files ``stage`` reads; ``labelled`` are those that make labelled.csv."""
        samples, features = self._samples_and_features
        splits = ["validation", *labelled]
        weights = ["pretrain"] if self.experiment.pretrain else []
        trained, round_features = self.training, "gather_round" if self.experiment.finetunes else features
        match stage:
            case "pretrain" | "validation":
                return [samples]
            case "pretraining_figure":
                return ["pretrain"]
            case "extract":
                return [samples, *weights]
            case "gather":
                return [samples, "extract"]
            case "initial_pool" | "full_pool":
                return [samples, "validation"]
            case "prepare":
                return [features, "validation"]
            case "projection":
                return [features]
            case "contact_sheet":
                # Labels that come later are there when a head has been trained on them.
                return [samples, *labelled, *([trained] if self.experiment.dataset.annotations else [])]
            case "train":
                return [features, *splits]
            case "finetune":
                return [samples, *weights, *splits]
            case "extract_round":
                return [samples, "finetune"]
            case "gather_round":
                return [samples, "extract_round"]
            case "score":
                return [round_features, *splits, trained]
            case "train_on_images":
                return [samples, *splits]
            case "score_images":
                return [samples, round_features, *splits, trained, "train_on_images"]
            case "gather_scores":
                return [self._scoring(strategy)]
            case "measure" | "select":
                declared = self.experiment.strategy(strategy).declared
                read = [round_features if declared.reads_features else samples, *splits]
                read += [trained] if "head" in declared.reads else []
                read += ["prepare"] if declared.prepare else []
                if declared.is_scored:
                    read.append("gather_scores" if self.experiment.in_shards else self._scoring(strategy))
                return [*read, *(["measure"] if self._is_measured_before(stage, declared) else [])]
            case _:
                return []

    def _scoring(self, strategy: str) -> str:
        """The stage that scores the pool for a strategy, or its shards."""
        return "score_images" if self.experiment.strategy(strategy).declared.image_model else "score"

    def _is_measured_before(self, stage: str, declared: Strategy) -> bool:
        return stage == "select" and self.experiment.in_shards and declared.precompute is not None

    @property
    def training(self) -> str:
        """The stage that trains in a round."""
        return "finetune" if self.experiment.finetunes else "train"

    @property
    def _samples_and_features(self) -> tuple[str, str]:
        """The stages that make the files of samples and of features."""
        is_given = self.experiment.dataset.kind == "embeddings"
        return ("embeddings", "embeddings") if is_given else ("dataset", "gather")

    def _provenance(
        self, stage: str, strategy: str | None = None, first_query: bool = False
    ) -> dict[str, str]:
        return {
            one: f"settings {_digest(self.settings(one, strategy))}, code {self._code(one, strategy)}"
            for one in self.ancestry(stage, strategy, first_query)
        }

    def provenance_of_all(self, stage: str) -> dict[str, Any]:
        """Return the provenance of a stage that reads the rounds of all strategies."""
        strategies = {
            one.folder: _digest(self.provenance(self.training, one.folder))
            for one in self.experiment.strategies
        }
        return {
            **strategies,
            stage: f"settings {_digest(self.settings(stage))}, code {self._code(stage, None)}",
        }

    def provenance_of_ceiling(self) -> dict[str, Any]:
        """Return the provenance of what the training on the whole pool brings."""
        return {**self.provenance(self.training, FULL_POOL), **self.provenance("curves")}

    def provenance_of_drawing(self, stage: str, name: str) -> dict[str, Any]:
        """Return the provenance of one figure or table, with the digest of the module that draws it."""
        folder = {"figure": "drawings", "table": "tables"}[stage]
        code = code_digest(stage_file(stage), LIBRARY / "figures" / folder / f"{name}.py")
        ceiling = {"ceiling": _digest(self.provenance_of_ceiling())} if self.experiment.ceiling else {}
        own = f"settings {_digest(self.settings(stage))}, code {code}"
        return {**ceiling, **self.provenance_of_all(stage), stage: own}

    def _code(self, stage: str, strategy: str | None) -> str:
        files = [stage_file(stage)]
        declared = self.experiment.strategy(strategy).declared if strategy not in (None, FULL_POOL) else None
        if declared and stage in declared.functions:
            files.append(declared.file)
        if stage in STAGES_WITH_BACKBONE and (own := users_file(self.experiment.backbone.architecture)):
            files.append(own)
        return code_digest(*files)

    def _backbone_settings(self, checkpoint_keys: bool = True) -> dict[str, Any]:
        backbone = self.experiment.backbone
        named = {"image_size", *(("format", "keys") if checkpoint_keys else ())}
        return {"name": backbone.architecture, **backbone.model_dump(include=named, exclude_none=True)}

    def _weights(self) -> dict[str, str]:
        """Return the digest of a checkpoint that cannot be an input of a rule."""
        checkpoint = self.experiment.backbone.checkpoint
        return {"checkpoint": content(checkpoint)} if checkpoint and has_wildcards(checkpoint) else {}

    def _query_settings(self, stage: str, entry: StrategySettings) -> dict[str, Any]:
        declared = entry.declared
        if stage == "score":
            budget = {"budget": self.experiment.budget} if "nearest" in declared.reads else {}
            return {"scores": list(declared.scores), **budget}
        options = declared.options_of(declared.functions[stage], entry.options)
        settings = {"strategy": entry.strategy, "options": options}
        if stage in ("measure", "select"):
            settings["budget"] = self.experiment.budget
            if "remaining_budget" in declared.reads:
                settings["rounds"] = self.experiment.rounds
        return settings


def has_wildcards(path: str) -> bool:
    """Say whether Snakemake would see wildcards in a path; it takes no other way to write such braces."""
    return re.search(r"\{\s*\w+\s*[,}]", path) is not None


def _digest(settings: Any) -> str:
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:12]
