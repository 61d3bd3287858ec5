"""Comet ML: archives that ``comet upload`` takes, or uploads where the environment has COMET_API_KEY."""

import os
from pathlib import Path
from typing import Any

#: What Comet would collect by itself: code, command line, output, machine. It gets what it is told, no more.
COLLECTED = ("log_code", "log_graph", "log_env_details", "log_git_metadata", "log_git_patch", "parse_args")
COLLECTED += ("auto_param_logging", "auto_metric_logging", "auto_output_logging")


class Comet:
    """The tracker of the paper's code."""

    def __init__(self, project: str, folder: Path) -> None:
        os.environ.setdefault("COMET_ERROR_TRACKING_ENABLE", "false")
        import comet_ml

        settings = {"project_name": project, **dict.fromkeys(COLLECTED, False)}
        if os.environ.get("COMET_API_KEY"):
            self._experiment = lambda: comet_ml.Experiment(**settings)
        else:
            self._experiment = lambda: comet_ml.OfflineExperiment(offline_directory=str(folder), **settings)

    def start(self, name: str, settings: dict[str, Any]) -> None:
        """Begin a run; raises ConnectionError if Comet does not take it."""
        self._run = self._experiment()
        if not self._run.alive:  # all that it is told would be dropped without a word
            raise ConnectionError("Comet cannot be reached, or does not accept COMET_API_KEY")
        self._run.set_name(name)
        self._run.log_parameters(settings)

    def numbers(self, step: int, values: dict[str, float]) -> None:
        """Take the numbers of one step."""
        self._run.log_metrics(values, step=step)

    def picture(self, name: str, path: str) -> None:
        """Take a PNG."""
        self._run.log_image(path, name=name)

    def end(self) -> None:
        """End the run."""
        self._run.end()
