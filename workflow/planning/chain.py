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

from planning.configuration import Experiment, StrategySettings
from planning.digests import LIBRARY, code_digest, stage_file


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
            features = ["embeddings"]
        else:
            features = ["dataset", *(["pretrain"] if self.experiment.pretrain else []), "extract", "gather"]
        if stage == "prepare":
            return [*features, "validation", stage]
        start = [*features, "validation", "initial_pool"]
        if stage in start:
            return start[: start.index(stage) + 1]
        if strategy is None:
            return [*start, "train", stage] if stage != "train" else [*start, "train"]
        declared = self.experiment.strategy(strategy).declared
        query = [*(["score"] if declared.scores else []), *declared.functions]
        others = [one for one in ["train", *query] if one != stage]
        return [*start, *others, stage]

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

    def _backbone_settings(self) -> dict[str, Any]:
        backbone = self.experiment.backbone
        own = backbone.model_dump(include={"image_size", "format", "keys"}, exclude_none=True)
        return {"name": backbone.architecture, **own}

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
