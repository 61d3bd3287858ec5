"""Images that cannot be read: found before the backbone meets one, hours into its pass.

There are two depths, since to read all of ImageNet costs 140 GB and much of an extraction's time:

- A look at the header: the file is there, is not empty, and begins as an image of a known format. It reads
  a few kilobytes of a file. This is what ``stop`` does. An image that is damaged further on is met by the
  extraction, which stops and names it.
- A full decode, as in the extraction. This is what ``skip`` does: an image that leaves the dataset must do
  so before its rows are numbered, so nothing may be left for the extraction to find.
"""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from PIL import UnidentifiedImageError
from tqdm import tqdm

from activepool.compute import Compute, row_blocks
from activepool.data.image_files import decoded, read_header, without_remarks
from activepool.data.samples import Part, Samples, require_samples
from activepool.errors import InputError

#: Images that a thread looks at before it reports.
BLOCK_IMAGES = 64


def without_unreadable(samples: Samples, on_unreadable: str, workers: int) -> tuple[Samples, pd.DataFrame]:
    """Look at every image of a dataset of files, and leave out those that cannot be read.

    Args:
        samples: the dataset; images in memory need no look.
        on_unreadable: ``stop`` or ``skip``, what to do about an unreadable image.
        workers: threads; no effect on the result.

    Returns: the samples without unreadable images, and a table of these with the columns path and reason.
    Raises: InputError for ``stop`` if any image is unreadable; and if no train or test sample is left.
    """
    look = _decode if on_unreadable == "skip" else read_header
    with without_remarks():
        reasons = {name: _reasons(samples, name, look, workers) for name in samples.parts}
    table = pd.DataFrame(
        [
            (str(samples.image_path(samples.parts[name].sources[row])), reason)
            for name, found in reasons.items()
            for row, reason in found.items()
        ],
        columns=["path", "reason"],
    )
    if on_unreadable == "stop" and len(table):
        path, reason = table.iloc[0]
        total = sum(len(part) for part in samples.parts.values())
        raise InputError(
            f"{path}: not a readable image ({reason}); {len(table)} of {total} images are unreadable: "
            "mend or remove them, or set on_unreadable: skip"
        )
    kept = replace(samples, **{name: _without(samples.parts[name], found) for name, found in reasons.items()})
    require_samples(kept.train.labels, kept.test.labels)
    return kept, table


def _without(part: Part, found: dict[int, str]) -> Part:
    return part.take(np.setdiff1d(np.arange(len(part)), list(found))) if found else part


def _reasons(samples: Samples, name: str, look: Callable[[Path], None], workers: int) -> dict[int, str]:
    """Return, for each row of a part whose image is unreadable, the reason."""
    part = samples.parts[name]
    if part.images is not None:
        return {}

    def look_at(rows: slice) -> list[str | None]:
        return [_why_unreadable(look, samples.image_path(source)) for source in part.sources[rows]]

    reasons: list[str | None] = []
    with tqdm(total=len(part), desc=f"check {name} images", unit="image", disable=None) as progress:
        for block in Compute(workers=workers).map(look_at, row_blocks(len(part), BLOCK_IMAGES)):
            reasons += block
            progress.update(len(block))
    return {row: reason for row, reason in enumerate(reasons) if reason is not None}


def _decode(path: Path) -> None:
    decoded(path, "RGB")


def _why_unreadable(look: Callable[[Path], None], path: Path) -> str | None:
    """Return why ``look`` fails on an image, or None if it does not."""
    try:
        look(path)
    except UnidentifiedImageError:
        return "empty file" if path.stat().st_size == 0 else "no known image format"
    except OSError as error:
        return error.strerror or str(error)
    except Exception as error:
        # What a decoder raises on damaged data is not confined to any type.
        return " ".join(str(error).split()) or type(error).__name__
    return None
