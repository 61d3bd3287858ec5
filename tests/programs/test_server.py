"""Stages in forks of a server: they start, write and end as processes of their own."""

import json
import os
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from workflow_runs import wait_until

from activepool.programs.start import SERVERS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="servers are for Linux")

LIBRARY = Path(__file__).parents[2] / "workflow"

#: A run: it starts a server, says where it is, and ends with its standard input.
RUN = """
import os, sys
from activepool.programs import servers
servers.start({"PYTHONUTF8": "1"}, [servers.Kind(("probe.probe",), ("activepool.heads.lbfgs",))])
print(os.environ["ACTIVEPOOL_SERVERS"], flush=True)
sys.stdin.read()
"""

#: A stage that does what its first word says.
STAGE = """
import json, os, signal, sys, time
from pathlib import Path

class probe:
    @staticmethod
    def run(words):
        what, *others = words
        Path("number").write_text(str(os.getpid()))
        if what == "tell":
            interrupt = signal.getsignal(signal.SIGINT) is signal.default_int_handler
            threads = len(os.listdir("/proc/self/task"))
            told = {"argv": sys.argv[1:], "environment": dict(os.environ), "folder": os.getcwd()}
            told |= {"input": sys.stdin.read(), "interrupt": interrupt, "threads": threads}
            told |= {"child": signal.getsignal(signal.SIGCHLD) is signal.SIG_DFL}
            told |= {"loaded": "numpy" in sys.modules}
            print(json.dumps(told))
            print("on stderr", file=sys.stderr)
        elif what == "wait":
            time.sleep(float(others[0]))
            Path("waited").write_text("")
        elif what == "exit":
            sys.exit(int(others[0]))
        elif what == "signal":
            os.kill(os.getpid(), int(others[0]))
            time.sleep(60)
        else:
            raise ValueError(what)

if __name__ == "__main__":
    probe.run(sys.argv[1:])
"""


class Run:
    """A server and the folder in which its jobs run."""

    def __init__(self, folder: Path, process: subprocess.Popen[str], server: str) -> None:
        self.folder, self.process, self.server = folder, process, server
        self.workplace = folder

    def client(self, *words: str, **variables: str) -> subprocess.Popen[str]:
        """Start the stage in a fork, if the server takes it."""
        return subprocess.Popen(
            [sys.executable, "-m", "activepool.programs.start", "probe.probe", *words],
            cwd=self.workplace,
            env=self.environment | {SERVERS: self.server} | variables,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def environment(self) -> dict[str, str]:
        """What run and jobs have in common."""
        return os.environ | {"PYTHONPATH": f"{LIBRARY}{os.pathsep}{self.folder}", "PYTHONUTF8": "1"}

    def answer(self, *words: str, content: str = "", **variables: str) -> tuple[int, str, str]:
        """Return status, output and errors of the stage."""
        client = self.client(*words, **variables)
        output, errors = client.communicate(content, timeout=600)
        return client.returncode, output, errors

    def report(self, **variables: str) -> dict[str, object]:
        """Return what the stage has told, and whether a fork or a process of its own did so."""
        status, output, errors = self.answer("tell", content="the input", **variables)
        assert (status, errors) == (0, "on stderr\n")
        return json.loads(output)

    def job(self) -> int:
        """Wait until the stage is at work; return its process number."""
        wait_until(lambda: (self.folder / "number").exists() and (self.folder / "number").read_text())
        return int((self.folder / "number").read_text())


@contextmanager
def started(folder: Path):
    (folder / "probe").mkdir()
    (folder / "probe" / "__init__.py").touch()
    (folder / "probe" / "probe.py").write_text(STAGE)
    run = Run(folder, None, "")
    run.process = subprocess.Popen(
        [sys.executable, "-c", RUN],
        cwd=folder,
        env=run.environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    run.server = run.process.stdout.readline().strip()
    yield run
    run.process.kill()
    run.process.wait()


@pytest.fixture(scope="module")
def shared_run(tmp_path_factory):
    """A server for all tests that leave it as it is."""
    with started(tmp_path_factory.mktemp("shared")) as run:
        yield run


@pytest.fixture
def run(shared_run):
    """The server of several tests, without what an earlier one wrote."""
    shared_run.workplace = shared_run.folder
    (shared_run.folder / "number").unlink(missing_ok=True)
    return shared_run


@pytest.fixture
def own_run(tmp_path):
    """A server that the test may end."""
    with started(tmp_path) as run:
        yield run


def is_running(number):
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True


def server_number(run):
    children = Path(f"/proc/{run.process.pid}/task/{run.process.pid}/children").read_text().split()
    return int(children[0])


def test_a_fork_is_like_a_fresh_process(run):
    facts = run.report(OWN_VARIABLE="ß", OMP_NUM_THREADS="3")
    assert facts.pop("loaded")
    environment = facts.pop("environment")
    assert (environment["OWN_VARIABLE"], environment["OMP_NUM_THREADS"]) == ("ß", "3")
    assert facts == {
        "argv": ["tell"],
        "folder": str(run.folder),
        "input": "the input",
        "interrupt": True,
        "child": True,
        "threads": 1,
    }
    fresh = run.report(OWN_VARIABLE="ß", OMP_NUM_THREADS="3", **{SERVERS: ""})
    assert not fresh.pop("loaded")
    assert fresh.pop("environment") == environment | {SERVERS: ""}
    assert fresh == facts


@pytest.mark.parametrize("status", [0, 2, 137])
def test_the_status_is_that_of_the_stage(run, status):
    assert run.answer("exit", str(status)) == (status, "", "")


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGABRT])
def test_a_stage_that_a_signal_ends_ends_its_client_so(run, number):
    assert run.answer("signal", str(int(number)))[0] == -number


def test_an_error_is_printed_with_its_traceback(run):
    status, output, errors = run.answer("nonsense")
    assert (status, output) == (1, "")
    assert errors.startswith("Traceback") and errors.endswith("ValueError: nonsense\n")


def test_two_clients_at_once(run):
    slow = run.client("wait", "60")
    run.job()
    assert run.answer("exit", "3")[0] == 3
    assert slow.poll() is None
    slow.kill()
    slow.communicate()


def test_a_killed_client_ends_its_job(run):
    client = run.client("wait", "60")
    number = run.job()
    client.kill()
    client.communicate()
    wait_until(lambda: not is_running(number))
    assert run.report()["loaded"]


def test_the_job_of_a_killed_client_has_ended_when_the_next_one_begins(run):
    client = run.client("wait", "60")
    number = run.job()
    client.kill()
    client.wait()
    assert run.answer("exit", "0")[0] == 0
    assert not is_running(number)
    client.communicate()


@pytest.mark.parametrize(
    ("name", "value"),
    [("OPENBLAS_CORETYPE", "another"), ("PYTHONHASHSEED", "1"), ("LC_ALL", "C"), ("LD_LIBRARY_PATH", "lib")],
)
def test_another_environment_takes_a_process_of_its_own(run, name, value):
    assert not run.report(**{name: value})["loaded"]


def test_another_folder_takes_a_process_of_its_own(run):
    run.workplace = run.folder / "another"
    run.workplace.mkdir()
    assert not run.report()["loaded"]


def test_edited_code_takes_a_process_of_its_own(tmp_path, monkeypatch):
    library = tmp_path / "library"
    (tmp_path / "work").mkdir()
    subprocess.run(["cp", "-r", str(LIBRARY), str(library)], check=True)
    monkeypatch.setattr(sys.modules[__name__], "LIBRARY", library)
    with started(tmp_path / "work") as run:
        assert run.report()["loaded"]
        (library / "activepool" / "figures" / "panels.py").write_text("1 / 0")  # not loaded
        assert run.report()["loaded"]
        with (library / "activepool" / "heads" / "lbfgs.py").open("a") as code:
            code.write("\n")
        assert not run.report()["loaded"]


def test_without_a_server_the_stage_takes_a_process_of_its_own(run):
    for server in (str(run.folder / "none"), str(run.folder)):
        assert not run.report(**{SERVERS: server})["loaded"]


def test_a_killed_server_does_no_harm(own_run):
    client = own_run.client("wait", "1")
    first = own_run.job()
    os.kill(server_number(own_run), signal.SIGKILL)
    client.communicate(timeout=600)
    assert client.returncode == 0
    # The fork has gone on; only when it had ended did the client start over.
    assert (own_run.folder / "waited").exists()
    assert own_run.job() != first
    assert not own_run.report()["loaded"]


@pytest.mark.parametrize("kills", [False, True])
def test_the_server_ends_with_its_run(own_run, kills):
    wait_until(lambda: own_run.report()["loaded"])
    if kills:
        own_run.process.kill()
    own_run.process.stdin.close()
    own_run.process.wait()
    wait_until(lambda: not Path(own_run.server).exists())
    assert not own_run.report()["loaded"]


def test_a_job_goes_on_when_its_run_is_killed(own_run):
    client = own_run.client("wait", "1")
    own_run.job()
    own_run.process.kill()
    client.communicate(timeout=600)
    assert client.returncode == 0
    assert (own_run.folder / "waited").exists()
