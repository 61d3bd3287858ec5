import pandas as pd
import pytest
from PIL import Image

from activepool.evaluation.costs import costs_table
from activepool.records.provenance import FileState, Record, records_below
from activepool.stages.costs import costs


def record(name, seconds, memory, path="a"):
    return Record(name, {}, {}, {}, {path: FileState("", 0, 0)}, {}, "", seconds, memory)


def test_jobs_of_a_stage_are_summed_up():
    records = [record("train", 1.0, 50), record("select", 0.5, 70), record("train", 4.0, 90)]
    records += [record("train", 2.5, 10), record("score", 0.5, 1)]
    assert costs_table(records).to_numpy().tolist() == [
        ["train", 3, 7.5, 2.5, 4.0, 90],
        ["score", 1, 0.5, 0.5, 0.5, 1],
        ["select", 1, 0.5, 0.5, 0.5, 70],
    ]


def test_the_stage_finds_records_at_any_depth(tmp_path):
    for number, path in enumerate(("x/a", "x/deep/er/b", "y/c", "z/d")):
        record("train", number + 1.0, 5, str(tmp_path / path)).write()
    assert len(list(records_below(tmp_path))) == 4
    words = ["--folders", str(tmp_path / "x"), str(tmp_path / "y")]
    for form in ("csv", "tex", "html", "pdf", "png"):
        words += [f"--{form}", str(tmp_path / f"costs.{form}")]
    costs.run(words)
    Image.open(tmp_path / "costs.png").load()
    assert (tmp_path / "costs.pdf").read_bytes().startswith(b"%PDF")
    assert (tmp_path / "costs.tex").read_text().count("train") == 1
    assert (tmp_path / "costs.html").read_text().count("train") == 1
    assert pd.read_csv(tmp_path / "costs.csv")["seconds"].tolist() == [pytest.approx(6)]
