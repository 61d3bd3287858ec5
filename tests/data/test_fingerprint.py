import os

import numpy as np
import pytest

from activepool.data import fingerprint as module
from activepool.data.fingerprint import fingerprint
from activepool.data.samples import Part, Samples


def dataset(root, count=7, labels=None, names=("a", "b")):
    """Write files, and return them as a dataset: the last two are its test part."""
    root.mkdir(exist_ok=True)
    paths = [f"{number}.png" for number in range(count)]
    for path in paths:
        (root / path).write_text(path)
    labels = np.arange(count) % 2 if labels is None else np.asarray(labels)
    train, test = (Part.from_files(labels[part], paths[part]) for part in (slice(-2), slice(-2, None)))
    return Samples(train, test, list(names), str(root))


def test_the_same_files_elsewhere_are_alike(tmp_path):
    assert fingerprint(dataset(tmp_path / "one")) == fingerprint(dataset(tmp_path / "two"))


@pytest.mark.parametrize("other", [{"count": 6}, {"labels": [0] * 7}, {"names": ("a", "c")}])
def test_another_list_is_not_alike(tmp_path, other):
    assert fingerprint(dataset(tmp_path / "one")) != fingerprint(dataset(tmp_path / "two", **other))


def test_a_part_is_not_the_other(tmp_path):
    samples = dataset(tmp_path / "one", count=4)
    swapped = Samples(samples.test, samples.train, samples.class_names, samples.root)
    assert fingerprint(samples) != fingerprint(swapped)


@pytest.mark.parametrize("row", range(7))
def test_every_image_of_a_small_dataset_is_read(tmp_path, row):
    first = fingerprint(dataset(tmp_path / "one"))
    samples = dataset(tmp_path / "one")
    (tmp_path / f"one/{row}.png").write_text("other")
    assert fingerprint(samples) != first


@pytest.mark.parametrize("row", range(7))
def test_a_missing_image_is_left_to_the_stage(tmp_path, row):
    first = fingerprint(dataset(tmp_path / "one"))
    samples = dataset(tmp_path / "one")
    (tmp_path / f"one/{row}.png").unlink()
    assert fingerprint(samples) != first


def test_of_a_large_one_images_are_read_all_over_it(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "IMAGES_READ", 3)
    read = []
    monkeypatch.setattr(module, "place_digest", lambda path: read.append(path.stem) or "")
    fingerprint(dataset(tmp_path / "one", count=13))
    assert read == ["0", "5", "10", "11", "12"]


def test_a_pipe_is_left_to_the_stage(tmp_path):
    samples = dataset(tmp_path / "one")
    (tmp_path / "one/3.png").unlink()
    missing = fingerprint(samples)
    os.mkfifo(tmp_path / "one/3.png")
    assert fingerprint(samples) == missing
