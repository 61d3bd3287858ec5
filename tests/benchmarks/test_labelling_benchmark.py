"""The benchmark of the labelling loop answers each batch, so that the next one can follow."""

import sys
from argparse import Namespace
from pathlib import Path

import yaml

sys.path.append(str(Path(__file__).parents[2] / "benchmarks"))

import labelling_loop


def test_each_run_sends_the_next_batch(tmp_path):
    arguments = Namespace(samples=400, width=4, first="maxherding", strategy="margin")
    labelling_loop.write_project(tmp_path, arguments)
    first = labelling_loop.next_batch(str(tmp_path), cores=2)
    labelling_loop.answer_all(tmp_path)
    labelling_loop.next_batch(str(tmp_path), cores=2)
    assert all(value > 0 for value in first.values())
    project = yaml.safe_load((tmp_path / labelling_loop.CONFIGURATION).read_text(encoding="utf-8"))
    batches = tmp_path / "results" / project["project"] / "batches"
    assert sorted(path.name for path in batches.iterdir()) == ["audit01", "batch01", "batch02"]
