"""The settings of the stages of a project."""

import hashlib
from collections.abc import Hashable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from activepool.labelling.batches.sending import is_audit
from activepool.ledger.source_names import LOCAL_FILES
from planning.configuration.strategies import StrategySettings
from planning.project.paths import FOLDERS, ProjectPaths
from planning.project.pool import images_root
from planning.project.standing import number_of
from planning.stages.digests import digest_of
from planning.stages.settings import StageSettings, backbone_setting

#: The strategy that picks the audit set.
RANDOM = StrategySettings(strategy="random")


class ProjectSettings(StageSettings):
    """The settings of the stages of a project."""

    def __init__(self, paths: ProjectPaths) -> None:
        self._paths = paths
        self._project = paths.project
        self._standing = paths.standing
        self.checkpoint = paths.checkpoint

    def kind_of_job(self, wildcards: Any) -> Hashable:
        return wildcards.get("dataset"), wildcards.get("batch")

    def strategy_files(self, wildcards: Any) -> list[Path]:
        return self._entry(wildcards).declared.files

    def labels_digest(self, stage: str, wildcards: Any) -> str:
        """Return the digest of what a job reads in the ledger or the pool's tables; empty if nothing."""
        standing = self._standing
        match stage:
            case "photographs":
                part, pool = self.part(stage, wildcards), standing.pool
                rows = zip(pool.samples, pool.first_sources, pool.parts, strict=True)
                return digest_of([[sample, source] for sample, source, number in rows if number == part])
            case "pool_vectors":  # a sample is its vector, wherever the file has it
                return digest_of(list(standing.pool.samples))
            case "training_labels":
                return standing.labels_digest(wildcards.batch)
            case "candidates" | "status" | "export_predictions":
                present = np.packbits(standing.pool.is_present).tobytes()
                facts: list[Any] = [len(standing.entries), hashlib.sha256(present).hexdigest()]
                counts = [standing.pool.unreadable, standing.pool.duplicates] if stage == "status" else []
                return digest_of([*facts, *counts])
            case _:
                return ""

    # The pool.

    def images(self, stage: str, wildcards: Any) -> str | None:
        return None if self._paths.is_embedded else str(images_root(self._project))

    def part(self, stage: str, wildcards: Any) -> int:
        return number_of(wildcards.dataset)

    def exif(self, stage: str, wildcards: Any) -> str:
        return self._project.exif

    def source(self, stage: str, wildcards: Any) -> Any:
        embeddings = self._project.embeddings
        return None if embeddings is None else embeddings.model_dump(exclude_none=True)

    def backbone(self, stage: str, wildcards: Any) -> Any:
        backbone = self._project.backbone
        return None if backbone is None else backbone_setting(backbone)

    def extraction(self, stage: str, wildcards: Any) -> Any:
        return self._project.features.model_dump(exclude={"shards"})

    def results(self, stage: str, wildcards: Any) -> None:
        return None

    # Batches.

    def project(self, stage: str, wildcards: Any) -> str:
        return self._project.project

    def ledger(self, stage: str, wildcards: Any) -> str:
        return self._project.ledger_path

    def entries(self, stage: str, wildcards: Any) -> int | None:
        return self._standing.num_entries(wildcards.batch) if wildcards.get("batch") else None

    def given_classes(self, stage: str, wildcards: Any) -> list[str] | None:
        return self._project.classes or None

    def ask_again(self, stage: str, wildcards: Any) -> list[str] | None:
        return list(self._project.ask_again) or None

    def batch(self, stage: str, wildcards: Any) -> str:
        return str(wildcards.batch)

    def number(self, stage: str, wildcards: Any) -> int:
        return number_of(wildcards.batch)

    def seed(self, stage: str, wildcards: Any) -> int:
        return self._project.seed

    def budget(self, stage: str, wildcards: Any) -> int:
        return self._standing.next_audit_size if is_audit(wildcards.batch) else self._project.batch

    def strategy(self, stage: str, wildcards: Any) -> str:
        return self._entry(wildcards).strategy

    def options(self, stage: str, wildcards: Any) -> dict[str, Any]:
        return self._entry(wildcards).options

    def return_to(self, stage: str, wildcards: Any) -> str:
        return self._project.returned

    def folders(self, stage: str, wildcards: Any) -> str | None:
        return self._paths.batch_file(wildcards.batch, FOLDERS) if self._project.folders else None

    def address(self, stage: str, wildcards: Any) -> str:
        address = self._project.label_studio.address
        if address is not None:
            return address
        folder = "" if self._paths.is_embedded else f"{images_root(self._project).resolve().name}/"
        return f"{LOCAL_FILES}{quote(folder)}"

    def _entry(self, wildcards: Any) -> StrategySettings:
        if is_audit(wildcards.batch):
            return RANDOM
        has_model = self._standing.has_model(wildcards.batch)
        return self._project.strategy if has_model else self._project.first_strategy
