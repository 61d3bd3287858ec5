"""Images that EXIF rotates: a camera stores what it sees, and notes how it was held."""

from contextlib import suppress

from activepool.data.fingerprint import spread_evenly
from activepool.data.image_files import read_header, without_warnings
from activepool.data.samples import Samples


def turn_notice(samples: Samples, num_turned: int, num_checked: int | None = None) -> str | None:
    """Return the notice of rotated images; None if there are none, or the rotation is applied.

    Of ``num_checked`` images (None: all), EXIF rotates ``num_turned``.
    """
    if not num_turned or samples.upright:
        return None
    total = sum(len(part) for part in samples.parts.values())
    scope = "" if num_checked in (None, total) else f" looked at ({total:,} in all)"
    images = f"{total if num_checked is None else num_checked:,} images{scope}"
    return (
        f"{samples.name}: {num_turned:,} of {images} have a rotation in their EXIF, which is not applied; "
        "dataset.exif: apply would set them upright"
    )


def sampled_turn_notice(samples: Samples) -> str | None:
    """Return the notice after a look at some images of each part, spread evenly over it."""
    parts = [part for part in samples.parts.values() if part.images is None]
    paths = [path for part in parts for path in part.paths[spread_evenly(part)]]
    num_turned = 0
    with without_warnings():
        for path in paths:
            with suppress(Exception):  # the check of all images reports it, or leaves the image out
                num_turned += read_header(samples.image_place(path))
    return turn_notice(samples, num_turned, len(paths))
