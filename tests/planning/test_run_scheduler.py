"""A run on a cluster that cannot submit its jobs stops at once, with one line."""

import threading
from types import SimpleNamespace

import pytest
from snakemake.scheduling.job_scheduler import JobScheduler

from activepool.errors import InputError
from planning.runs import scheduler
from planning.runs.scheduler import require_gpu, require_scheduler, unblock_sigterm


def workflow(executor, submit=None, states="squeue", local=False):
    settings = SimpleNamespace(submit_cmd=submit) if submit else SimpleNamespace(status_command=states)
    return SimpleNamespace(
        executor_settings=settings,
        executor_plugin=SimpleNamespace(name=executor),
        dag=SimpleNamespace(needrun_jobs=lambda: [SimpleNamespace(is_local=local)]),
    )


@pytest.fixture
def commands(tmp_path, monkeypatch):
    """commands(name=script, ...) makes these the only commands; each also notes in `asked` that it ran."""

    def make(**scripts):
        for name, script in scripts.items():
            path = tmp_path / name
            path.write_text(f'#!/bin/sh\necho {name} "$@" >> {tmp_path}/asked\n{script}\n')
            path.chmod(0o755)
        return tmp_path

    monkeypatch.setenv("PATH", str(tmp_path))
    return make


def test_sigterm_ends_a_run_at_any_moment():
    """Snakemake handles the signal between two instructions of its loop, which may hold the lock."""
    jobs = SimpleNamespace(_lock=threading.Lock(), _user_kill=None, _open_jobs=threading.Semaphore(0))
    unblock_sigterm(SimpleNamespace(scheduler=jobs))

    def loop():
        with jobs._lock:
            JobScheduler.exit_gracefully(jobs)

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    thread.join(10)
    assert jobs._user_kill == "graceful" and jobs._open_jobs.acquire(blocking=False)


SBATCH, SQUEUE = "sbatch, the command that submits the jobs", "squeue, the command that reports their states"


@pytest.mark.parametrize(
    ("there", "missing"),
    [
        (["squeue"], f"{SBATCH}, is not on this machine; start the run on a machine that has it, or"),
        (["sbatch", "sacct"], f"{SQUEUE}, is not on this machine;"),
        (
            ["sinfo"],
            f"{SBATCH}, and {SQUEUE}, are not on this machine; start the run on a machine that has them",
        ),
        ([], f"{SBATCH}, and {SQUEUE}, are not on this machine;"),
    ],
)
def test_all_missing_commands_of_slurm_are_named_in_one_line(commands, there, missing):
    commands(**dict.fromkeys(there, "exit 1"))
    with pytest.raises(InputError) as raised:
        require_scheduler(workflow("slurm"))
    assert str(raised.value).startswith(missing)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("submit", "missing"),
    [
        ("qsub -l mem={resources.mem_mb}", "qsub"),
        ("./nowhere/submit {threads}", "./nowhere/submit"),
        ("A=1 B='2 3' bsub -n {threads}", "bsub"),
    ],
)
def test_a_missing_command_of_another_scheduler_is_named(commands, submit, missing):
    with pytest.raises(
        InputError, match=f"^{missing}, the command that submits the jobs, is not on this machine"
    ):
        require_scheduler(workflow("cluster-generic", submit))


def test_a_command_that_is_there_is_accepted(commands):
    folder = commands(submit="")
    require_scheduler(workflow("cluster-generic", "submit {threads}"))
    require_scheduler(workflow("cluster-generic", f"{folder}/submit {{threads}}"))


@pytest.mark.parametrize("submit", ["cd elsewhere && qsub", "$SUBMIT -n {threads}", "'unbalanced", "X=1"])
def test_commands_that_only_the_shell_can_resolve_are_left_to_it(commands, submit):
    require_scheduler(workflow("cluster-generic", submit))


@pytest.mark.parametrize(
    "of", [workflow("slurm", local=True), workflow("local", local=True), workflow("kubernetes")]
)
def test_a_run_without_jobs_to_submit_and_one_in_pods_need_no_command(commands, of):
    require_scheduler(of)


@pytest.mark.parametrize(
    ("states", "there", "asked"),
    [
        ("squeue", ["sbatch", "squeue", "sacct"], "squeue --noheader --name activepool"),
        ("sacct", ["sbatch", "squeue", "sacct"], "sacct --allocations --noheader --name activepool"),
        ("sacct", ["sbatch", "squeue"], "squeue --noheader --name activepool"),
        (None, ["sbatch", "squeue", "sacct"], "squeue --noheader --name activepool"),
    ],
)
def test_slurm_is_asked_once_by_the_command_that_reports_states(commands, states, there, asked):
    folder = commands(**dict.fromkeys(there, ""))
    require_scheduler(workflow("slurm", states=states))
    assert (folder / "asked").read_text() == f"{asked}\n"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("printf 'squeue: error: no server\\n\\n squeue: fatal: no source\\n' >&2; exit 1",
         "squeue: error: no server; squeue: fatal: no source"),
        ("echo closed today; exit 3", "closed today"),
        ("exit 3", "exit status 3"),
    ],
)  # fmt: skip
def test_what_slurm_says_if_it_does_not_answer_is_one_line(commands, script, said):
    commands(sbatch="", squeue=script)
    with pytest.raises(InputError) as raised:
        require_scheduler(workflow("slurm"))
    words = "`squeue --noheader --name activepool`"
    assert str(raised.value) == f"Slurm does not answer on this machine; {words} said: {said}"


def test_a_slurm_that_takes_long_is_waited_for_no_longer_and_stops_no_run(commands, monkeypatch, capsys):
    monkeypatch.setattr(scheduler, "PATIENCE", 0.2)
    commands(sbatch="", squeue="read forever < /dev/zero")
    require_scheduler(workflow("slurm"))
    printed = capsys.readouterr().err
    assert printed.startswith("activepool: notice: Slurm has not answered `squeue")
    assert printed.endswith("within 0.2 seconds; the run goes on\n")


def run_of(executor, **resources_of):
    """Return a run whose jobs are of rules with these resources."""
    rules = [SimpleNamespace(name=name, resources=resources) for name, resources in resources_of.items()]
    jobs = [SimpleNamespace(rule=rule) for rule in rules]
    return SimpleNamespace(
        executor_plugin=SimpleNamespace(name=executor), dag=SimpleNamespace(needrun_jobs=lambda: jobs)
    )


JOBS = {"train": {"device": "cuda"}, "curves": {"mem_mb": 1000}, "score": {"device": "cuda"}}


def test_jobs_on_a_gpu_that_this_machine_lacks_are_refused(monkeypatch):
    monkeypatch.setattr(scheduler, "has_cuda_driver", lambda: False)
    message = r"^device: cuda:1: score, train would compute on a GPU, and CUDA finds none on this machine; "
    with pytest.raises(InputError, match=message):
        require_gpu(run_of("local", **JOBS), "cuda:1")


@pytest.mark.parametrize(
    ("executor", "device", "jobs", "has_gpu"),
    [
        ("local", "cuda", JOBS, True),
        ("local", "auto", JOBS, False),
        ("local", "cuda", {"curves": {}}, False),
        ("slurm", "cuda", JOBS, False),
    ],
)
def test_all_other_runs_may_begin(monkeypatch, executor, device, jobs, has_gpu):
    monkeypatch.setattr(scheduler, "has_cuda_driver", lambda: has_gpu)
    require_gpu(run_of(executor, **jobs), device)
