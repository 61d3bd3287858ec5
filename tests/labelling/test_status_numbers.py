"""All numbers of the status page, from files and back."""

import json
import re

import pandas as pd
import pytest
from labelling.status_projects import POINTS, audited, labelled, numbers_of, unlabelled, waiting

from activepool.errors import InputError
from activepool.labelling.status.accuracies import AUDIT, CROSS_VALIDATION
from activepool.labelling.status.numbers import read_numbers, write_numbers


@pytest.mark.parametrize("point", POINTS)
def test_numbers_come_back_from_their_file(tmp_path, point):
    numbers = numbers_of(point(tmp_path))
    write_numbers(tmp_path / "status.json", numbers)
    assert read_numbers(tmp_path / "status.json") == numbers
    assert "NaN" not in (tmp_path / "status.json").read_text(encoding="utf-8")


def test_without_a_batch_there_is_no_model_and_no_accuracy(tmp_path):
    numbers = numbers_of(unlabelled(tmp_path))
    assert numbers.standing.samples == 300
    assert (numbers.accuracy, numbers.audit, numbers.series, numbers.wrong) == (None, None, None, ())


def test_the_accuracy_to_go_by_is_that_on_the_audit_set_once_it_is_known(tmp_path):
    project = labelled(tmp_path)
    assert numbers_of(project).accuracy.measured_on == CROSS_VALIDATION
    project.send("audit01", range(200, 260), "audit")
    project.say(range(200, 219), ["ant"] * 19)
    few = numbers_of(project)
    assert (few.on_audit.overall.cases, few.accuracy.measured_on) == (19, CROSS_VALIDATION)
    assert few.series.measured_on == CROSS_VALIDATION
    project.say([219], ["ant"])
    enough = numbers_of(project)
    assert (enough.on_audit.overall.cases, enough.accuracy.measured_on) == (20, AUDIT)
    assert enough.series.measured_on == AUDIT


def test_the_audit_accuracy_is_that_of_the_current_model(tmp_path):
    project = audited(tmp_path)
    numbers = numbers_of(project)
    assert numbers.on_audit.overall == numbers.series.models[-1].accuracy
    assert (numbers.audit.labelled, numbers.audit.part.accuracy.cases, numbers.audit.awaited) == (54, 54, 5)


def test_cross_validation_is_that_of_held_out(tmp_path):
    project = labelled(tmp_path)
    table = pd.read_csv(project.model_files("held_out.csv")[-1])
    overall = numbers_of(project).cross_validated.overall
    assert overall.cases == len(table)
    assert overall.hits == (table["label"] == table["predicted"]).sum()


def test_photographs_that_are_gone_do_not_count(tmp_path):
    project = labelled(tmp_path)
    before = numbers_of(project)
    project.write_files(range(250))
    after = numbers_of(project)
    assert (before.standing.samples, after.standing.samples) == (300, 250)
    assert after.standing.labels == before.standing.labels


def test_later_entries_of_the_ledger_do_not_count(tmp_path):
    project = waiting(tmp_path)
    before = numbers_of(project)
    entries = len(project.entries)
    project.say(range(5), ["ant"] * 5)
    assert numbers_of(project, entries=entries) == before
    assert numbers_of(project) != before


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("samples.csv", "row,source\n0,b\n", "not a table of a pool"),
        ("batches/batch05/held_out.h5", "index,label\n1,a\n", "not a readable HDF5 file"),
        ("batches/batch03/training.json", "{}", "not what train_labelled writes"),
    ],
)
def test_a_damaged_file_is_named(tmp_path, name, content, words):
    project = labelled(tmp_path)
    (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=f"{re.escape(str(tmp_path / name))}: .*{words}"):
        numbers_of(project)


def test_other_json_is_refused(tmp_path):
    path = tmp_path / "status.json"
    for content in ("{}", "[", json.dumps({"project": 1})):
        path.write_text(content, encoding="utf-8")
        with pytest.raises(InputError, match="not the numbers of a status page"):
            read_numbers(path)
