"""What each stage of an experiment depends on: settings and code, its own and its ancestors'.

Snakemake reruns a job when its params change. The params of a rule hold `Chain.settings` (what the stage
is given) and `Chain.provenance` (a digest of settings and of code for the stage and for each ancestor).
The ancestors are there because a failed job upstream can otherwise leave a stale file that counts as up
to date.
"""

import hashlib
import json
from collections.abc import Callable
from functools import cache
from typing import Any

from activepool.backbones.registry import users_file
from planning.configuration import Experiment, StrategySettings
from planning.digests import LIBRARY, code_digest, stage_file

#: Stages that build the backbone, which may be a user's own function.
STAGES_WITH_BACKBONE = ("pretrain", "extract", "finetune", "extract_round")


class Chain:
    """The stages of one experiment, as the rules need them. ``strategy`` is always a strategy's folder."""

    def __init__(self, experiment: Experiment) -> None:
        self.experiment = experiment
        #: (stage, strategy=None) -> the slice of the configuration that the stage is given.
        self.settings: Callable[..., dict[str, Any]] = cache(self._settings)
        #: (stage, strategy=None) -> digests of settings and code, for each stage of its ancestry.
        self.provenance: Callable[..., dict[str, str]] = cache(self._provenance)

    def _settings(self, stage: str, strategy: str | None = None) -> dict[str, Any]:
        experiment = self.experiment
        match stage:
            case "dataset":
                return self._dataset_settings()
            case "embeddings":
                return experiment.dataset.model_dump(
                    exclude={"name", "annotations", "kind"}, exclude_none=True
                )
            case "pretrain":
                return {"backbone": self._backbone_settings(), "pretrain": experiment.pretrain.model_dump()}
            case "extract":
                return {
                    "backbone": self._backbone_settings(),
                    **experiment.features.model_dump(exclude={"shards"}),
                }
            case "validation":
                return experiment.validation.model_dump()
            case "initial_pool":
                return experiment.initial.model_dump()
            case "train":
                return experiment.head.model_dump()
            case "finetune":
                return {"backbone": self._backbone_settings(), "head": experiment.head.model_dump()}
            case "extract_round":
                return {
                    # The network of a round names its weights as activepool does, not as its checkpoint did.
                    "backbone": self._backbone_settings(checkpoint_keys=False),
                    **experiment.features.model_dump(include={"dtype", "batch_size"}),
                }
            case "prepare" | "train_on_images" | "score" | "score_images" | "select":
                return self._query_settings(stage, experiment.strategy(strategy))
            case "figure":
                return experiment.figures.model_dump()
            case "table":
                return experiment.figures.model_dump(exclude={"colours"})
            case _:
                return {}

    def ancestry(self, stage: str, strategy: str | None = None) -> list[str]:
        """Return the stages whose results ``stage`` depends on, in the order of the chain, itself last."""
        if self.experiment.dataset.kind == "embeddings":
            samples, weights, features = ["embeddings"], [], ["embeddings"]
        else:
            samples, weights = ["dataset"], ["pretrain"] if self.experiment.pretrain else []
            features = [*samples, *weights, "extract", "gather"]
        splits = [*samples, "validation", "initial_pool"]
        for straight in (features, splits, [*samples, *weights, "pretraining_figure"]):
            if stage in straight:
                return straight[: straight.index(stage) + 1]
        if stage == "prepare":
            return [*features, "validation", stage]
        if self.experiment.finetunes:
            before, rounds = [*splits, *weights], ["finetune", "extract_round", "gather_round"]
        else:
            before, rounds = [*features, *splits], ["train"]
        if strategy is None:
            # The first round, which comes before any query; curves and what is drawn of them add the others.
            rounds = rounds[: rounds.index(stage)] if stage in rounds else rounds
        else:
            rounds = [*rounds, *self._query_stages(strategy)]
        others = dict.fromkeys([*before, *rounds])
        others.pop(stage, None)
        return [*others, stage]

    def _query_stages(self, strategy: str) -> list[str]:
        declared = self.experiment.strategy(strategy).declared
        return [*(["score"] if declared.scores else []), *declared.functions]

    def _provenance(self, stage: str, strategy: str | None = None) -> dict[str, str]:
        return {
            one: f"settings {_digest(self.settings(one, strategy))}, code {self._code(one, strategy)}"
            for one in self.ancestry(stage, strategy)
        }

    def provenance_of_all(self, stage: str) -> dict[str, Any]:
        """Return the provenance of a stage that reads the rounds of all strategies."""
        strategies = {
            one.folder: _digest(self.provenance("train", one.folder)) for one in self.experiment.strategies
        }
        return {
            **strategies,
            stage: f"settings {_digest(self.settings(stage))}, code {self._code(stage, None)}",
        }

    def provenance_of_drawing(self, stage: str, name: str) -> dict[str, Any]:
        """Return the provenance of one figure or table, with the digest of the module that draws it."""
        folder = {"figure": "drawings", "table": "tables"}[stage]
        return {
            **self.provenance_of_all(stage),
            name: code_digest(LIBRARY / "figures" / folder / f"{name}.py"),
        }

    def preview_settings(self) -> dict[str, Any]:
        """Return what `activepool.data.kinds.preview` takes: the dataset, of images or embeddings."""
        if self.experiment.dataset.kind != "embeddings":
            return self.settings("dataset")
        options = dict(self.settings("embeddings"))
        imbalance = options.pop("imbalance", None)
        return {"kind": "embeddings", "options": options, "imbalance": imbalance}

    def _code(self, stage: str, strategy: str | None) -> str:
        files = [stage_file(stage)]
        declared = self.experiment.strategy(strategy).declared if strategy else None
        if declared and stage in declared.functions:
            files.append(declared.file)
        if stage in STAGES_WITH_BACKBONE and (own := users_file(self.experiment.backbone.architecture)):
            files.append(own)
        return code_digest(*files)

    def _dataset_settings(self) -> dict[str, Any]:
        dataset = self.experiment.dataset
        shared = {"kind", "name", "annotations", "imbalance", "on_unreadable"}
        return {
            "kind": dataset.kind,
            "options": dataset.model_dump(exclude=shared, exclude_none=True),
            "imbalance": dataset.imbalance.model_dump() if dataset.imbalance else None,
            "on_unreadable": getattr(dataset, "on_unreadable", "stop"),
        }

    def _backbone_settings(self, checkpoint_keys: bool = True) -> dict[str, Any]:
        backbone = self.experiment.backbone
        named = {"image_size", *(("format", "keys") if checkpoint_keys else ())}
        return {"name": backbone.architecture, **backbone.model_dump(include=named, exclude_none=True)}

    def _query_settings(self, stage: str, entry: StrategySettings) -> dict[str, Any]:
        declared = entry.declared
        if stage == "score":
            budget = {"budget": self.experiment.budget} if "nearest" in declared.reads else {}
            return {"scores": list(declared.scores), **budget}
        options = declared.options_of(declared.functions[stage], entry.options)
        settings = {"strategy": entry.strategy, "options": options}
        if stage == "select":
            settings["budget"] = self.experiment.budget
            if "budget_left" in declared.reads:
                settings["rounds"] = self.experiment.rounds
        return settings


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:12]
