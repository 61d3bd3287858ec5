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

from activepool.compute.blocks import Compute, row_blocks
from activepool.data.image_files import decoded, read_header, without_remarks
from activepool.data.samples import Part, Samples, require_samples, with_notice
from activepool.data.turns import turn_notice
from activepool.errors import InputError

#: Images that a thread looks at before it reports.
BLOCK_IMAGES = 64


def without_unreadable(samples: Samples, on_unreadable: str, workers: int) -> tuple[Samples, pd.DataFrame]:
    """Look at every image of a dataset of files, and leave out those that cannot be read.

    Args:
        samples: the dataset; images in memory need no look.
        on_unreadable: ``stop`` or ``skip``, what to do about an unreadable image.
        workers: threads; no effect on the result.

    Returns: the samples without unreadable images, with notices of these and of the turns that EXIF gives to
    some; and a table of those left out with the columns path and reason.
    Raises: InputError for ``stop`` if any image is unreadable; and if no train or test sample is left.
    """
    look = _decode if on_unreadable == "skip" else read_header
    with without_remarks():
        found = {name: _look_at_all(samples, name, look, workers) for name in samples.parts}
    reasons = {
        name: {row: one for row, one in enumerate(of_part) if isinstance(one, str)}
        for name, of_part in found.items()
    }
    table = pd.DataFrame(
        [
            (str(samples.image_path(samples.parts[name].sources[row])), reason)
            for name, of_part in reasons.items()
            for row, reason in of_part.items()
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
    parts = {name: _without(samples.parts[name], of_part) for name, of_part in reasons.items()}
    kept = replace(samples, train=parts["train"], test=parts["test"])
    require_samples(kept.train.labels, kept.test.labels)
    turned = sum(of_part.count(True) for of_part in found.values())
    return with_notice(with_notice(kept, _left_out(kept.root, table)), turn_notice(kept, turned)), table


def _left_out(root: str, table: pd.DataFrame) -> str | None:
    """Return what to say of the images that cannot be read, if there are any."""
    if table.empty:
        return None
    path, reason = table.iloc[0]
    return (
        f"{root}: not taken: unreadable images: {len(table):,} ({path}: {reason}{', ...' * (len(table) > 1)})"
    )


def _without(part: Part, found: dict[int, str]) -> Part:
    return part.take(np.setdiff1d(np.arange(len(part)), list(found))) if found else part


def _look_at_all(samples: Samples, name: str, look: Callable[[Path], bool], workers: int) -> list[bool | str]:
    """Return, for each row of a part, whether EXIF turns its image; or the reason why it is unreadable."""
    part = samples.parts[name]
    if part.images is not None:
        return []

    def look_at(rows: slice) -> list[bool | str]:
        return [_found(look, samples.image_path(source)) for source in part.sources[rows]]

    found: list[bool | str] = []
    with tqdm(total=len(part), desc=f"check {name} images", unit="image", disable=None) as progress:
        for block in Compute(workers=workers).map(look_at, row_blocks(len(part), BLOCK_IMAGES)):
            found += block
            progress.update(len(block))
    return found


def _decode(path: Path) -> bool:
    decoded(path, "RGB")
    return read_header(path)


def _found(look: Callable[[Path], bool], path: Path) -> bool | str:
    """Return what ``look`` finds in an image, or why it fails."""
    try:
        return look(path)
    except UnidentifiedImageError:
        return "empty file" if path.stat().st_size == 0 else "no known image format"
    except OSError as error:
        return error.strerror or str(error)
    except Exception as error:
        # What a decoder raises on damaged data is not confined to any type.
        return " ".join(str(error).split()) or type(error).__name__
