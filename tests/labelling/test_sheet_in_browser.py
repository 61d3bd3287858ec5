"""People label in the sheet: Chromium opens it, and the file that it saves is read as a label file."""

import time

import pytest
from browser import DRIVER, browser
from ledger.ledgers import sample
from ledger.reading import read
from PIL import Image

from activepool.labelling.batches.sheet import write_sheet
from activepool.labelling.returned.intake import read_returned
from activepool.ledger import book as ledger
from activepool.ledger.formats import csv_file
from activepool.ledger.formats.annotators import name_problem
from activepool.ledger.formats.answers import ClassNames
from activepool.ledger.formats.batch import Batch, Pick
from activepool.ledger.pool_samples import PoolSamples
from activepool.ledger.state import state_of

pytestmark = pytest.mark.skipif(DRIVER is None, reason="needs chromedriver and Chromium")

ODD = "</script><b>\"Käfer', & Co.jpg"
SOURCES = ("a/1.jpg", ODD, "c.jpg", "d.jpg", "e.jpg", "f.jpg", "g.jpg", "h.jpg")
CLASSES = ("ant", 'wasp, "yellow"', "Käfer")
POOL = PoolSamples([sample(source) for source in SOURCES], list(SOURCES))

#: The picture that keys act on.
FOCUSED = "return document.activeElement.closest('article')?.id"


def batch(classes=CLASSES):
    picks = [
        Pick(sample(source), source, number, classes[0] if classes else "", 0.5, 0.25, 'near "a", b')
        for number, source in enumerate(SOURCES)
    ]
    return Batch("batch02", tuple(picks), tuple(classes))


@pytest.fixture(scope="module")
def shared_browser(tmp_path_factory):
    with browser(tmp_path_factory.mktemp("browser")) as opened:
        opened.resize(1280, 900)
        yield opened


@pytest.fixture
def opened(shared_browser, tmp_path):
    """Return a function that opens the sheet of a batch, without answers from before."""
    Image.new("RGB", (40, 30), (200, 0, 0)).save(tmp_path / "red.png")

    def open_sheet(*classes, near=None, removed=()):
        shared_browser.sent = batch(classes)
        page = tmp_path / "sheet.html"
        picture = tmp_path / "red.png"
        write_sheet(
            page,
            shared_browser.sent,
            lambda source: picture,
            tmp_path.name,
            near or {},
            "returned",
            {sample(source) for source in removed},
        )
        shared_browser.open(page)
        return shared_browser

    yield open_sheet
    for path in shared_browser.folder.glob("*.csv"):
        path.unlink()


def saved(page):
    page.click("#save")
    return page.downloaded("batch02-*.csv")


def answers(page, classes=CLASSES):
    """Save, and return what the file says of each source: who, and the label or the event."""
    answers_read = read("csv", saved(page), POOL, ClassNames(classes))
    assert answers_read.mistakes == ()
    assert {draft.batch for draft in answers_read.drafts} == {"batch02"}
    return {draft.source: (draft.who, draft.label or f":{draft.event}") for draft in answers_read.drafts}


def count(page):
    return page.run("return document.getElementById('count').textContent")


def message(page):
    return page.run("return document.getElementById('message').textContent")


def problem(page, card):
    return page.run("return document.querySelector(arguments[0] + ' .controls .problem').textContent", card)


def test_three_pictures_labelled_with_the_mouse(opened):
    page = opened(*CLASSES)
    page.type("#who", "Anna Müller")
    page.click("#p1 .classes button:nth-child(2)")
    page.type("#p2 .other", 'new, "Art"\ue007')
    page.click("#p3 [data-label=not_ours]")
    page.type("#p3 .note", 'a "mite", not a beetle')
    assert count(page) == "3 of 8"
    assert answers(page) == {
        "a/1.jpg": ("Anna Müller", 'wasp, "yellow"'),
        ODD: ("Anna Müller", 'new, "Art"'),
        "c.jpg": ("Anna Müller", ":not_ours"),
    }
    file = page.folder / "batch02-Anna-Müller.csv"
    (noted,) = [draft for draft in read("csv", file, POOL).drafts if draft.note]
    assert (noted.source, noted.note) == ("c.jpg", 'a "mite", not a beetle')


def test_the_file_is_the_list_of_the_batch_to_the_byte(opened, tmp_path):
    page = opened(*CLASSES)
    page.type("#who", "Anna")
    csv_file.write(tmp_path / "list.csv", page.sent)
    assert saved(page).read_bytes() == (tmp_path / "list.csv").read_bytes()


def test_labelling_by_keyboard(opened):
    page = opened(*CLASSES)
    page.type("#who", "Ben")
    page.run("document.activeElement.blur()")
    page.press("Right", "1", "3", "t", "s", "x")
    assert page.run(FOCUSED) == "p6"
    page.press("Left", "Left", "2", "Left", "Backspace", "Enter", *"moth", "Enter")
    assert page.run(FOCUSED) == "p6"
    page.press("n", "n", "n")
    assert page.run(FOCUSED) == "p6"
    assert answers(page) == {
        "a/1.jpg": ("Ben", "ant"),
        ODD: ("Ben", "Käfer"),
        "c.jpg": ("Ben", ":cannot_tell"),
        "d.jpg": ("Ben", CLASSES[1]),
        "e.jpg": ("Ben", "moth"),
    }


def test_the_link_to_a_similar_picture_goes_there(opened):
    page = opened(*CLASSES, near={sample("a/1.jpg"): (sample("h.jpg"),)})
    page.click("#p1 dd a")
    assert page.run(FOCUSED) == "p8"
    page.press("s")
    assert page.run(FOCUSED) == "p1"


def test_the_last_answer_asks_for_the_file(opened):
    page = opened(*CLASSES)
    page.click("#p1 .classes button")
    page.press(*"n2222222")
    assert message(page) == "That was the last one: save your answers."


def test_pictures_that_were_removed_need_no_answer(opened):
    page = opened(*CLASSES, removed=[ODD, "h.jpg"])
    page.type("#who", "Anna")
    page.click("#p1 .classes button")
    page.click("#next")
    assert page.run(FOCUSED) == "p3"
    page.press(*"22222")
    assert message(page) == "That was the last one: save your answers."
    assert count(page) == "6 of 8"
    assert set(answers(page)) == set(SOURCES) - {ODD, "h.jpg"}


def test_a_larger_picture_stays_larger_on_the_way(opened):
    page = opened(*CLASSES)
    page.click("#p1 img")
    page.press("Right", "1", "z", "Right")
    assert page.run("return [...document.querySelectorAll('.large')].map(one => one.id)") == []
    page.press("z")
    assert page.run("return [...document.querySelectorAll('.large')].map(one => one.id)") == ["p4"]


def test_arrows_go_from_row_to_row(opened):
    page = opened(*CLASSES)
    page.click("#p1 [data-label=skip]")
    page.press("Down")
    assert page.run(FOCUSED) == "p4"
    page.press("Up", "Up")
    assert page.run(FOCUSED) == "p1"


def test_the_first_batch_has_no_classes_and_gets_buttons_as_they_are_typed(opened):
    page = opened()
    page.type("#who", "Anna")
    page.type("#p1 .other", "ant\ue007")
    page.type("#p2 .other", "Bee\ue007")
    assert message(page) == "“Bee” is a new class. "
    page.press("1")
    page.type("#p4 .other", "  bee \ue007")
    assert message(page) == ""
    labels = "return [...document.querySelectorAll('#p8 .classes button')].map(one => one.textContent)"
    assert page.run(labels) == ["ant", "Bee"]
    assert answers(page, ()) == {
        "a/1.jpg": ("Anna", "ant"),
        ODD: ("Anna", "Bee"),
        "c.jpg": ("Anna", "ant"),
        "d.jpg": ("Anna", "Bee"),
    }
    page.click("#p2 .classes [data-label=ant]")
    page.click("#p4 .classes [data-label=ant]")
    assert page.run(labels) == ["ant"]


def test_of_many_classes_the_names_are_typed(opened):
    classes = tuple(f"species {number}" for number in range(30))
    page = opened(*classes)
    page.type("#who", "Anna")
    assert page.run("return document.querySelectorAll('#p1 .classes button').length") == 0
    assert page.run("return document.querySelectorAll('#classes option').length") == 30
    page.type("#p1 .other", "species 7\ue007")
    page.press(*"Species 12", "Enter", *"skip", "Enter")
    assert page.run(FOCUSED) == "p4"
    assert answers(page, classes) == {
        "a/1.jpg": ("Anna", "species 7"),
        ODD: ("Anna", "species 12"),
        "c.jpg": ("Anna", ":skip"),
    }


@pytest.mark.parametrize("name", ["constructor", "__proto__", "Straße", "<b>"])
def test_a_class_may_have_any_name(opened, name):
    page = opened(*CLASSES)
    page.type("#who", "Anna")
    page.type("#p1 .other", f"{name}\ue007")
    page.press("4")
    assert answers(page) == {"a/1.jpg": ("Anna", name), ODD: ("Anna", name)}


@pytest.mark.parametrize(
    ("typed", "reply"),
    [
        ("n/a", "reads like no answer"),
        ("3", "is a number: type the name of the class"),
        ("a;b", "is a list of several names"),
    ],
)
def test_what_the_ledger_would_refuse_is_refused_at_once(opened, typed, reply):
    page = opened(*CLASSES)
    page.type("#who", "Anna")
    page.type("#p1 .other", typed)
    page.click("#save")
    assert reply in problem(page, "#p1")
    assert page.run(FOCUSED) == "p1"
    assert list(page.folder.glob("*.csv")) == []
    page.click("#p1 .classes button")
    assert problem(page, "#p1") == ""
    assert answers(page) == {"a/1.jpg": ("Anna", "ant")}


def test_answers_survive_a_reload(opened):
    page = opened(*CLASSES)
    page.type("#who", "Anna")
    page.click("#p1 .classes button:nth-child(3)")
    page.type("#p2 .other", "moth\ue007")
    page.type("#p2 .note", "blurred\ue007")
    opened(*CLASSES)
    fields = page.run("return ['#who', '#p2 .note'].map(css => document.querySelector(css).value)")
    assert fields == ["Anna", "blurred"]
    assert answers(page) == {"a/1.jpg": ("Anna", "Käfer"), ODD: ("Anna", "moth")}
    page.click("#clear")
    page.accept()
    opened(*CLASSES)
    assert count(page) == "0 of 8"


def test_a_name_is_asked_for(opened):
    page = opened(*CLASSES)
    page.click("#p1 .classes button")
    page.click("#save")
    assert message(page) == "First write your name."
    page.press(*"Ben")
    assert answers(page) == {"a/1.jpg": ("Ben", "ant")}


@pytest.mark.parametrize(
    ("name", "said"),
    [("=1+1", "A name cannot begin with =, +, - or @."), ("?!", "A name needs a letter or a digit.")],
)
def test_a_name_that_would_not_be_taken_in_is_not_saved(opened, name, said):
    assert name_problem(name)
    page = opened(*CLASSES)
    page.click("#p1 .classes button")
    page.type("#who", name)
    page.click("#save")
    assert message(page) == said


def test_a_second_click_takes_an_answer_back(opened):
    page = opened(*CLASSES)
    page.type("#who", "Anna")
    page.click("#p2 .classes button")
    page.click("#p1 .classes button")
    page.click("#p1 .classes button")
    assert answers(page) == {ODD: ("Anna", "ant")}


def test_a_browser_that_keeps_nothing_says_so_and_works(tmp_path):
    blocked = {"profile.default_content_setting_values.cookies": 2}
    Image.new("RGB", (40, 30)).save(tmp_path / "black.png")
    write_sheet(
        tmp_path / "sheet.html", batch(), lambda source: tmp_path / "black.png", "beetles", {}, "returned"
    )
    with browser(tmp_path, preferences=blocked) as page:
        page.open(tmp_path / "sheet.html")
        assert "keeps nothing" in page.run("return document.getElementById('kept').textContent")
        page.type("#who", "Anna")
        page.click("#p1 .classes button")
        assert answers(page) == {"a/1.jpg": ("Anna", "ant")}


def test_nothing_is_loaded_and_nothing_fails(opened):
    page = opened(*CLASSES)
    assert page.run("return performance.getEntriesByType('resource').map(one => one.name)") == []
    assert page.run("return [...document.images].every(one => one.naturalWidth === 40)") is True


def test_every_field_has_a_label(opened):
    page = opened(*CLASSES)
    assert (
        page.run(
            "return [...document.querySelectorAll('input, progress')].every(one => one.labels.length === 1)"
        )
        is True
    )


@pytest.mark.parametrize("width", [1280, 390])
def test_a_page_is_no_wider_than_the_window(opened, width):
    page = opened(
        *CLASSES, "a very long name of a class that has no place on a telephone at all, whatever one does"
    )
    page.resize(width, 800)
    try:
        assert page.run("return document.documentElement.scrollWidth <= innerWidth") is True
    finally:
        page.resize(1280, 900)


def test_of_two_saved_files_the_later_answer_counts(opened, tmp_path):
    page = opened(*CLASSES)
    page.type("#who", "Anna")
    for place, label in ((1, CLASSES[0]), (2, CLASSES[1])):
        page.click(f"#p1 .classes button:nth-child({place})")
        (draft,) = read("csv", file := saved(page), POOL, ClassNames(CLASSES)).drafts
        assert draft.label == label
        (tmp_path / "returned").mkdir(exist_ok=True)
        file.rename(tmp_path / f"returned/{3 - place}.csv")  # the later file comes first by its name
        time.sleep(1.1)
    folder, path = tmp_path / "returned", tmp_path / "ledger"
    read_returned(folder, path, [], POOL, CLASSES, True, tmp_path / "cache").enter()
    state = state_of(ledger.read(tmp_path / "ledger").entries)
    assert state.samples[draft.sample].label == CLASSES[1]
