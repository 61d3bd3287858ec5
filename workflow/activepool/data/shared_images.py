"""Images that are in the train part and, under another name, in the test part."""

import hashlib
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from activepool.data.packed_images import Place, place_digest
from activepool.data.samples import Samples

#: Bytes at the beginning of an image that, with its size, hardly any other image has.
BEGINNING_BYTES = 4096


def beginning_digest(place: Place) -> bytes:
    """Return a digest of an image's first bytes and its size. Raises OSError."""
    with place.open("rb") if isinstance(place, Path) else place.stream() as stream:
        digest = hashlib.blake2b(stream.read(BEGINNING_BYTES), digest_size=16)
        digest.update(str(stream.seek(0, io.SEEK_END)).encode())
    return digest.digest()


def shared_notice(samples: Samples, beginnings: Mapping[str, Sequence[bytes]]) -> str | None:
    """Return the notice of test images whose bytes a train image has, too; None if there are none.

    ``beginnings`` are the `beginning_digest` of each row by part, b"" for unreadable images: only images that
    agree in it are read whole.
    """
    likely = set(beginnings["train"]) & set(beginnings["test"]) - {b""}
    rows = {
        name: [row for row, digest in enumerate(digests) if digest in likely]
        for name, digests in beginnings.items()
    }
    digests = {
        name: {row: place_digest(samples.image_place(samples.parts[name].paths[row])) for row in part_rows}
        for name, part_rows in rows.items()
    }
    train_row = {digest: row for row, digest in reversed(digests["train"].items())}
    shared = [(row, train_row[digest]) for row, digest in digests["test"].items() if digest in train_row]
    if not shared:
        return None
    (test_row, first_row), *more = shared
    test, train = samples.test.sources[test_row], samples.train.sources[first_row]
    return (
        f"{samples.name}: test images that are train images, too: {len(shared):,} "
        f"({test} is {train}{', ...' * bool(more)}); accuracies count what was trained on"
    )
