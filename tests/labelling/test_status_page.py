"""The status page: one file that says all numbers, whatever people call their classes and files."""

import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest
from browser import DRIVER, browser
from labelling.labelled_projects import small_pool
from labelling.status_projects import (
    ODD,
    POINTS,
    audited,
    first_batch,
    labelled,
    numbers_of,
    unlabelled,
    waiting,
)
from PIL import Image

from activepool.evaluation.power_law import Estimate, LearningCurveFit
from activepool.labelling.models.named_head import read_facts, write_facts
from activepool.labelling.status.learning_curve import learning_curve_svg
from activepool.labelling.status.page import write_page
from activepool.labelling.status.text import interval_text, next_steps, share_text

#: Elements that have no end.
VOID = ("br", "img", "meta", "wbr", "circle", "line", "polyline")


class Page(HTMLParser):
    """The text of a page, its elements and what they refer to; elements must be nested."""

    def __init__(self, path):
        super().__init__()
        self.parts, self.addresses, self.open, self.names = [], [], [], []
        self.feed(path.read_text(encoding="utf-8"))
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.names.append(tag)
        self.addresses += [value for name, value in attributes if name in ("src", "href")]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.names.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag in ("dt", "dd", "td", "th"):
            self.parts.append(" ")

    def handle_data(self, data):
        if "style" not in self.open:
            self.parts.append(data)

    @property
    def text(self):
        return " ".join("".join(self.parts).split())


def page_of(folder, project, image=None, **options):
    numbers = numbers_of(project)
    for batch in numbers.standing.batches:
        (folder / "batches" / batch.name).mkdir(parents=True, exist_ok=True)
        (folder / "batches" / batch.name / "sheet.html").touch()
    write_page(folder / "status.html", numbers, image)
    return Page(folder / "status.html"), numbers


@pytest.mark.parametrize("point", POINTS)
def test_the_page_has_the_numbers_and_loads_nothing(tmp_path, point):
    page, numbers = page_of(tmp_path, point(tmp_path))
    for step in next_steps(numbers):
        assert " ".join(step[1:].split()) in page.text
    for class_row in numbers.standing.classes:
        assert class_row.name in page.text
    for batch in numbers.standing.batches:
        assert f"{batch.name} " in page.text and batch.strategy in page.text
    for row in numbers.series.models if numbers.series else ():
        share = row.accuracy
        assert f"{row.batch} {row.labels} {100 * share.value:.0f} % ({interval_text(share)})" in page.text
    assert all(address.startswith(("batches/", "data:")) for address in page.addresses)
    assert {"script", "link"} & set(page.names) == set()


def test_without_a_label_the_page_says_that_nothing_is_known(tmp_path):
    page, _ = page_of(tmp_path, unlabelled(tmp_path))
    assert "Nothing can be said yet, because a model needs labels of two classes." in page.text
    assert "There is no model yet" in page.text
    assert "svg" not in page.names


def test_the_page_leads_to_what_is_awaited(tmp_path):
    page, _ = page_of(tmp_path, first_batch(tmp_path))
    assert {"batches/batch01/sheet.html", "batches/batch01/list.csv", "batches/batch01/"} <= {*page.addresses}


def test_the_page_links_to_no_sheet_that_is_gone(tmp_path):
    project = labelled(tmp_path)
    page_of(tmp_path, project)
    (tmp_path / "batches/batch02/sheet.html").unlink()
    write_page(tmp_path / "status.html", numbers_of(project), None)
    addresses = set(Page(tmp_path / "status.html").addresses)
    assert "batches/batch02/sheet.html" not in addresses
    assert {"batches/batch01/sheet.html", "batches/batch03/sheet.html"} <= addresses


def test_labels_without_their_photographs_are_named(tmp_path):
    project = labelled(tmp_path)
    labels = numbers_of(project).standing.labels
    table = (tmp_path / "samples.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    last = project.sources.index("299.jpg")
    project.say([last], ["ant"])
    (tmp_path / "samples.csv").write_text("".join(table[:-1]), encoding="utf-8")
    page, _ = page_of(tmp_path, project)
    assert f"Labels {labels}to train on; 1 more cannot be used" in page.text
    assert (
        "1 label cannot be used: its photograph and features are gone; put it back, or do without"
        in page.text
    )
    assert "1 more came since" not in page.text


def test_photographs_that_are_left_out_are_counted(tmp_path):
    project = labelled(tmp_path)
    page, _ = page_of(tmp_path, project)
    assert "left out" not in page.text
    with (tmp_path / "files.csv").open("a") as stream:
        stream.write(f"bad.jpg,,0,0,cut\ntwin.jpg,{project.entries[0].sample},1,1,\n")
    page, _ = page_of(tmp_path, project)
    assert "Photographs 300in the pool; 1 unreadable left out; 1 duplicate left out" in page.text


def test_advice_for_the_audit_set_counts_what_is_out(tmp_path):
    project = labelled(tmp_path)
    project.send("audit01", range(200, 260), "audit")
    page, _ = page_of(tmp_path, project)
    assert (
        "Another part with 93 labels (audit: 153) would have an accuracy of its own, with an interval of at "
        "most ±10 points, but only for what has not gone out by then."
    ) in page.text
    assert "After the +" not in page.text and "may be harder than the rest" not in page.text


def test_who_disagrees_and_twins_are_named(tmp_path):
    page, numbers = page_of(tmp_path, labelled(tmp_path))
    assert len(numbers.standing.disputed) == 2
    for sample in numbers.standing.disputed:
        assert sample.source in page.text
        assert ", ".join(f"{opinion.who} says {opinion.says}" for opinion in sample.opinions) in page.text
    assert "Ant spelled almost like ant" in page.text
    assert "onclick" not in (tmp_path / "status.html").read_text().replace("&lt;b onclick", "")
    assert ODD in page.text


def test_cross_validation_is_not_passed_off_as_the_accuracy_on_the_pool(tmp_path):
    page, numbers = page_of(tmp_path, labelled(tmp_path))
    share = numbers.cross_validated.overall
    assert "Cross-validated accuracy on the labelled photographs themselves" in page.text
    assert f"{share.hits} of {share.cases} right" in page.text
    assert "this can be too low or too high for the pool" in page.text
    assert "Accuracy on the audit set" not in page.text


def test_labels_that_the_current_model_does_not_know_are_counted(tmp_path):
    project = labelled(tmp_path)
    page, numbers = page_of(tmp_path, project)
    trained = numbers.series.models[-1].labels
    assert f"The current model is that for batch05, trained on {trained} labels." in page.text
    project.say([290, 291], ["ant", "ant"])
    page, _ = page_of(tmp_path, project)
    assert f"trained on {trained} labels; 2 more came since." in page.text


def test_a_weight_decay_that_was_not_chosen_is_named_with_its_reason(tmp_path):
    project = labelled(tmp_path)
    page, numbers = page_of(tmp_path, project)
    reason = numbers.series.models[-1].fixed
    assert reason == json.loads(Path(project.model_files("training.json")[-1]).read_text())["fixed"]
    assert f"not chosen by cross-validation but 0.0001, a fixed rule, because {reason}." in page.text
    last = replace(numbers.series.models[-1], fixed=None)
    chosen = replace(numbers, series=replace(numbers.series, models=(*numbers.series.models[:-1], last)))
    write_page(tmp_path / "status.html", chosen, None)
    assert "a fixed rule" not in Page(tmp_path / "status.html").text


def test_probabilities_that_are_not_calibrated_are_named_once(tmp_path):
    project = first_batch(tmp_path)
    page, _ = page_of(tmp_path, project)
    training = project.model_files("training.json")[-1]
    facts = read_facts(training)
    words = "Its probabilities are not calibrated, and may be much too high or too low"
    assert facts.uncalibrated and f"{words} ({facts.uncalibrated})." in page.text
    assert page.text.count("not calibrated") == 1
    write_facts(training, replace(facts, uncalibrated=None))
    page, _ = page_of(tmp_path, project)
    assert "calibrated" not in page.text


def test_an_audit_set_says_what_it_is_a_sample_of(tmp_path):
    page, numbers = page_of(tmp_path, audited(tmp_path))
    share = numbers.on_audit.overall
    assert f"Accuracy on the audit set: {share.hits} of {share.cases} right" in page.text
    assert "54 of 60 photographs have a label; 5 are awaited; 1 cannot count" in page.text
    assert "after 120 photographs had gone out or had been labelled" in page.text
    assert "Cross-validated accuracy on the labelled" not in page.text
    plan = numbers.audit.plans[0]
    assert (
        f"Another part with {plan.labels} labels (audit: {60 + plan.labels}) would have an accuracy of its "
        f"own, with an interval of about ±{50 * plan.width:g} points, if the accuracy stays as it is, but "
        "only for what has not gone out by then."
    ) in page.text
    assert "The audit set says nothing of photographs that joined the pool after it was drawn" in page.text
    assert "After the +: labels of the audit set" in page.text
    assert "Those without a label may be harder than the rest; the accuracy does not count them" in page.text
    assert "Those of the audit set are not among them" in page.text
    for row in numbers.on_audit.classes:
        assert f"{row.share.hits} of {row.share.cases}" in page.text


def test_before_the_first_answer_the_page_says_nothing_of_what_answers_mean(tmp_path):
    project = waiting(tmp_path)
    page, _ = page_of(tmp_path, project)
    assert "audit set are not among them" not in page.text
    project.send("audit01", range(200, 260), "audit")
    page, _ = page_of(tmp_path, project)
    assert "0 of 60 photographs have a label; 60 are awaited" in page.text
    for words in ("joined the pool", "an accuracy of its own", "After the +", "may be harder"):
        assert words not in page.text
    assert "There is no model yet: it takes labels of two classes." in page.text
    project.say([0, 1], ["ant", "bee"])
    page, _ = page_of(tmp_path, project)
    assert "There is no model yet." in page.text
    for words in ("joined the pool", "an accuracy of its own"):
        assert words in page.text


def test_parts_of_an_audit_set_are_not_added_up(tmp_path):
    project = audited(tmp_path)
    project.send("audit02", range(260, 285), "audit")
    project.say(range(260, 285), small_pool(300).classes[260:285], batch="audit02")
    page, numbers = page_of(tmp_path, project)
    first, second = (draw.accuracy for draw in numbers.audit.draws)
    assert f"Accuracy on audit01: {first.hits} of {first.cases} right" in page.text
    assert f"Accuracy on audit02: {share_text(second)}, {second.hits} of 25 right" in page.text
    assert "on audit01, " in page.text and "Error of each batch’s model on audit01" in page.text
    assert "It is a sample of other photographs, of what was left when it was drawn" in page.text


def test_a_curve_that_tells_nothing_yet_has_no_numbers_and_no_extrapolation(tmp_path):
    numbers = numbers_of(audited(tmp_path))
    some = Estimate(0.5, 0.4, 0.6)
    for high, is_told in [(0.19, True), (0.3, False)]:
        asymptote = Estimate(0.15, 0.1, high)
        fit = LearningCurveFit(None, asymptote, some, some, {0.95: Estimate(999.0, 900.0, 1100.0)})
        write_page(
            tmp_path / "status.html",
            replace(numbers, series=replace(numbers.series, fit=fit)),
            None,
        )
        text = Page(tmp_path / "status.html").text
        assert ("with a ceiling of 85 % accuracy (95 % interval 81 to 90 %)" in text) == is_told
        assert ("would take" in text) == is_told
        assert ("dashed where there are no data" in text) == is_told
        assert ('class="fit beyond"' in (tmp_path / "status.html").read_text(encoding="utf-8")) == is_told
        assert ("This is not known yet, because the 95 % interval of the fit's ceiling" in text) == (
            not is_told
        )


def test_one_photograph_of_the_audit_set_is_awaited_or_was_removed(tmp_path):
    project = audited(tmp_path)
    project.say(range(255, 259), ["ant"] * 4, batch="audit01")
    page, _ = page_of(tmp_path, project)
    assert "have a label; 1 is awaited; 1 cannot count" in page.text
    project.write_files(range(259))
    page, _ = page_of(tmp_path, project)
    assert "have a label; 0 are awaited; 1 was removed; 1 cannot count" in page.text


def test_the_most_confidently_wrong_have_pictures_where_they_can_be_read(tmp_path):
    project = audited(tmp_path)
    numbers = numbers_of(project)
    readable = numbers.wrong[0].source
    Image.new("RGB", (900, 600), (200, 30, 30)).save(tmp_path / "red.jpg")
    (tmp_path / "broken.jpg").write_bytes(b"no picture")

    def image(source):
        return tmp_path / ("red.jpg" if source == readable else "broken.jpg")

    page, _ = page_of(tmp_path, project, image)
    pictures = [address for address in page.addresses if address.startswith("data:image/jpeg")]
    assert (len(pictures), page.text.count("no picture")) == (1, len(numbers.wrong) - 1)
    for error in numbers.wrong:
        assert (
            f"label {error.label} predicted {error.predicted}, {100 * error.probability:.0f} %" in page.text
        )


def test_the_figure_has_a_dot_with_its_interval_for_each_model(tmp_path):
    numbers = numbers_of(audited(tmp_path))
    figure = learning_curve_svg(numbers.series)
    dots = re.findall(r'<circle cx="([\d.]+)" cy="([\d.]+)"', figure)
    assert len(dots) == len(numbers.series.models) == 4
    places = [float(x) for x, _ in dots]
    labels = [row.labels for row in numbers.series.models]
    steps = [(places[i + 1] - places[i]) / (labels[i + 1] - labels[i]) for i in range(3)]
    assert steps == pytest.approx([steps[0]] * 3, rel=0.02)  # to scale
    heights = [float(y) for _, y in dots]
    errors = [1 - row.accuracy.value for row in numbers.series.models]
    assert [heights.index(y) for y in sorted(heights, reverse=True)] == [
        errors.index(error) for error in sorted(errors)
    ]
    for row in numbers.series.models:
        assert f"{row.labels} labels: error {100 * (1 - row.accuracy.value):.1f} %" in figure


@pytest.mark.skipif(DRIVER is None, reason="needs chromedriver and Chromium")
def test_nothing_is_wider_than_the_window(tmp_path):
    with browser(tmp_path / "browser") as opened:
        for point in (unlabelled, audited):
            page_of(tmp_path / point.__name__, point(tmp_path / point.__name__))
            opened.open(tmp_path / point.__name__ / "status.html")
            for width in (1280, 390):
                opened.resize(width, 900)
                assert opened.run("return document.documentElement.scrollWidth") <= width
