"""Weights & Biases: folders for ``wandb sync``, or uploads if the environment says so."""

import os
from pathlib import Path
from typing import Any


class WeightsAndBiases:
    """Runs of wandb: offline, unless WANDB_MODE says otherwise or there is a WANDB_API_KEY."""

    def __init__(self, project: str, folder: Path) -> None:
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")
        import wandb

        mode = "online" if os.environ.get("WANDB_API_KEY") else "offline"
        self._project, self._folder = project, folder
        self._mode = os.environ.get("WANDB_MODE", mode)
        self._wandb = wandb
        # wandb must not collect code, output or machine by itself.
        self._settings = wandb.Settings(
            console="off",
            disable_git=True,
            disable_code=True,
            x_disable_meta=True,
            x_disable_machine_info=True,
            x_disable_stats=True,
            x_save_requirements=False,
            init_timeout=30,  # seconds until an online run has started
        )

    def start(self, name: str, settings: dict[str, Any]) -> None:
        """Begin a run."""
        self._run = self._wandb.init(
            project=self._project,
            name=name,
            config=settings,
            dir=str(self._folder.resolve()),
            mode=self._mode,
            settings=self._settings,
        )

    def numbers(self, step: int, values: dict[str, float]) -> None:
        """Log the numbers of one step."""
        self._run.log(values, step=step)

    def picture(self, name: str, path: str) -> None:
        """Log a PNG."""
        self._run.log({name: self._wandb.Image(path)})

    def file(self, name: str, path: str) -> None:
        """Log a file."""
        full_path = Path(path).resolve()
        folder = full_path.parents[len(Path(name).parts) - 1]
        self._run.save(str(full_path), base_path=str(folder), policy="now")

    def end(self) -> None:
        """End the run."""
        self._run.finish()
