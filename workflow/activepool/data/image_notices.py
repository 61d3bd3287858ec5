"""Notices of the images of a dataset: EXIF rotates them, or they are there again under another name.

A camera stores what it sees, and notes in EXIF how it was held.
"""

import hashlib
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from activepool.data.fingerprint import spread_evenly
from activepool.data.image_files import read_header, without_warnings
from activepool.data.packed_images import Place, place_digest
from activepool.data.samples import Samples
from activepool.errors import abbreviated

#: Bytes at the beginning of an image that, with its size, hardly any other image has.
BEGINNING_BYTES = 4096


def turn_notice(samples: Samples, num_turned: int, num_checked: int | None = None) -> str | None:
    """Return the notice of images that EXIF rotates, of all or ``num_checked``; None if that is applied."""
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


def beginning_digest(place: Place) -> bytes:
    """Return a digest of an image's first bytes and its size. Raises OSError."""
    with place.open("rb") if isinstance(place, Path) else place.stream() as stream:
        digest = hashlib.blake2b(stream.read(BEGINNING_BYTES), digest_size=16)
        digest.update(str(stream.seek(0, io.SEEK_END)).encode())
    return digest.digest()


def copy_notices(samples: Samples, beginnings: Mapping[str, Sequence[bytes]]) -> Iterator[str]:
    """Yield a notice of train images, and one of test images, whose bytes another train image has, too.

    ``beginnings`` are the `beginning_digest` of each row by part, b"" for unreadable images: only images that
    agree in it are read whole.
    """
    repeated = {digest for digest, count in Counter(beginnings["train"]).items() if count > 1}
    likely = (repeated | set(beginnings["train"]) & set(beginnings["test"])) - {b""}
    rows = {
        name: [row for row, digest in enumerate(digests) if digest in likely]
        for name, digests in beginnings.items()
    }
    digests = {
        name: {row: place_digest(samples.image_place(samples.parts[name].paths[row])) for row in part_rows}
        for name, part_rows in rows.items()
    }
    first_row = {digest: row for row, digest in reversed(digests["train"].items())}
    findings = {
        "train": ("train images that are copies of others", "a copy can be picked and labelled again"),
        "test": ("test images that are train images, too", "accuracies count what was trained on"),
    }
    for name, (meaning, effect) in findings.items():
        sources = samples.parts[name].sources
        copies = [
            f"{sources[row]} is {samples.train.sources[first_row[digest]]}"
            for row, digest in digests[name].items()
            if digest in first_row and (name, row) != ("train", first_row[digest])
        ]
        if copies:
            yield f"{samples.name}: {meaning}: {len(copies):,} ({abbreviated(copies, 1)}); {effect}"
