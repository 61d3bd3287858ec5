"""The last lines of an experiment's run, and the commands that they name."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from snakemake.logging import logger
from snakemake.settings.enums import Quietness

from planning.configuration.experiment import Experiment
from planning.paths import Paths
from planning.runs.command_line import report_command, report_problem, snakemake_command
from planning.runs.ending import announce_results

PATHS = Paths(
    Experiment.model_validate(
        {
            "experiment": "trial",
            "dataset": {"kind": "embeddings", "path": "given.h5"},
            "initial": {"kind": "balanced", "size": 30},
            "budget": 10,
            "rounds": 3,
            "seeds": 2,
            "strategies": ["random", "margin"],
        }
    )
)
CURVES, AREA = "results/trial/curves.csv", "results/trial/tables/area.csv"
COMMAND = ["snakemake", "--cores", "2", "--configfile", "trial.yaml"]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def make(*paths):
    for path in map(Path, paths):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


@pytest.fixture
def ended(process_end):
    """A function that ends a run whose jobs have some outputs, and returns what is printed."""

    def end(*outputs, failure="", left=(), options=(), paths=PATHS, **workflow):
        given = {"executor_plugin": "local", "dryrun": False, "touch": False, **workflow}
        dag = SimpleNamespace(jobs=[SimpleNamespace(output=outputs)], needrun_jobs=lambda: iter(left))
        settings = SimpleNamespace(quiet=workflow.get("quiet", {Quietness.RULES}))
        run = SimpleNamespace(**given, dag=dag, output_settings=settings)
        announce_results(run, paths, [*COMMAND[1:], *options])
        if failure:
            logger.error(failure)
        return process_end()

    return end


def test_all_kinds_of_results_are_named(ended):
    make(CURVES, *PATHS.reported())
    assert ended(CURVES, *PATHS.reported()).splitlines() == [
        "",
        "activepool: figures: results/trial/figures/",
        "activepool: tables: results/trial/tables/",
        "activepool: curves: results/trial/curves.csv",
        "activepool: all of it in one page: snakemake --cores 2 --configfile trial.yaml --report report.html",
    ]


def test_the_file_of_the_leaderboard_is_named(ended):
    file = "results/trial/leaderboard.csv"
    make(CURVES, file)
    assert ended(CURVES, file).splitlines()[-1] == f"activepool: leaderboard: {file}"


@pytest.mark.parametrize(
    ("head", "rows", "chosen"),
    [
        ({"solver": "lbfgs"}, 13, "± 27 points, yet it decides the weight decay"),
        ({"solver": "sgd"}, 42, "± 15 points, yet it decides the epoch"),
        ({"solver": "lbfgs"}, 43, None),
        ({"solver": "lbfgs"}, 0, None),
        ({"solver": "lbfgs", "weight_decays": 1e-4}, 13, None),
        ({"solver": "lbfgs", "weight_decays": [1e-4]}, 13, None),
    ],
)
def test_a_choice_by_few_validation_samples_gets_a_notice(ended, head, rows, chosen):
    split = "results/trial/splits/seed0/validation.csv"
    make(split, CURVES)
    Path(split).write_text("index\n" + "".join(f"{row}\n" for row in range(rows)))
    paths = Paths(Experiment.model_validate(PATHS.experiment.model_dump(exclude_unset=True) | {"head": head}))
    printed = ended(CURVES, split, paths=paths)
    assert ("notice" in printed) == (chosen is not None)
    if chosen:
        assert f"with {rows} validation samples, accuracy is known only to about {chosen}" in printed


@pytest.mark.parametrize("report", [["--report", "r.html"], ["--report=r.html"]])
def test_a_run_that_makes_the_report_itself_names_no_command_for_it(ended, report):
    make(*PATHS.reported())
    printed = ended(*PATHS.reported(), options=[*report, "--report-after-run"])
    assert "figures: " in printed
    assert "in one page" not in printed


def test_only_what_the_targets_made_and_is_there_is_named(ended):
    make(CURVES, AREA, *PATHS.figures())
    assert ended(CURVES) == f"\nactivepool: curves: {CURVES}\n"
    assert ended(AREA, "results/trial/figures/gone.pdf") == "\nactivepool: tables: results/trial/tables/\n"
    assert ended("results/another/curves.csv") == ""


@pytest.mark.parametrize(
    "changes",
    [
        {"failure": "Error in rule curves"},
        {"left": ["a job"]},
        {"dryrun": True},
        {"touch": True},
        {"executor_plugin": None},
        {"quiet": {Quietness.ALL}},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_nothing_is_said_unless_a_run_has_ended_well(ended, changes):
    make(CURVES)
    assert ended(CURVES, **changes) == ""


def test_the_command_is_that_of_this_snakemake(monkeypatch, tmp_path):
    assert snakemake_command(["--configfile", "my trial.yaml"]) == "snakemake --configfile 'my trial.yaml'"
    program = tmp_path / "snakemake"
    make(program)
    program.chmod(0o755)
    monkeypatch.setattr(sys, "argv", [str(program)])
    assert snakemake_command(["all"]) == f"{program} all"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert snakemake_command(["all"]) == "snakemake all"


def test_options_stand_before_the_end_of_options():
    assert report_command(["--cores", "2"]).endswith("snakemake --cores 2 --report report.html")
    assert report_command(["-F", "--", "all"]).endswith("snakemake -F --report report.html -- all")


@pytest.mark.parametrize(
    "words", [["--report", "r.html"], ["--report=r.html"], ["--report"], ["figures", "--report", "r.html"]]
)
def test_a_report_before_the_end_says_what_is_missing_and_what_makes_it(words):
    targets = [word for word in words if word == "figures"]
    problem = report_problem(PATHS, [COMMAND[0], *words, *COMMAND[1:]])
    count = len(PATHS.reported())
    assert problem == (
        f"the report needs all figures and tables; {count} of {count} files are missing, such as "
        f"{PATHS.reported()[0]}; make them first: {' '.join([COMMAND[0], *targets, *COMMAND[1:]])}"
    )
    *existing, missing = PATHS.reported()
    make(*existing)
    assert f"; 1 of {count} files are missing, such as {missing};" in report_problem(
        PATHS, [*COMMAND, *words[-2:]]
    )


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--report", "r.html", "--report-after-run"],
        ["--report", "r.html", "--default-storage-provider", "s3"],
        ["--report", "r.html", "--", "results/trial/curves.csv"],
    ],
)
def test_other_commands_are_left_to_snakemake(words):
    assert report_problem(PATHS, [*COMMAND, *words]) is None


def test_a_finished_experiment_has_its_report():
    make(*PATHS.reported())
    assert report_problem(PATHS, [*COMMAND, "--report", "r.html"]) is None
