"""TensorBoard: a folder of local files for each run."""

import json
import shutil
import textwrap
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from torch.utils.tensorboard import SummaryWriter


class TensorBoard:
    """Event files, for ``tensorboard --logdir``."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def start(self, name: str, settings: dict[str, Any]) -> None:
        """Begin a run; its settings become a Markdown text."""
        self._run = self._folder / name
        self._writer = SummaryWriter(str(self._run))
        self._writer.add_text("settings", textwrap.indent(json.dumps(settings, indent=2), "    "))

    def numbers(self, step: int, values: dict[str, float]) -> None:
        """Log the numbers of one step."""
        for name, value in values.items():
            self._writer.add_scalar(name, value, step)

    def picture(self, name: str, path: str) -> None:
        """Log a PNG."""
        with Image.open(path) as image:
            self._writer.add_image(name, np.array(image.convert("RGB")), dataformats="HWC")

    def file(self, name: str, path: str) -> None:
        """Copy a file beside the event files, because TensorBoard shows none."""
        copy = self._run / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, copy)

    def end(self) -> None:
        """End the run."""
        self._writer.close()
