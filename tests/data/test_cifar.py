import hashlib
import pickle

import numpy as np
import pytest
from torchvision import datasets

from activepool.data import cifar
from activepool.errors import InputError

CASES = [
    (cifar.CIFAR10.load, "CIFAR10", "cifar-10-batches-py", "labels"),
    (cifar.CIFAR100.load, "CIFAR100", "cifar-100-python", "fine_labels"),
]


def make_small(root, monkeypatch, reader, folder, labels_key):
    """Write files of the original form, of 3 train and 2 test images, and have torchvision expect them."""
    (root / folder).mkdir()
    reader = getattr(datasets, reader)
    draws = np.random.default_rng(0)
    written = {}

    def write(name, content):
        raw = pickle.dumps(content)
        (root / folder / name).write_bytes(raw)
        return hashlib.md5(raw).hexdigest()

    for part, labels in (("train", [2, 0, 1]), ("test", [1, 1])):
        pixels = draws.integers(0, 256, (len(labels), 3072), dtype=np.uint8)
        digest = write(part, {"data": pixels, labels_key: labels})
        monkeypatch.setattr(reader, f"{part}_list", [[part, digest]])
        written[part] = pixels, labels
    names = ["plane", "car", "bird"]
    digest = write("names", {reader.meta["key"]: names})
    monkeypatch.setattr(reader, "meta", {"filename": "names", "key": reader.meta["key"], "md5": digest})
    return written, names


@pytest.mark.parametrize(("load", "reader", "folder", "labels_key"), CASES)
def test_original_files_are_read(tmp_path, monkeypatch, load, reader, folder, labels_key):
    written, names = make_small(tmp_path, monkeypatch, reader, folder, labels_key)
    samples = load(tmp_path)
    assert samples.class_names == names
    for name, part in samples.parts.items():
        pixels, labels = written[name]
        assert part.labels.tolist() == labels
        assert part.sources.tolist() == [f"{name}/{row}" for row in range(len(labels))]
        # The original holds all of the red, then all of the green, then all of the blue.
        for channel in range(3):
            expected = pixels.reshape(-1, 3, 32, 32)[:, channel]
            np.testing.assert_array_equal(part.images[..., channel], expected)


@pytest.mark.parametrize(("load", "reader", "folder", "labels_key"), CASES)
def test_damaged_files_are_refused(tmp_path, monkeypatch, load, reader, folder, labels_key):
    make_small(tmp_path, monkeypatch, reader, folder, labels_key)
    (tmp_path / folder / "test").write_bytes(b"damaged")
    with pytest.raises(InputError, match=rf"{folder}: not the files of {reader} .*; unpack http.* again"):
        load(tmp_path)


@pytest.mark.parametrize(("load", "reader", "folder", "labels_key"), CASES)
def test_missing_files_say_what_to_put_where(tmp_path, load, reader, folder, labels_key):
    with pytest.raises(InputError, match=rf"has no folder {folder}; unpack http.*\.tar\.gz there, or set"):
        load(tmp_path)


def test_previews_know_the_published_sizes(tmp_path):
    tens = cifar.CIFAR10.preview(tmp_path, download=True)
    hundreds = cifar.CIFAR100.preview(tmp_path, download=True)
    assert tens.train_class_counts.tolist() == [5000] * 10
    assert hundreds.train_class_counts.tolist() == [500] * 100
    assert tens.num_test == hundreds.num_test == 10_000
