import h5py
import numpy as np
import pytest
from data.stored_samples import read_samples

from activepool.data.samples import Part, Samples, split_off_test, write_samples
from activepool.errors import InputError


def strings(*values):
    return np.array(values, dtype=object)


def of_images(class_names=("no", "yes")):
    draws = np.random.default_rng(0)
    parts = [
        Part(
            np.array(labels),
            strings(*(f"{name}/{row}" for row in range(len(labels)))),
            draws.integers(0, 256, (len(labels), 4, 3, 2), dtype=np.uint8),
        )
        for name, labels in (("train", [0, 1, -1]), ("test", [1, 0]))
    ]
    return Samples(*parts, list(class_names))


def test_images_come_back(tmp_path):
    samples = of_images()
    write_samples(tmp_path / "dataset.h5", samples)
    samples_read = read_samples(tmp_path / "dataset.h5")
    assert samples_read.class_names == ["no", "yes"]
    for name, part in samples.parts.items():
        np.testing.assert_array_equal(samples_read.parts[name].labels, part.labels)
        np.testing.assert_array_equal(samples_read.parts[name].images, part.images)
        assert samples_read.parts[name].sources.tolist() == part.sources.tolist()


def test_files_come_back_and_are_found_under_the_root(tmp_path):
    train = Part.from_files([0, -1], ["ä/1.jpg", "/elsewhere/2.jpg"])
    samples = Samples(train, Part.from_files([0], ["3.jpg"]), ["ä"], "some/root")
    write_samples(tmp_path / "dataset.h5", samples)
    samples_read = read_samples(tmp_path / "dataset.h5")
    assert samples_read.train.images is None
    assert samples_read.train.sources.tolist() == ["ä/1.jpg", "/elsewhere/2.jpg"]
    paths = [str(samples_read.image_place(source)) for source in samples_read.train.sources]
    assert paths == ["some/root/ä/1.jpg", "/elsewhere/2.jpg"]


def test_the_file_is_as_the_contract_says(tmp_path):
    write_samples(tmp_path / "images.h5", of_images())
    write_samples(tmp_path / "files.h5", Samples(*[Part.from_files([0], ["1.jpg"])] * 2, ["a"], "root"))
    with h5py.File(tmp_path / "images.h5") as file:
        assert set(file["train"]) == {"labels", "sources", "images"}
        assert file["train/labels"].dtype == np.int64
        assert file["test/images"].chunks is None
        assert list(file.attrs["class_names"]) == ["no", "yes"]
    with h5py.File(tmp_path / "files.h5") as file:
        assert set(file["test"]) == {"labels", "sources", "paths"}
        assert file["test/paths"].asstr()[:].tolist() == file["test/sources"].asstr()[:].tolist() == ["1.jpg"]
        assert file.attrs["root"] == "root"


def test_names_of_very_many_classes(tmp_path):
    names = [f"n{number:08d}" for number in range(21_841)]
    write_samples(tmp_path / "dataset.h5", of_images(names))
    assert read_samples(tmp_path / "dataset.h5").class_names == names


def test_a_file_of_another_kind(tmp_path):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["train/features"] = np.zeros((2, 2))
    with pytest.raises(InputError, match=r"other\.h5: not a dataset file .*delete the file to regenerate it"):
        read_samples(tmp_path / "other.h5")


def test_split_off_test_divides_the_rows():
    part = Part.from_files(np.repeat([0, 1, -1], 10), [f"{row}.jpg" for row in range(30)])
    train, test = split_off_test(part, 0.3)
    assert np.bincount(test.labels).tolist() == [3, 3]
    assert sorted(train.sources.tolist() + test.sources.tolist()) == sorted(part.sources.tolist())
    assert [int(source[:-4]) // 10 for source in test.sources] == test.labels.tolist()
