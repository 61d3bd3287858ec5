import h5py
import numpy as np
import pytest
from PIL import Image

from activepool.data.samples import Part, Samples, write_samples
from activepool.data.thumbnails import thumbnails
from activepool.errors import InputError


def stored(path, images):
    sources = np.array([str(row) for row in range(len(images))], dtype=object)
    part = Part(np.zeros(len(images), dtype=np.int64), sources, images)
    write_samples(path, Samples(part, part, ["only"]))
    return path


def files(folder, images):
    """Write (name, image) pairs, and dataset.h5 that names them."""
    for name, image in images:
        image.save(folder / name)
    part = Part.from_files([0] * len(images), [name for name, _ in images])
    write_samples(folder / "dataset.h5", Samples(part, part, ["only"], root=str(folder)))
    return folder / "dataset.h5"


@pytest.mark.parametrize("channels", [1, 3])
def test_stored_images_come_in_the_order_asked_for_and_are_enlarged_pixel_by_pixel(tmp_path, channels):
    images = np.random.default_rng(0).integers(0, 256, (9, 4, 4, channels), dtype=np.uint8)
    rows = np.array([7, 0, 3])
    pictures = thumbnails(stored(tmp_path / "dataset.h5", images), rows, 12)
    expected = np.broadcast_to(images[rows], (3, 4, 4, 3)) if channels == 1 else images[rows]
    np.testing.assert_array_equal(pictures, expected.repeat(3, axis=1).repeat(3, axis=2))


def test_the_central_square_of_files_of_any_form(tmp_path):
    # A grey middle between margins that the square leaves out.
    wide, high = (np.full(shape, 255, dtype=np.uint8) for shape in ((20, 60), (60, 20)))
    wide[:, 20:40] = high[20:40] = 100
    images = [
        ("grey.png", Image.fromarray(wide)),
        ("colour.png", Image.fromarray(high).convert("RGB")),
        ("palette.png", Image.fromarray(wide).convert("P")),
        ("16bit.png", Image.fromarray(high.astype(np.uint16) * 256)),
        ("large.png", Image.fromarray(wide).resize((600, 200))),
    ]
    pictures = thumbnails(files(tmp_path, images), np.arange(5), 10)
    assert pictures.shape == (5, 10, 10, 3)
    assert (np.abs(pictures[:, 2:-2, 2:-2].astype(int) - 100) <= 1).all()


@pytest.mark.parametrize("upright", [False, True])
def test_turns_are_applied_where_the_dataset_says_so(tmp_path, upright):
    scene = np.zeros((8, 8, 3), dtype=np.uint8)
    scene[:4] = 250
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(np.rot90(scene).copy()).save(tmp_path / "turned.png", exif=exif)
    part = Part.from_files([0], ["turned.png"])
    write_samples(tmp_path / "dataset.h5", Samples(part, part, ["only"], str(tmp_path), upright))
    (picture,) = thumbnails(tmp_path / "dataset.h5", np.array([0]), 8)
    np.testing.assert_array_equal(picture, scene if upright else np.rot90(scene))


def test_no_thumbnails_are_requested(tmp_path):
    path = stored(tmp_path / "dataset.h5", np.zeros((2, 4, 4, 1), np.uint8))
    assert thumbnails(path, np.array([], dtype=int), 8).shape == (0, 8, 8, 3)


def test_an_image_that_cannot_be_read_is_named(tmp_path):
    path = files(tmp_path, [("a.png", Image.new("L", (9, 9)))])
    (tmp_path / "a.png").write_bytes(b"no image")
    with pytest.raises(InputError, match=r"a\.png: not a readable image \(.*\); repair it"):
        thumbnails(path, np.array([0]), 8)


def test_a_file_without_images(tmp_path):
    with h5py.File(tmp_path / "features.h5", "w") as file:
        file["train/labels"] = [0]
    with pytest.raises(InputError, match=r"features\.h5: has neither train/images nor train/paths"):
        thumbnails(tmp_path / "features.h5", np.array([0]), 8)
