"""Photograph the status page of docs/labelling.md: python docs/labelling_pictures.py FOLDER.

In the new folder, a simulated team labels 400 drawings in five batches. The backbone sees thumbnails, so that
there is something left to learn. It needs chromedriver, and takes two minutes.
"""

import csv
import subprocess
import sys
from pathlib import Path

from PIL import Image

from activepool.plugins import load_module

DOCS = Path(__file__).absolute().parent

#: The browser of the tests.
browser = load_module(str(DOCS.parent / "tests" / "labelling" / "browser.py")).browser

#: How wide the pictures are, in pixels, and how high that of the beginning of the page is.
WIDTH, HEIGHT = 868, 1362

#: So many colours make a small file, and letters with smooth edges.
COLOURS = 64

#: How the section begins that the picture of the learning curve shows.
SECTION = "Is it worth going on?"

#: Returns where a section begins on the page, and how high it is.
FIND = """
const found = [...document.querySelectorAll("section")].find(one => one.innerText.startsWith(arguments[0]));
const place = found.getBoundingClientRect();
return [place.top + window.scrollY, place.height];
"""

BACKBONE = """
from torch import nn
from activepool.backbones.backbone import Backbone, Preprocessing

def thumbnail(image_size, channels):
    network = nn.Sequential(nn.AdaptiveAvgPool2d(8), nn.Flatten())
    return Backbone(network, 192, Preprocessing(32, 3, 32, (0.5,) * 3, (0.25,) * 3))
"""

PROJECT = """
project: insects
images: photos
classes: [ant, bee, beetle]
backbone: {architecture: "mine.py:thumbnail"}
batch: 20
audit: 100
"""


def main() -> None:
    """Make the project in the folder, and the two pictures in docs/figures."""
    folder = Path(sys.argv[1]).absolute()
    (folder / "returned").mkdir(parents=True)
    (folder / "mine.py").write_text(BACKBONE, encoding="utf-8")
    (folder / "insects.yaml").write_text(PROJECT, encoding="utf-8")
    subprocess.run([sys.executable, str(DOCS / "insects.py"), "photos", "400"], cwd=folder, check=True)
    label(folder)
    photograph(folder / "results/insects/status.html")


def label(folder: Path) -> None:
    """Have the audit set and five batches labelled, and the sixth sent out."""
    run(folder)
    answer(folder, "audit01", {40: "?"})
    answer(folder, "batch01", {2: "", 3: "?", 5: "not_ours"})
    run(folder, "--config", "go_on=true")
    for number in range(2, 6):
        answer(folder, f"batch{number:02d}", {})
        run(folder)


def run(folder: Path, *options: str) -> None:
    """Take in the answers, and send the next batch."""
    command = ["snakemake", "--snakefile", str(DOCS.parent / "Snakefile"), "--cores", "2", "next_batch"]
    subprocess.run(
        [sys.executable, "-m", *command, "--configfile", "insects.yaml", *options], cwd=folder, check=True
    )


def answer(folder: Path, batch: str, others: dict[int, str]) -> None:
    """Fill in the list of a batch with the truth, and with other answers in some places."""
    truth = {row["source"]: row["label"] for row in read(folder / "truth.csv")}
    rows = read(folder / f"results/insects/batches/{batch}/list.csv")
    for place, row in enumerate(rows):
        row |= {"label": others.get(place, truth[row["source"]]), "who": "anna"}
    with (folder / "returned" / f"{batch}.csv").open("w", newline="", encoding="utf-8") as stream:
        writer = csv.DictWriter(stream, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)


def read(path: Path) -> list[dict[str, str]]:
    """Return the rows of a CSV file."""
    with path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def photograph(page: Path) -> None:
    """Make a picture of the beginning of the status page, and one of the section with the learning curve."""
    status, curve = DOCS / "figures" / "labelling_status.png", DOCS / "figures" / "labelling_curve.png"
    with browser(page.parent, arguments=["--hide-scrollbars"]) as tab:
        tab.resize(WIDTH, HEIGHT)
        tab.open(page)
        tab.screenshot(status)
        top, height = tab.run(FIND, SECTION)
        tab.resize(WIDTH, round(height) + 8)
        tab.run("window.scrollTo(0, arguments[0])", top - 4)
        tab.screenshot(curve)
    for picture in (status, curve):
        Image.open(picture).convert("RGB").quantize(COLOURS).save(picture, optimize=True)


if __name__ == "__main__":
    main()
