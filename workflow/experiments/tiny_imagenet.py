"""The manifest of Tiny ImageNet, for tiny_imagenet.yaml; the standard library is enough.

    python workflow/experiments/tiny_imagenet.py tiny-imagenet-200 > tiny_imagenet.csv

The training images are the part `train`, those of the folder `val` the part `test`. The folder `test` has no
labels.
"""

import csv
import sys
from collections.abc import Iterator
from pathlib import Path


def rows(root: Path) -> Iterator[tuple[str, str, str]]:
    """Yield the path below ``root``, the class (a WordNet number) and the part of each image."""
    for path in sorted(root.glob("train/*/images/*.JPEG")):
        yield str(path.relative_to(root)), path.parts[-3], "train"
    for line in (root / "val/val_annotations.txt").read_text(encoding="utf-8").splitlines():
        name, label, *_ = line.split("\t")
        yield f"val/images/{name}", label, "test"


if __name__ == "__main__":
    table = csv.writer(sys.stdout, lineterminator="\n")
    table.writerow(("path", "label", "split"))
    table.writerows(rows(Path(sys.argv[1])))
