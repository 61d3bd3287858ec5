"""What a run prints before it reads new images."""

from collections.abc import Collection, Sequence
from pathlib import Path


def reading_notice(root: Path, sources: Sequence[str], gone: Collection[tuple[int, int]]) -> str:
    """Return how many images are read; one with the size and time of an image that is gone counts as renamed.

    Args:
        root: the folder that sources start from.
        sources: of the images to read.
        gone: size and time, in nanoseconds, of each image that was there before.
    """
    found = [(root / source).stat() for source in sources if gone and (root / source).is_file()]
    moved = sum((status.st_size, status.st_mtime_ns) in gone for status in found)
    counts = [(len(sources) - moved, "new"), (moved, "renamed")]
    texts = [f"{count:,} {kind} image{'s' * (count > 1)}" for count, kind in counts if count]
    return f"reading {' and '.join(texts)} in {root}"
