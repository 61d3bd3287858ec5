"""docs/labelling.md, run as a team with photographs and no label would run it."""

import csv
import re
import shlex
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml
from test_readme import blocks, commands, is_project
from workflow_runs import Folder

import activepool
from activepool.ledger.__main__ import main as ledger
from activepool.plugins import load_module

DOCS = Path(__file__).parents[1] / "docs"
PAGE = DOCS / "labelling.md"
TEXT = PAGE.read_text(encoding="utf-8")

#: A backbone with weights that nobody has to fetch.
BACKBONE = """
from torch import nn
from activepool.backbones.backbone import Backbone, Preprocessing

def thumbnail(image_size, channels):
    network = nn.Sequential(nn.AdaptiveAvgPool2d(8), nn.Flatten())
    return Backbone(network, 192, Preprocessing(32, 3, 32, (0.5,) * 3, (0.25,) * 3))
"""


def read(path):
    with Path(path).open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


class Team(Folder):
    """A team that follows the page, with 70 photographs and a smaller audit set."""

    def __init__(self, path):
        (path / "photos").mkdir(parents=True)
        (path / "returned").mkdir()
        (path / "mine.py").write_text(BACKBONE)
        self.truth = {}
        photograph = load_module(str(DOCS / "insects.py")).photograph
        for number in range(1, 71):
            name, picture = photograph(number)
            self.truth[f"IMG_{number:04d}.jpg"] = name
            picture.save(path / "photos" / f"IMG_{number:04d}.jpg")
        configuration = yaml.safe_load(next(block for block in blocks(PAGE) if is_project(block)))
        assert configuration["project"] == "insects"
        super().__init__(
            path, configuration | {"backbone": {"architecture": "mine.py:thumbnail"}, "audit": 22}
        )

    def run(self, *containing):
        """Run the command of the page that has these words, with this folder's configuration."""
        matches = [
            command
            for block in blocks(PAGE)
            for command in commands(block)
            if set(containing) <= set(command)
        ]
        words = matches[0]
        assert words[:2] == ["snakemake", "--snakefile"]
        drop = {"--configfile", "insects.yaml", "--snakefile", words[2], "--cores", "4", "snakemake"}
        return self.snakemake(*(word for word in words if word not in drop))

    def answer(self, batch, **others):
        """Fill in the list of a batch as the page says; others are answers by the place in the list."""
        listed = self.path / f"results/insects/batches/{batch}/list.csv"
        rows = read(listed)
        for place, row in enumerate(rows):
            row |= {"label": others.get(f"row{place}", self.truth[row["source"]]), "who": "anna"}
        with (self.path / "returned" / f"{batch}-anna.csv").open("w", newline="", encoding="utf-8") as stream:
            writer = csv.DictWriter(stream, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        return rows


@pytest.fixture(scope="module")
def team(tmp_path_factory):
    return Team(tmp_path_factory.mktemp("team"))


def test_the_first_batch_is_as_the_page_says(team):
    printed = team.run("next_batch")
    for line in (
        "activepool: accuracy: not known yet, because a model needs labels of two classes",
        "activepool: batch01: 0 of 20 samples have an answer",
        "activepool:   sheet (opens in a browser): results/insects/batches/batch01/sheet.html",
        "activepool: put what comes back into returned/, then: snakemake ",
    ):
        assert line in printed
        assert line in TEXT
    assert "maxherding" in (team.path / "results/insects/batches/batch01/list.csv").read_text()


@pytest.mark.long
def test_the_walk_of_the_page(team, monkeypatch):
    monkeypatch.chdir(team.path)
    team.run("next_batch")
    team.answer("audit01")
    rows = team.answer("batch01", row2="", row3="?", row5="not_ours")
    printed = team.run("next_batch", "go_on=true")
    assert "returned/batch01-anna.csv: 19 new answers, 1 awaited" in printed
    assert "accuracy on the audit set" in printed
    assert "batch02: 0 of 20 samples have an answer" in printed

    label = rows[0]["label"]
    correction, back = (block for block in blocks(PAGE) if block.startswith("source,correction"))
    corrections = Path("returned/corrections.csv")
    corrections.write_text(correction.replace("IMG_0338.jpg", rows[0]["source"]) + "\n")
    printed = team.run("predictions", "model")
    assert f"{rows[0]['source']!r} from {label!r} to 'beetle'" in printed
    assert "predictions: results/insects/predictions.csv, results/insects/predictions.parquet" in printed
    assert "accuracy on the audit set" in printed
    assert "batch02: 0 of 20 samples have an answer" in printed
    predictions = read("results/insects/predictions.csv")
    assert len(predictions) == 70
    assert {row["source"]: row["label"] for row in predictions}[rows[0]["source"]] == "beetle"

    model = activepool.load_model("results/insects/model.safetensors")
    model_predictions = model.predict(["photos/IMG_0001.jpg", "photos/IMG_0002.jpg"])
    by_source = {row["source"]: row["predicted"] for row in predictions}
    assert list(model_predictions.predicted) == [by_source["IMG_0001.jpg"], by_source["IMG_0002.jpg"]]

    now = datetime.now(UTC).isoformat(timespec="seconds")
    back = back.replace("IMG_0338.jpg,bee,2026-11-28T09:30:00Z", f"{rows[0]['source']},{label},{now}")
    corrections.write_text(back + "\n")
    printed = team.run("predictions")
    assert f"{rows[0]['source']!r} from 'beetle' to {label!r}" in printed
    predictions = read("results/insects/predictions.csv")
    assert {row["source"]: row["label"] for row in predictions}[rows[0]["source"]] == label

    listed = Path("results/insects/batches/batch02/list.csv").read_bytes()
    shutil.rmtree("results")
    team.run("next_batch")
    assert Path("results/insects/batches/batch02/list.csv").read_bytes() == listed

    messages = [
        shlex.split(line)[3:] for block in blocks(PAGE) for line in block.splitlines() if ".ledger " in line
    ]
    assert [ledger(arguments) for arguments in messages] == [0, 0, 0]


def test_audit_sets_of_the_page_have_the_width_that_it_names():
    section = TEXT.partition("| `audit` |")[2]
    rows = re.findall(r"(?m)^\| (\d+) \| ([\d.]+) \| ± (\d+) points", section)
    assert len(rows) == 4
    for size, width, points in rows:
        assert activepool.audit_size(width=float(width)) == int(size)
        assert round(100 * float(width) / 2) == int(points)
