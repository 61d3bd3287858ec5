"""Makes the same images as folders and as shards, and reads what a dataset's features are of."""

import io
import tarfile
from pathlib import Path

import h5py
from PIL import Image

from activepool.backbones.settings import BackboneSettings
from activepool.compute.shards import Shard
from activepool.data.dataset import prepare
from activepool.data.samples import write_samples
from activepool.data.settings import DatasetSettings
from activepool.features.extract import ExtractSettings, extract_shard


def encoded(image, form="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, format=form, **options)
    return stream.getvalue()


def picture(number):
    """Return the bytes of a small picture, a JPEG or a PNG; another for each number."""
    image = Image.new("RGB", (7 + number % 3, 6), (7 * number % 256, 11 * number % 256, 90))
    image.putpixel((number % 6, 2), (255, 255, 255))
    return encoded(image, "JPEG" if number % 2 else "PNG")


def write_tar(path: Path, *members: tuple[str, bytes]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w") as archive:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return path


def write_folders(root: Path, part: str, labels: list[str], first: int = 0) -> None:
    """Write picture ``first + i`` with the label ``labels[i]``, such that they are listed in that order."""
    for place, label in enumerate(labels):
        path = root / part / label / f"{first + place:03d}.{'jpg' if (first + place) % 2 else 'png'}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(picture(first + place))


def features_of(folder: Path, kind: str, **options):
    """Return the labels, sources and features of each part, by the stages' functions."""
    folder.mkdir()
    samples, _ = prepare(DatasetSettings(kind=kind, options=options))
    write_samples(folder / "dataset.h5", samples)
    backbone, extraction = BackboneSettings(name="identity", image_size=8), ExtractSettings(batch_size=3)
    extract_shard(folder / "dataset.h5", backbone, None, extraction, Shard(0, 1), folder / "shard.h5")
    with h5py.File(folder / "dataset.h5") as file, h5py.File(folder / "shard.h5") as shard:
        return {
            part: {
                "labels": file[f"{part}/labels"][:].tolist(),
                "sources": file[f"{part}/sources"].asstr()[:].tolist(),
                "features": shard[f"{part}/features"][:].tolist(),
            }
            for part in ("train", "test")
        }


def pair(number, label, ending="cls", folder=""):
    """Return the members of a sample."""
    key = f"{folder}{number:03d}"
    return [(f"{key}.{'jpg' if number % 2 else 'png'}", picture(number)), (f"{key}.{ending}", label.encode())]


def two_shards(folder):
    """Write pictures 0 to 5, with labels, as two shards of the train part, and 6 and 7 as the test part."""
    write_tar(folder / "train-000.tar", *pair(0, "ant"), *pair(1, "ant\n"), *pair(2, "ant"))
    write_tar(folder / "train-001.tar", *pair(3, "bee"), *pair(4, "bee"), *pair(5, "bee"))
    write_tar(folder / "test-000.tar", *pair(6, "ant"), *pair(7, "bee"))
    return folder
