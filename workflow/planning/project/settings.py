"""The settings of the stages of a project."""

import hashlib
from collections.abc import Hashable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np

from activepool.labelling.batches.sending import is_audit
from activepool.ledger.source_names import LOCAL_FILES
from planning.configuration.sections import StrategySettings
from planning.project.paths import FOLDERS, ProjectPaths
from planning.project.standing import number_of
from planning.stages.digests import digest_of
from planning.stages.settings import StageSettings, backbone_setting

#: The strategy that picks the audit set.
RANDOM = StrategySettings(strategy="random")


class ProjectSettings(StageSettings):
    """The settings of the stages of a project."""

    results = None

    def __init__(self, paths: ProjectPaths) -> None:
        self._paths = paths
        self._standing = paths.standing
        self._project = project = paths.project
        self.checkpoint = paths.checkpoint
        self.project = project.project
        self.images = str(project.images_root) if project.images_root else None
        self.exif = project.exif
        self.source = project.embeddings.model_dump(exclude_none=True) if project.embeddings else None
        self.backbone = backbone_setting(project.backbone) if project.backbone else None
        self.extraction = project.features.model_dump(exclude={"shards"})
        self.ledger = project.ledger_path
        self.given_classes = project.classes or None
        self.ask_again = list(project.ask_again) or None
        self.seed = project.seed
        self.return_to = project.returned
        self.address = project.label_studio.address
        if self.address is None:
            root = project.images_root
            self.address = f"{LOCAL_FILES}{quote(f'{root.resolve().name}/')}" if root else LOCAL_FILES

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

    def part(self, stage: str, wildcards: Any) -> int:
        return number_of(wildcards.dataset)

    def entries(self, stage: str, wildcards: Any) -> int | None:
        return self._standing.num_entries(wildcards.batch) if wildcards.get("batch") else None

    def number(self, stage: str, wildcards: Any) -> int:
        return number_of(wildcards.batch)

    def budget(self, stage: str, wildcards: Any) -> int:
        return self._standing.next_audit_size if is_audit(wildcards.batch) else self._project.batch

    def strategy(self, stage: str, wildcards: Any) -> str:
        return self._entry(wildcards).strategy

    def options(self, stage: str, wildcards: Any) -> dict[str, Any]:
        return self._entry(wildcards).options

    def folders(self, stage: str, wildcards: Any) -> str | None:
        return self._paths.batch_file(wildcards.batch, FOLDERS) if self._project.folders else None

    def _entry(self, wildcards: Any) -> StrategySettings:
        if is_audit(wildcards.batch):
            return RANDOM
        has_model = self._standing.has_model(wildcards.batch)
        return self._project.strategy if has_model else self._project.first_strategy
