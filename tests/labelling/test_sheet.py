import base64
import io
import json
from html.parser import HTMLParser

import numpy as np
import pytest
from ledger.ledgers import sample
from PIL import ExifTags, Image

from activepool.errors import InputError
from activepool.labelling.batches import sheet
from activepool.labelling.batches.sheet import REASONS, write_sheet
from activepool.ledger.formats.batch import Batch, Pick
from activepool.ledger.formats.recognition import tool_of
from activepool.strategies.registry import builtin_strategies

ODD = "</script><u>\"Käfer' & Co {{ 7 }}.jpg"
CLASSES = ("ant", 'wasp, "yellow"', "Käfer <small>")
BATCH = Batch(
    "batch02",
    (
        Pick(sample("a"), "a/1.jpg", 3, "ant", 0.625, 0.25, "small margin"),
        Pick(sample("odd"), ODD, 7, CLASSES[1], 0.5, 0.0625, "<i>why</i> & so"),
        Pick(sample("c"), "c.jpg", why="far from the others"),
    ),
    CLASSES,
)
RED, BLUE = (200, 0, 0), (0, 0, 200)


class Page(HTMLParser):
    """What a browser would find in a page: elements with their attributes, and the text without scripts."""

    VOID = ("meta", "img", "input", "link", "br")

    def __init__(self, path):
        super().__init__()
        self.elements, self.texts, self.raw, self._open = [], [], {}, []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert self._open == []

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag):
        assert self._open.pop() == tag

    def handle_data(self, text):
        if self._open and self._open[-1] in ("script", "style"):
            self.raw.setdefault(self._open[-1], []).append(text)
        else:
            self.texts.append(text)

    def attributes_of(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    @property
    def text(self):
        return " ".join(" ".join(self.texts).split())

    def pictures(self):
        addresses = [
            image["src"].removeprefix("data:image/jpeg;base64,") for image in self.attributes_of("img")
        ]
        return [Image.open(io.BytesIO(base64.b64decode(address))) for address in addresses]


@pytest.fixture
def written(tmp_path):
    """Return a function that writes the sheet of a batch with pictures, by source, and reads it."""

    def write(pictures, batch=BATCH, near=None, **options):
        for name, image in pictures.items():
            path = tmp_path / f"{sample(name)}.img"
            path.write_bytes(image) if isinstance(image, bytes) else image.save(path, **options)
        picture = lambda source: tmp_path / f"{sample(source)}.img"  # noqa: E731
        write_sheet(
            tmp_path / "sheet.html", batch, picture, f"beetles – {batch.name}", near or {}, "my <returned>"
        )
        return Page(tmp_path / "sheet.html")

    return write


def batch_of_one(name="a.png", **facts):
    return Batch("1", (Pick(sample(name), name, **facts),))


def plain(*sources, size=(8, 6)):
    return {source: Image.new("RGB", size, RED) for source in sources}


def test_a_sheet_that_is_returned_itself_is_known(tmp_path, written):
    written(plain("a/1.jpg", ODD, "c.jpg"), format="PNG")
    with pytest.raises(InputError, match=r"sheet.html: is the sheet itself; .* 'Save answers'"):
        tool_of(tmp_path / "sheet.html")


def test_the_sheet_has_all_that_is_known_of_each_picture(written):
    page = written(plain("a/1.jpg", ODD, "c.jpg"), format="PNG")
    assert [json.loads(card["data-cells"]) for card in page.attributes_of("article")] == [
        {"batch": "batch02", **pick.cells()} for pick in BATCH.picks
    ]
    assert len(page.pictures()) == 3
    for facts in (
        *(
            "1 a/1.jpg Prediction ant 62%, the next class 38% Why picked small margin",
            "3 c.jpg Why picked far from the",
        ),
        f'2 {ODD} Prediction wasp, "yellow" 50%, the next class 44%',
        "Why picked <i>why</i> & so",
        "3 pictures",
        *(
            'Classes: ant , wasp, "yellow" , Käfer <small>',
            "batch02- your name .csv",
            "my <returned>",
            "beetles – batch02",
        ),
    ):
        assert facts in page.text


@pytest.mark.parametrize(
    ("known", "words"),
    [
        (
            {"probability": 0.4956, "margin": 0.00131, "why": "margin: score 0.00131"},
            "Prediction ant 50%; the model hesitates between it and another class, 49% Why picked the model "
            "is less sure of it than of most others (margin)",
        ),
        (
            {"probability": 0.25, "why": "coreset"},
            "ant 25% Why picked it is unlike all that was picked before",
        ),
        ({"why": "mine.py:own: score 3"}, "Prediction ant Why picked mine.py:own: score 3"),
    ],
)
def test_why_and_how_surely_is_said_in_words(written, known, words):
    page = written(plain("a.png"), batch_of_one(predicted="ant", **known), format="PNG")
    assert words in page.text
    (card,) = page.attributes_of("article")
    assert json.loads(card["data-cells"])["why"] == known["why"]


def test_the_strategies_that_have_words_are_there():
    assert set(REASONS) <= set(builtin_strategies())


def test_a_page_loads_nothing_and_no_text_becomes_an_element(written):
    page = written(plain("a/1.jpg", ODD, "c.jpg"), format="PNG")
    assert len(page.raw["script"]) == len(page.attributes_of("script")) == 2
    assert not {"i", "small", "u"} & {tag for tag, _ in page.elements}
    assert page.attributes_of("link") == []
    assert all("src" not in script for script in page.attributes_of("script"))
    (policy,) = (meta["content"] for meta in page.attributes_of("meta") if "http-equiv" in meta)
    assert policy.startswith("default-src 'none'; img-src data:;")


def test_before_the_first_label_there_is_neither_a_class_nor_a_prediction(written):
    page = written(plain("a.png"), batch_of_one(why="far from the others"), format="PNG")
    assert "No class has a name yet" in page.text
    assert "Without predictions of a model" in page.text
    assert "Prediction " not in page.text


def test_pictures_that_look_nearly_the_same_name_each_other_by_number(written):
    near = {sample("a"): (sample("c"), sample("odd"), sample("elsewhere")), sample("c"): (sample("a"),)}
    page = written({}, near=near)
    assert "Looks like 2 , 3" in page.text
    assert [link["href"] for link in page.attributes_of("a")] == ["#p2", "#p3", "#p1"]


def test_a_picture_that_cannot_be_read_says_why(written):
    page = written({"a/1.jpg": b"", ODD: b"no picture"})
    for reason in ("empty file", "no known image format", "No such file or directory"):
        assert f"This picture cannot be shown {reason}" in page.text
    assert page.pictures() == []


def test_a_picture_that_was_removed_is_not_shown_even_if_another_has_its_name(tmp_path):
    Image.new("RGB", (8, 6), RED).save(tmp_path / "a.png")
    batch = Batch("batch02", (*batch_of_one().picks, Pick(sample("b"), "b.png")), CLASSES)
    write_sheet(
        tmp_path / "sheet.html",
        batch,
        lambda source: tmp_path / "a.png",
        "beetles",
        {},
        "returned",
        {sample("a.png")},
    )
    page = Page(tmp_path / "sheet.html")
    assert ["data-removed" in card for card in page.attributes_of("article")] == [True, False]
    assert len(page.pictures()) == 1
    assert "2 pictures" in page.text
    assert "1 picture was removed since, and needs no answer" in page.text
    assert "This picture was removed It needs no answer. 1 a.png" in page.text


def test_a_source_without_a_path_is_a_picture_that_cannot_be_read(tmp_path):
    def refuse(source):
        raise KeyError(source)

    write_sheet(tmp_path / "sheet.html", batch_of_one(), refuse, "beetles", {}, "returned")
    assert "This picture cannot be shown 'a.png'" in Page(tmp_path / "sheet.html").text


def test_embeddings_have_no_pictures(tmp_path):
    write_sheet(tmp_path / "sheet.html", BATCH, None, "vectors", {}, "returned")
    page = Page(tmp_path / "sheet.html")
    assert page.attributes_of("img") == []
    assert "cannot be shown" not in page.text
    assert "3 samples" in page.text


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr", "I;16"])
def test_images_of_every_mode_are_shown(written, mode):
    form = "PNG" if mode in ("1", "L", "LA", "P", "RGBA", "I;16") else "JPEG"
    image = (
        Image.new("L", (9, 7), 128).convert("I;16")
        if mode == "I;16"
        else Image.new("RGB", (9, 7)).convert(mode)
    )
    (picture,) = written({"a.png": image}, batch_of_one(), format=form).pictures()
    assert (picture.mode, picture.size) == ("RGB", (9, 7))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "TIFF"])
def test_pictures_are_upright_and_small(written, form):
    # 1,600 × 1,200, of which the left half is red, taken with the camera turned: red is at the top.
    pixels = np.full((1200, 1600, 3), BLUE, dtype=np.uint8)
    pixels[:, :800] = RED
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    page = written({"a.png": Image.fromarray(pixels)}, batch_of_one(), format=form, exif=exif)
    (picture,) = page.pictures()
    assert picture.size == (384, 512)
    (image,) = page.attributes_of("img")
    assert (image["width"], image["height"]) == ("384", "512")
    for row, colour in ((100, RED), (400, BLUE)):
        assert np.abs(np.asarray(picture)[row, 200].astype(int) - colour).max() < 12


def test_nothing_else_of_a_file_goes_out(written):
    exif = Image.Exif()
    exif[ExifTags.Base.ImageDescription] = "the secret place"
    pictures = {"a.png": Image.new("RGB", (8, 8))}
    (picture,) = written(
        pictures, batch_of_one(), format="JPEG", exif=exif, comment=b"the secret place"
    ).pictures()
    assert dict(picture.getexif()) == {}
    assert "comment" not in picture.info


def test_pictures_of_a_large_batch_are_smaller(written, monkeypatch):
    monkeypatch.setattr(sheet, "MANY_PICTURES", 0)
    (picture,) = written(plain("a.png", size=(600, 300)), batch_of_one(), format="PNG").pictures()
    assert picture.size == (256, 128)


def test_the_same_batch_gives_the_same_bytes(written, tmp_path):
    written(plain("a/1.jpg"), format="PNG")
    first = (tmp_path / "sheet.html").read_bytes()
    written({})
    assert (tmp_path / "sheet.html").read_bytes() == first


def test_one_picture_is_in_memory_at_a_time(tmp_path):
    """The page is written while pictures are read: the last is asked for when the first are on disk."""
    Image.effect_noise((300, 300), 90).save(tmp_path / "a.png")
    picks = tuple(Pick(sample(number), str(number)) for number in range(60))
    on_disk = []

    def picture(source):
        on_disk.append(sum(path.stat().st_size for path in tmp_path.glob(".sheet.*")))
        return tmp_path / "a.png"

    write_sheet(tmp_path / "sheet.html", Batch("1", picks), picture, "beetles", {}, "returned")
    size = (tmp_path / "sheet.html").stat().st_size
    assert on_disk[-1] > 0.9 * size


def test_an_empty_batch_is_a_page_as_well(written):
    assert "0 pictures" in written({}, Batch("1", ())).text
