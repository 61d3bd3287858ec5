"""The state of a training, in a file beside its output: a run that was killed continues from it."""

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import torch

from activepool.errors import InputError, one_line
from activepool.io.files import written_whole


def state_path(output: str | Path) -> Path:
    """Return where the state of the training that makes ``output`` is kept."""
    output = Path(output)
    return output.with_name(f"{output.name}.state")


@dataclass(frozen=True)
class StateFile:
    """The state of one training; the file, see `state_path`, is always complete.

    The fingerprint identifies all that decides the training; a state with another one is not used.
    """

    path: Path
    fingerprint: str

    def write(self, content: dict[str, Any]) -> None:
        """Replace the state by ``content``: tensors, numbers, strings, and lists and dicts of these."""
        with written_whole(self.path) as temporary, temporary.open("wb") as file:
            try:
                torch.save({"fingerprint": self.fingerprint, "content": content}, file)
            except RuntimeError as error:
                # torch reports a full disk in its own words; the context is the system's error.
                raise error.__context__ or error from None

    def read(self) -> dict[str, Any] | None:
        """Return the content, on the CPU; None without a file of this training. Raises InputError."""
        if not self.path.exists():
            return None
        try:
            with ZipFile(self.path) as archive:  # torch.load does not compare checksums
                if name := archive.testzip():
                    raise BadZipFile(f"the checksum of {name} is wrong")
            state = torch.load(self.path, map_location="cpu", weights_only=True)
        # A file that was cut makes torch raise nearly any error.
        except Exception as error:
            raise InputError(
                f"{self.path}: not a readable state of a training ({one_line(error)}); delete it, and the "
                "training starts again"
            ) from error
        if state["fingerprint"] == self.fingerprint:
            content: dict[str, Any] = state["content"]
            return content
        print(f"{self.path}: belongs to other data, settings or code; training starts again", file=sys.stderr)
        return None

    def remove(self) -> None:
        """Remove the file, if it exists."""
        self.path.unlink(missing_ok=True)
