"""A stage whose records the tests read."""

from pathlib import Path
from typing import Annotated, Any

from activepool.programs.stage import Input, Json, Output
from activepool.programs.stage import stage as declared

DEPENDS_ON = {"copy": "settings 1, code 2"}


@declared
def join(
    sources: list[Input],
    joined: Output,
    second: Output | None = None,
    more: Annotated[dict[str, Any] | None, Json(files=lambda content: content["files"])] = None,
    seed: int = 0,
) -> None:
    """Join files."""
    content = b"".join(Path(source).read_bytes() for source in sources)
    for output in map(Path, filter(None, (joined, second))):
        output.parent.mkdir(exist_ok=True)
        output.write_bytes(content)
