"""Two runs at once in one folder: each ends well or says why not, and neither harms the other's files."""

import os
import signal
import subprocess
import time
from contextlib import contextmanager

from workflow.conftest import EMBEDDINGS, write_embeddings
from workflow_runs import PATIENCE, Folder, wait_until

from planning.runs.lock import RUNS

#: Less of the experiment that the fixture `finished` has run; and another one, of the same rounds.
CONFIGURATION = {**EMBEDDINGS, "strategies": ["random", "base", "coreset"], "seeds": 1}
ANOTHER = {**EMBEDDINGS, "experiment": "another", "strategies": ["entropy"], "seeds": 1}

FEATURES = "results/features/embeddings_given/given/features.h5"


def new_folder(path):
    write_embeddings(path / "given.h5")
    return Folder(path, CONFIGURATION)


def command(folder, configuration):
    return folder.command(f"results/{configuration['experiment']}/curves.csv", cores=1)


def started(folder, configuration, **options):
    return subprocess.Popen(
        command(folder, configuration),
        cwd=folder.path,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        **options,
    )


def has_registered(folder, run):
    """Say whether a run has registered its files."""
    return any(entry.stat().st_size for entry in (folder.path / RUNS).glob(f"*-{run.pid}"))


@contextmanager
def active_run(folder):
    """Start the run of CONFIGURATION: it works, with its files registered, until the block ends."""
    run = started(folder, CONFIGURATION, start_new_session=True)
    try:
        wait_until(lambda: has_registered(folder, run), run)
        yield run
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGKILL)


def run_second(run, folder, configuration):
    """Run Snakemake to its end beside an active one; return its exit status and output."""
    folder.configure(configuration)
    os.killpg(run.pid, signal.SIGSTOP)  # it stays active at least until the second one has seen it
    second = started(folder, configuration)
    while second.poll() is None and not has_registered(folder, second):
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGCONT)
    printed, _ = second.communicate()
    warnings = [line for line in printed.splitlines() if line.startswith("activepool: another run is active")]
    assert len(warnings) == 1, printed
    assert f"-{run.pid}); if both write the same files, this run stops: start it again" in warnings[0]
    assert "Traceback" not in printed
    return second.returncode, printed


def check_end(run, folder, finished, strategies):
    """Check that the first run ends well, with the same files as undisturbed runs."""
    output, _ = run.communicate(timeout=PATIENCE)
    assert run.returncode == 0, output
    expected = finished.digests(
        FEATURES,
        "results/trial/splits/seed0/validation.csv",
        *(f"results/trial/{name}/seed0/**/*.*" for name in ("initial_balanced", *strategies)),
    )
    digests = {path.replace("/another/", "/trial/"): digest for path, digest in folder.results().items()}
    bits = {path: digest for path, digest in expected.items() if "/provenance/" not in path}
    assert {"results/trial/base/seed0/round02/head.h5", FEATURES} <= bits.keys()
    assert bits.items() <= digests.items()


def test_a_second_run_of_an_experiment_stops_and_the_first_ends_well(tmp_path, finished):
    folder = new_folder(tmp_path)
    with active_run(folder) as run:
        status, printed = run_second(run, folder, CONFIGURATION)
        assert status != 0
        assert f"-{run.pid}) uses results/" in printed
        check_end(run, folder, finished, CONFIGURATION["strategies"])
    assert "Nothing to be done" in folder.snakemake("results/trial/curves.csv")


def test_an_experiment_on_the_same_features_runs_beside_the_first(tmp_path, finished):
    folder = new_folder(tmp_path)
    folder.snakemake(FEATURES)
    with active_run(folder) as run:
        status, printed = run_second(run, folder, ANOTHER)
        assert status == 0, printed
        check_end(run, folder, finished, [*CONFIGURATION["strategies"], *ANOTHER["strategies"]])
