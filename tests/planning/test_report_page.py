"""The first page of the report, as Snakemake fills it in."""

import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from docutils.core import publish_parts
from jinja2 import Environment
from labelling.browser import DRIVER, browser
from snakemake.report import Category

TEMPLATE = Path(__file__).parents[2] / "workflow/report/workflow.rst"
CONFIGURATION = {
    "experiment": "moths & <ants>",
    "dataset": {"kind": "folder", "imbalance": {"kind": "exp", "factor": 0.1}},
    "seeds": 3,
    "strategies": ["random", {"strategy": "partitioned", "of": "badge"}],
    "ceiling": True,
    "trackers": [],
}


@pytest.fixture
def files(tmp_path):
    def file(name, category, caption, content=""):
        path = tmp_path / name
        path.write_text(content)
        mime = {".png": "image/png", ".html": "text/html", ".csv": "text/csv"}[path.suffix]
        labels = {"figure": path.stem}
        return SimpleNamespace(
            path=path, target=name, mime=mime, category=Category(category), labels=labels, caption=caption
        )

    table = "<html><body><div class='table'>{}</div><p>A note.</p></body></html>"
    return [
        file("mine.png", "Of mine", "<p>My own.</p>"),
        file("final.html", "Tables", "<p>The end.</p>", table.format("final numbers")),
        file("final.csv", "Tables as CSV", "<p>The end.</p>", "a,b"),
        file("contact_sheet_a.png", "Selections", "<p>Picks.</p>"),
        file("contact_sheet_b.png", "Selections", "<p>Picks.</p>"),
        file("area.html", "Tables", "<p>Areas.</p>", table.format("areas and p-values")),
        file("learning_curves.png", "Learning curves", "<p>The curves.</p>"),
        file("difference_to_random.png", "Comparisons", "<p>Differences.</p>"),
        file("overlap.html", "Tables", "<p>Overlaps.</p>", "<body><p>Nothing to compare.</p></body>"),
        file('o\'clock "5".png', "Classes", "<p>Classes.</p>"),
    ]


def page(files):
    """The page in HTML."""
    text = Environment(trim_blocks=True, lstrip_blocks=True).from_string(TEMPLATE.read_text())
    categories = {file.category: {} for file in files}
    variables = {"snakemake": SimpleNamespace(config=CONFIGURATION), "categories": categories, "files": files}
    return publish_parts(text.render(variables), writer="html")["html_body"]


def test_first_come_the_experiment_its_curves_the_test_and_the_settings(files):
    text = page(files)
    order = [
        "moths &amp; &lt;ants&gt;",
        "learning_curves.png",
        "The curves.",
        "areas and p-values",
        "Settings",
    ]
    order += ["final numbers", "Classes.", "Picks.", "My own."]
    places = [text.index(words) for words in order]
    assert places == sorted(places)


def test_the_settings_are_those_configured(files):
    cells = dict(re.findall(r"<tr><th>(\w+)</th><td>(.*?)</td></tr>", page(files)))
    assert cells == {
        "experiment": "moths &amp; &lt;ants&gt;",
        "dataset": "kind: folder, imbalance: {kind: exp, factor: 0.1}",
        "seeds": "3",
        "strategies": "random, {strategy: partitioned, of: badge}",
        "ceiling": "true",
        "trackers": "none",
    }


def test_each_picture_comes_from_the_report_and_each_table_is_there(files):
    text = page(files)
    pictures = [file for file in files if file.mime == "image/png"]
    assert text.count("<img ") == len(pictures)
    for file in pictures:
        name = file.target.replace('"', r"\&#34;").replace("'", r"\u0027")
        assert f"results[&#34;{file.path.parent}/{name}&#34;].data_uri" in text
    assert text.count("final numbers") == 1 and "a,b" not in text


def test_each_caption_is_beside_its_picture_or_the_last_that_shares_it(files):
    text = page(files)
    assert text.count("Picks.") == 1
    assert text.index("contact_sheet_b") < text.index("Picks.")
    assert text.index("final numbers") < text.index("The end.")


def test_what_has_nothing_to_compare_is_left_out(files):
    assert "Overlaps." not in page(files)
    short_page = page([file for file in files if file.target != "difference_to_random.png"])
    assert "Is a strategy better than random?" in page(files)
    assert "whether a strategy is better" in page(files) and "whether a strategy" not in short_page
    assert "Is a strategy better than random?" not in short_page and "areas and p-values" in short_page


def test_a_report_of_a_part_has_what_is_there(files):
    text = page([file for file in files if file.target == "final.html"])
    assert "final numbers" in text and "Is a strategy better than random?" not in text


@pytest.mark.skipif(DRIVER is None, reason="needs chromedriver")
def test_on_a_narrow_screen_the_menu_stays_on_top_when_another_page_is_shown(tmp_path, files):
    report = f"""<!DOCTYPE html><meta name="viewport" content="width=device-width">
        <script>results = {{}}</script>
        <div class="h-screen" style="display: flex">
        <nav>Menu</nav><div class="h-screen">{page(files)}</div></div>"""
    (tmp_path / "report.html").write_text(report)
    with browser(tmp_path) as opened:
        opened.resize(390, 800)
        opened.open(tmp_path / "report.html")
        opened.run("document.querySelector('nav + div').innerHTML = 'a figure'")
        below = "document.querySelector('nav + div').getBoundingClientRect().top"
        assert opened.run(f"return {below} >= document.querySelector('nav').getBoundingClientRect().bottom")
