"""The state of a training in a file beside its output, for a run that goes on after a kill."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from activepool.io.files import written_whole


def state_path(output: str | Path) -> Path:
    """Return where the state of the training that makes ``output`` is kept."""
    output = Path(output)
    return output.with_name(f"{output.name}.state")


@dataclass(frozen=True)
class StateFile:
    """A state that is only ever whole, and only for the training that it was made by.

    Attributes:
        path: where it is.
        fingerprint: names the data and all settings; the state of another training is not used.
    """

    path: Path
    fingerprint: str

    @classmethod
    def beside(cls, output: str | Path, fingerprint: str) -> "StateFile":
        """Return the state file that goes with an output."""
        return cls(state_path(output), fingerprint)

    def write(self, content: dict[str, Any]) -> None:
        """Replace the state by ``content``: tensors, numbers, strings, and lists and dicts of them."""
        with written_whole(self.path) as temporary, temporary.open("wb") as file:
            try:
                torch.save({"fingerprint": self.fingerprint, "content": content}, file)
            except RuntimeError as error:
                # torch tells of a full disk in words of its own; the system's error is behind them.
                raise error.__context__ or error from None

    def read(self) -> dict[str, Any] | None:
        """Return what was written, on the CPU; None if there is nothing, or it is of another training."""
        if not self.path.exists():
            return None
        state = torch.load(self.path, map_location="cpu", weights_only=True)
        if state["fingerprint"] == self.fingerprint:
            content: dict[str, Any] = state["content"]
            return content
        print(f"{self.path}: is of other data or settings; training starts anew", file=sys.stderr)
        return None

    def remove(self) -> None:
        """Remove the file, if it is there."""
        self.path.unlink(missing_ok=True)
