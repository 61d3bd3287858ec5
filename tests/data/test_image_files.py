import os
import struct
import subprocess
import threading

import numpy as np
import pytest
from PIL import Image, UnidentifiedImageError

from activepool.data.image_files import decode_image, read_header, reading_problem, without_warnings
from activepool.data.image_formats import FORMATS, image_endings, is_image_name

#: A scene that looks different in each rotation and mirror image.
UPRIGHT = np.zeros((8, 16, 3), dtype=np.uint8)
UPRIGHT[:4, :8], UPRIGHT[:4, 8:], UPRIGHT[4:, :8] = (250, 20, 20), (20, 250, 20), (20, 20, 250)

#: How a camera stores that scene, by the orientation that it notes.
STORED = {
    1: UPRIGHT,
    2: UPRIGHT[:, ::-1],
    3: UPRIGHT[::-1, ::-1],
    4: UPRIGHT[::-1],
    5: UPRIGHT.swapaxes(0, 1),
    6: np.rot90(UPRIGHT),
    7: UPRIGHT[::-1, ::-1].swapaxes(0, 1),
    8: np.rot90(UPRIGHT, 3),
}
POSTSCRIPT = "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n"


def write_turned(path, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(np.ascontiguousarray(STORED[orientation])).save(path, exif=exif)
    return path


@pytest.mark.parametrize("ending", ["png", "webp", "tif"])
@pytest.mark.parametrize("orientation", STORED)
def test_turns_are_applied_where_they_are_wanted(tmp_path, ending, orientation):
    options = {"lossless": True} if ending == "webp" else {}
    exif = Image.Exif()
    exif[0x0112] = orientation
    path = tmp_path / f"image.{ending}"
    Image.fromarray(np.ascontiguousarray(STORED[orientation])).save(path, exif=exif, **options)
    assert np.array_equal(np.asarray(decode_image(path, "RGB", upright=True)), UPRIGHT)
    # Pillow always turns what is in a TIFF file.
    as_it_lies = UPRIGHT if ending == "tif" else STORED[orientation]
    assert np.array_equal(np.asarray(decode_image(path, "RGB")), as_it_lies)
    assert read_header(path) == (ending != "tif" and orientation != 1)


def test_exif_behind_the_pixels_of_a_png_is_found(tmp_path):
    content = write_turned(tmp_path / "image.png", 6).read_bytes()
    chunk = content[content.index(b"eXIf") - 4 : content.index(b"IDAT") - 4]
    path, end = tmp_path / "late.png", content.index(b"IEND") - 4
    path.write_bytes(content[:end].replace(chunk, b"") + chunk + content[end:])
    assert read_header(path)
    assert np.array_equal(np.asarray(decode_image(path, "RGB", upright=True)), UPRIGHT)


def test_a_photograph_is_set_upright_in_grey_too(tmp_path):
    path = write_turned(tmp_path / "image.jpg", 6)
    expected = np.asarray(Image.fromarray(UPRIGHT).convert("L"), dtype=int)
    pixels = np.asarray(decode_image(path, "L", upright=True), dtype=int)
    assert pixels.shape == expected.shape
    assert np.abs(pixels - expected).mean() < 20


@pytest.mark.parametrize("damage", [b"Exif\x00\x00nonsense", b"Exif\x00\x00MM\x00*\xff\xff\xff\xff"])
def test_damaged_exif_turns_nothing(tmp_path, damage):
    path = tmp_path / "image.jpg"
    Image.fromarray(UPRIGHT).save(path, exif=damage)
    with without_warnings():
        assert not read_header(path)
        assert decode_image(path, "RGB", upright=True).size == (16, 8)


GREY = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4


def tiff(bits, pixels, black=1):
    """Return a grey TIFF file of 8 by 8 pixels, by hand, for Pillow writes no 12 bits."""
    tags = {256: 8, 257: 8, 258: bits, 259: 1, 262: black, 273: 8, 277: 1, 278: 8, 279: len(pixels)}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return (
        struct.pack("<4sI", b"II*\0", 8 + len(pixels))
        + pixels
        + struct.pack("<H", len(tags))
        + entries
        + bytes(4)
    )


def in_12_bits(values):
    bits = np.unpackbits(values[:, None].astype(">u2").view(np.uint8), axis=1)[:, 4:]
    return np.packbits(bits).tobytes()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("white is 0.tif", tiff(16, ((255 - GREY).astype("<u2") * 257).tobytes(), black=0)),
        ("16 bits.tif", tiff(16, (GREY.astype("<u2") * 257).tobytes())),
        ("12 bits.tif", tiff(12, in_12_bits(GREY.astype(int).ravel() * 16))),
        ("16 bits.pgm", b"P5 8 8 65535\n" + (GREY.astype(">u2") * 257).tobytes()),
        ("12 bits.pgm", b"P5 8 8 4095\n" + (GREY * 16.06).astype(">u2").tobytes()),
    ],
)
@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_of_more_than_8_bits_the_upper_8_are_kept(tmp_path, name, content, mode):
    (tmp_path / name).write_bytes(content)
    pixels = np.asarray(decode_image(tmp_path / name, mode))
    assert np.array_equal(pixels, GREY if mode == "L" else np.stack([GREY] * 3, axis=2))


@pytest.mark.parametrize("name", ["07.png", "07.eps"])
def test_no_program_is_started_for_a_drawing(tmp_path, monkeypatch, name):
    def forbidden(*arguments, **options):
        raise AssertionError(f"started {arguments}")

    monkeypatch.setattr(subprocess, "Popen", forbidden)
    (tmp_path / name).write_text(POSTSCRIPT)
    for look in (read_header, lambda path: decode_image(path, "RGB")):
        with pytest.raises(UnidentifiedImageError):
            look(tmp_path / name)


def test_formats_that_are_not_images_are_excluded():
    assert not {"EPS", "PDF", "WMF", "MPEG", "FITS", "GRIB", "BUFR", "HDF5"} & set(FORMATS)
    Image.init()
    assert set(FORMATS) <= set(Image.OPEN)
    assert not {".eps", ".ps", ".pdf", ".h5", ".mpg", ".fits", ".wmf", ".pfm", ".txt", ""} & image_endings()


@pytest.mark.parametrize(
    "ending", ["png", "JPG", "jfif", "avif", "jp2", "tga", "jpe", "webp", "pnm", "dib", "MPO", "qoi", "TiFF"]
)
def test_what_pillow_reads_is_an_image_by_its_name(ending):
    assert is_image_name(f"a.b.{ending}")
    assert not is_image_name(ending)
    assert not is_image_name(f"a.{ending}.txt")


@pytest.mark.parametrize("look", [read_header, lambda path: decode_image(path, "RGB")])
def test_a_pipe_is_not_waited_for(tmp_path, look):
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "link.png").symlink_to("pipe.png")
    outcomes = []

    def try_both():
        for name in ("pipe.png", "link.png"):
            with pytest.raises(ValueError, match="a folder, pipe, socket or device, and no file"):
                look(tmp_path / name)
            outcomes.append(name)

    thread = threading.Thread(target=try_both, daemon=True)
    thread.start()
    thread.join(20)
    assert outcomes == ["pipe.png", "link.png"]


@pytest.mark.parametrize("name", ["PNG", "JPEG", "GIF", "TIFF"])
def test_a_truncated_image_is_recognised_by_its_format(tmp_path, name):
    path = tmp_path / f"image.{name.lower()}"
    Image.new("RGB", (64, 64)).save(path, name)
    os.truncate(path, 5)
    with pytest.raises(UnidentifiedImageError) as error:
        decode_image(path, "RGB", upright=True)
    assert reading_problem(path, error.value) == f"damaged or cut-off {name} file"
