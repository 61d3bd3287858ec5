"""The start of a run: what came back is entered before any job."""

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from project_folders import PROJECT, contents, extract, give_back, take
from project_runs import begin_run

from activepool.errors import InputError
from activepool.ledger.book import append, read
from activepool.ledger.formats.batch import Batch, Pick
from planning.project import start
from planning.project.paths import ProjectPaths
from planning.project.start import export_run, join_run, plan_run, preview_run
from planning.runs.ending import print_after_success

pytestmark = pytest.mark.usefixtures("photographs")


def test_what_came_back_is_foreseen_then_entered(capsys):
    extract(begin_run(PROJECT))
    give_back("0.png,ant,anna", "1.png,wasp,anna", "2.png,,anna")
    before = contents()
    capsys.readouterr()
    would_be = preview_run(PROJECT)
    assert contents() == before
    assert "2 answers would be new" in capsys.readouterr().err
    run = begin_run(PROJECT)
    printed = capsys.readouterr().err
    assert "2 new answers" in printed
    assert "'wasp'" in printed
    assert [(entry.source, entry.label) for entry in run.entries] == [("0.png", "ant"), ("1.png", "wasp")]
    assert [entry.opinion for entry in would_be.entries] == [entry.opinion for entry in run.entries]
    assert read("p.ledger.csv").entries == tuple(run.entries)
    assert run.has_model("batch01")


def test_one_mistake_keeps_everything_out_and_all_mistakes_are_named():
    extract(begin_run(PROJECT))
    give_back("0.png,ant,anna", name="good.csv")
    give_back("nine.png,ant,anna", "0.png,Bee,bob", "1.png,bee,bob", "1.png,ant,bob", name="bad.csv")
    for look in (preview_run, begin_run):
        with pytest.raises(InputError) as caught:
            look(PROJECT)
        lines = "\n".join(caught.value.args)
        assert "returned/bad.csv:2: 'nine.png' is not in the pool" in lines
        assert "returned/bad.csv:3: label 'Bee' is spelled almost like the class 'bee'" in lines
        assert "returned/bad.csv:5: bob says 'ant' of '1.png', but 'bee' at returned/bad.csv:4" in lines
        assert "nothing was taken in" in lines
        assert read("p.ledger.csv").entries == ()


def test_an_answer_about_a_photograph_that_arrives_with_it_is_taken():
    extract(begin_run(PROJECT))
    take("new.png", 9)
    give_back("new.png,ant,anna")
    run = begin_run(PROJECT)
    assert run.training_set("batch01").rows.tolist() == [3]


def test_a_second_start_enters_nothing_more():
    extract(begin_run(PROJECT))
    give_back("0.png,ant,anna")
    first, second = begin_run(PROJECT), begin_run(PROJECT)
    assert first.entries == second.entries
    assert len(second.entries) == 1


def test_jobs_see_the_ledger_as_it_was_when_the_run_began(monkeypatch):
    for name in (start.ENTRIES, start.SENDS):
        monkeypatch.delenv(name, raising=False)
    passed = []
    extract(begin_run(PROJECT))
    give_back("0.png,ant,anna")
    run = begin_run(PROJECT)
    export_run(SimpleNamespace(register_envvars=lambda *names: passed.extend(names)), ProjectPaths(run))
    assert (passed, os.environ[start.ENTRIES]) == ([start.ENTRIES, start.SENDS], "1")
    pick = Pick(run.pool.samples[1], "1.png")
    append("p.ledger.csv", Batch("batch01", (pick,)).sendings())
    assert join_run(PROJECT).standing.entries == run.entries
    assert join_run(PROJECT).standing.next_batch == "batch01"
    assert join_run(PROJECT).sends
    assert begin_run(PROJECT).next_batch == "batch02"
    export_run(
        SimpleNamespace(register_envvars=lambda *names: passed.extend(names)), ProjectPaths(run, sends=False)
    )
    assert join_run(PROJECT).files_to_send() == []


def test_two_runs_at_once_are_refused(monkeypatch):
    monkeypatch.setattr(start, "active_runs", lambda: ["17 on here"])
    with pytest.raises(SystemExit, match=r"another run is active in this folder \(17 on here\)"):
        begin_run(PROJECT)
    assert not Path("results").exists()


def test_a_failed_first_run_leaves_no_ledger():
    give_back("0.png,ant,anna", "nine.png,bee,anna")
    for _ in range(2):
        with pytest.raises(InputError, match="nothing was taken in"):
            begin_run(PROJECT)
        assert not list(Path().glob("p.ledger.csv*"))


def test_nothing_is_entered_by_a_run_that_cannot_do_what_it_is_asked_for():
    def refuse(standing):
        assert [entry.source for entry in standing.entries] == ["0.png"]
        raise InputError("too large")

    give_back("0.png,ant,anna")
    for start_run in (begin_run, preview_run):
        with pytest.raises(InputError, match="too large"):
            start_run(PROJECT, refuse)
        assert not list(Path().glob("p.ledger.csv*"))


def test_classes_that_are_not_given_are_named_if_no_others_may_come(capsys):
    give_back("0.png,ant,ann", "1.png,fly,ann")
    begin_run(PROJECT)
    assert "not in classes" not in capsys.readouterr().err
    for start_run in (begin_run, preview_run, begin_run):
        start_run(PROJECT.model_copy(update={"new_classes": False}))
        notice = "p.ledger.csv has labels of classes that are not in classes: fly (1); they"
        assert notice in capsys.readouterr().err


def test_it_says_what_was_put_back_into_the_ledger(capsys):
    give_back("0.png,ant,ann", "1.png,bee,ann")
    begin_run(PROJECT)
    ledger = Path(PROJECT.ledger_path)
    whole = ledger.read_bytes()
    ledger.write_bytes(whole[: whole.rindex(b"\n", 0, -1) + 1])
    capsys.readouterr()
    begin_run(PROJECT)
    assert "notice: p.ledger.csv: entry 2 was" in capsys.readouterr().err
    assert ledger.read_bytes() == whole


def test_planning_a_run_enters_nothing():
    extract(begin_run(PROJECT))
    give_back("1.png,ant,anna")
    before = Path("p.ledger.csv").read_bytes()
    run = plan_run(PROJECT)
    assert Path("p.ledger.csv").read_bytes() == before
    assert [entry.label for entry in run.standing.entries] == ["ant"]
    run.enter()
    assert read("p.ledger.csv").entries == tuple(run.standing.entries)


@contextmanager
def stopping(heading):
    try:
        yield
    except InputError as error:
        sys.exit(f"{heading}: {error}")


def test_what_came_back_is_entered_when_the_jobs_are_known(process_end):
    extract(begin_run(PROJECT))
    give_back("1.png,ant,anna")
    known = []
    workflow = SimpleNamespace(_build_dag=lambda: known.append(read("p.ledger.csv").entries))
    plan_run(PROJECT).enter_before_jobs(workflow, stopping)
    workflow._build_dag()
    assert known == [()]
    assert [entry.label for entry in read("p.ledger.csv").entries] == ["ant"]


def test_a_mistake_then_is_the_last_line_of_the_run(process_end):
    extract(begin_run(PROJECT))
    give_back("1.png,ant,anna")
    late, first = plan_run(PROJECT), plan_run(PROJECT)
    first.enter()
    workflow = SimpleNamespace(_build_dag=lambda: None)
    late.enter_before_jobs(workflow, stopping)
    print_after_success(lambda: ["the batch went out"])
    with pytest.raises(SystemExit, match=r"^nothing was done: p\.ledger\.csv: another program changed it"):
        workflow._build_dag()
    assert process_end() == ""


def test_a_ledger_that_grows_while_a_run_is_planned_gets_nothing_from_it():
    extract(begin_run(PROJECT))
    give_back("1.png,ant,anna")
    first, second = plan_run(PROJECT), plan_run(PROJECT)
    second.enter()
    before = contents()
    with pytest.raises(
        InputError, match=r"p\.ledger\.csv: another program changed it in the meantime; run again"
    ):
        first.enter()
    assert contents() == before
    assert begin_run(PROJECT).entries == second.standing.entries
