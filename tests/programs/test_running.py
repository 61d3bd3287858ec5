"""A stage as a program: its record, its log, its processes, and a line for each mistake of its user."""

import errno
import os
import subprocess
import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from threadpoolctl import threadpool_info

from activepool.errors import InputError, SelectionWarning
from activepool.plugins import load_module
from activepool.programs.stage import Input, Output, stage
from activepool.records.planned_code import PLANNED
from activepool.records.process_locks import JOBS_FOLDER
from activepool.records.provenance import Record, record_path

LIBRARY = Path(__file__).parents[2] / "workflow"


@stage
def copy(table: Input, result: Output, words: Sequence[str] = (), seed: int = 0) -> None:
    """Copy a table."""
    for word in words:
        print(word, file=sys.stderr)
    Path(result).write_bytes(Path(table).read_bytes())


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder to work in, with a table."""
    monkeypatch.chdir(tmp_path)
    for name in ("RANK", PLANNED, JOBS_FOLDER):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "stderr", sys.stderr)  # which --log replaces
    (tmp_path / "table").write_text("some rows")
    return tmp_path


def run_copy(*words):
    copy.run(["--table", "table", "--result", "result", *words])


@pytest.mark.parametrize("words", [[], ["--log", "log"]])
def test_without_provenance_no_record_is_written(folder, words):
    run_copy(*words)
    assert (folder / "result").read_text() == "some rows"
    assert not record_path("result").exists()


@stage
def warn(result: Output) -> None:
    """Warn of two kinds."""
    warnings.warn("picks are the lowest rows", SelectionWarning, stacklevel=1)
    warnings.warn("old function", UserWarning, stacklevel=1)
    Path(result).touch()


def test_warnings_of_strategies_are_notices(capsys):
    with pytest.warns(UserWarning) as others:
        warn.run(["--result", "result", "--log", "log"])
    assert [str(other.message) for other in others] == ["old function"]
    notice = "activepool: notice: picks are the lowest rows\n"
    assert capsys.readouterr().err == Path("log").read_text() == notice


@pytest.mark.parametrize("rank", [None, "0", "1"])
def test_with_provenance_the_first_process_writes_a_record(monkeypatch, rank):
    if rank is not None:
        monkeypatch.setenv("RANK", rank)
    run_copy("--provenance", '{"copy": "settings 1, code 2"}', "--seed", "4", "--log", "log")
    assert record_path("result").exists() == (rank != "1")
    assert Path("log").exists() == (rank != "1")
    if rank != "1":
        record = Record.read(record_path("result"))
        assert (record.stage, record.arguments) == ("copy", {"words": [], "seed": 4})
        assert record.depends_on == {"copy": "settings 1, code 2"}
        assert (list(record.inputs), list(record.outputs)) == (["table"], ["result"])


def test_a_stage_without_outputs_has_no_record(folder):
    @stage
    def look(table: Input) -> None:
        """Look at a table."""

    look.run(["--table", "table", "--provenance", "{}"])
    assert [path.name for path in folder.iterdir()] == ["table"]


def test_a_stage_that_was_not_planned_does_not_begin(monkeypatch, folder, capsys):
    monkeypatch.setenv(PLANNED, "copy: settings 1, code 3")
    with pytest.raises(SystemExit) as stopped:
        run_copy("--provenance", '{"copy": "settings 1, code 2"}')
    assert stopped.value.code == 2
    assert "not planned: copy: settings 1, code 2" in capsys.readouterr().err
    assert not (folder / "result").exists()


def test_the_work_is_announced_and_on_one_thread(monkeypatch, folder):
    facts = []

    @stage
    def look() -> None:
        """Look around."""
        facts.extend(
            (list((folder / "jobs").iterdir()), [library["num_threads"] for library in threadpool_info()])
        )

    monkeypatch.setenv(JOBS_FOLDER, str(folder / "jobs"))
    look.run([])
    announced, threads = facts
    assert len(announced) == 1 and announced[0].name.endswith(f"-{os.getpid()}")
    assert threads and set(threads) == {1}
    assert list((folder / "jobs").iterdir()) == []


def stopped_by(error, capsys):
    """Run a stage that raises ``error``, and return the status and the lines that it ends with."""

    @stage
    def fail() -> None:
        """Fail."""
        raise error

    with pytest.raises(SystemExit) as stopped:
        fail.run([])
    return stopped.value.code, capsys.readouterr().err.splitlines()


@pytest.mark.parametrize(
    ("error", "lines"),
    [
        (InputError("budget: 0 is too small"), ["budget: 0 is too small"]),
        (InputError("a.csv:2: one", "a.csv:3: two"), ["a.csv:2: one", "a.csv:3: two"]),
        (InputError("mine.py: two\nlines"), ["mine.py: two lines"]),
        (InputError("x" * 5000), ["x" * 5000]),
        (OSError(errno.EACCES, "Permission denied", "a.h5"), ["a.h5 cannot be used: Permission denied"]),
        (MemoryError("8 GiB for an array"), ["there is not enough memory (8 GiB for an array)"]),
        (MemoryError(), ["there is not enough memory (a part of the work)"]),
        (
            RuntimeError("CUDA out of memory. Tried to allocate 2 GiB\nSee the documentation"),
            [
                "there is not enough memory (CUDA out of memory. Tried to allocate 2 GiB); "
                "a smaller batch_size or image_size needs less"
            ],
        ),
        (
            UnicodeEncodeError("ascii", "käfer", 1, 2, "ordinal not in range"),
            [
                "'käfer' cannot be written in ascii, the encoding of this locale; "
                "set PYTHONUTF8=1, and run again"
            ],
        ),
    ],
)
def test_a_users_mistake_is_one_line(error, lines, capsys):
    assert stopped_by(error, capsys) == (2, [f"activepool: {line}" for line in lines])


def test_memory_that_pytorch_does_not_get_is_one_line(capsys):
    with pytest.raises(RuntimeError) as refused:
        torch.empty(10**15)
    _, (line,) = stopped_by(refused.value, capsys)
    assert line == (
        "activepool: there is not enough memory (DefaultCPUAllocator: can't allocate memory: you tried to "
        "allocate 4000000000000000 bytes. Error code 12 (Cannot allocate memory)); a smaller batch_size or "
        "image_size needs less"
    )


def test_ctrl_c_is_one_line(capsys):
    assert stopped_by(KeyboardInterrupt(), capsys) == (130, ["activepool: interrupted"])


def test_of_a_file_that_a_stage_has_made_the_line_says_what_to_do(folder, capsys):
    (folder / "provenance").mkdir()
    messages = [
        stopped_by(InputError(message), capsys)[1][0]
        for message in ("table: is cut", "table: is cut; delete it", "other: is cut")
    ]
    assert messages == [
        "activepool: table: is cut; delete the file, and run again",
        "activepool: table: is cut; delete it",
        "activepool: other: is cut",
    ]


@pytest.mark.parametrize("error", [OSError(errno.EIO, "Input/output error"), ZeroDivisionError()])
def test_an_unforeseen_error_keeps_its_traceback(error):
    @stage
    def fail() -> None:
        """Fail."""
        raise error

    with pytest.raises(type(error)):
        fail.run([])


def program(folder, name, text, *words):
    """Run a stage of a module of its own; return what it printed, and its status."""
    (folder / f"{name}.py").write_text(text)
    environment = os.environ | {"PYTHONPATH": f"{LIBRARY}:{folder}"}
    command = [sys.executable, "-m", name, *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


FULL_DISK = """
import errno
from activepool.programs.stage import Output, stage

@stage
def full(result: Output, code: str) -> None:
    raise OSError(getattr(errno, code), "Too much", result)

full.run()
"""


@pytest.mark.parametrize("code", ["ENOSPC", "EDQUOT", "EFBIG"])
def test_a_full_disk_is_one_line(folder, code):
    done = program(folder, "full", FULL_DISK, "--result", "a.h5", "--code", code, "--log", "log")
    line = "activepool: a.h5 cannot be written: Too much\n"
    assert (done.returncode, done.stdout, done.stderr) == (2, "", line)
    assert (folder / "log").read_text() == line


def test_a_log_has_the_messages_and_no_progress_bars(folder, capsys):
    words = ["a message", "\repoch 1 of 2", "\x1b[A", "another"]
    run_copy("--words", *words, "--log", "logs/deep/copy.log")
    assert capsys.readouterr().err == "".join(f"{word}\n" for word in words)
    assert [line for line in (folder / "logs/deep/copy.log").read_text().splitlines() if line] == [
        *("a message", "another")
    ]


def test_the_line_of_a_mistake_is_in_the_log(folder, capsys):
    with pytest.raises(SystemExit):
        copy.run(["--table", "none", "--result", "result", "--log", "log"])
    line = "activepool: none cannot be used: No such file or directory\n"
    assert capsys.readouterr().err == line
    assert (folder / "log").read_text() == line


TOGETHER = """
import os, sys, time
from pathlib import Path
from activepool.programs.stage import Output, stage

@stage(in_processes=True)
def together(result: Output) -> None:
    rank = os.environ.get("RANK")
    Path(f"{result}.{rank}").write_text(os.environ.get("WORLD_SIZE", "alone"))
    Path(result).touch()
    if rank == "1":
        while not Path(f"{result}.0").exists():
            time.sleep(0.01)
        sys.exit(7)

together.run()
"""


def test_processes_are_started_together_and_their_status_is_that_of_the_stage(folder):
    done = program(folder, "together", TOGETHER, "--processes", "2", "--result", "a", "--log", "log")
    assert done.returncode == 7, done.stderr
    assert {path.name: path.read_text() for path in folder.glob("a.*")} == {"a.0": "2", "a.1": "2"}


def test_one_process_is_the_stage_itself(folder):
    done = program(folder, "together", TOGETHER, "--processes", "1", "--result", "a")
    assert done.returncode == 0, done.stderr
    assert [path.name for path in folder.glob("a.*")] == ["a.None"]
    assert (folder / "a.None").read_text() == "alone"


@pytest.mark.parametrize("words", [["--processes", "0"], ["--processes", "two"]])
def test_a_wrong_number_of_processes_is_one_line(folder, words):
    done = program(folder, "together", TOGETHER, "--result", "a", *words)
    message = f"argument --processes: {words[1]!r} is not a whole number of at least 1"
    assert (done.returncode, done.stderr) == (2, f"activepool: together: {message}\n")


USERS_FILE = """
def halve(number=1):
    return divide(number, 0)

def divide(number, by):
    return number / by

def read():
    raise OSError("nothing to read")

def leave():
    raise SystemExit(0)
"""


@stage
def use(function: str) -> None:
    """Call a function of the user's file."""
    module = load_module("mine.py")
    getattr(module, function)()


@pytest.mark.parametrize(
    ("function", "line"),
    [
        ("halve", "mine.py:6: ZeroDivisionError: division by zero"),
        ("read", "mine.py:9: OSError: nothing to read"),
        ("leave", "mine.py:12: ends the program (SystemExit: 0)"),
    ],
)
def test_an_error_or_exit_in_a_users_file_is_one_line_and_its_traceback_is_in_the_log(
    folder, capsys, function, line
):
    (folder / "mine.py").write_text(USERS_FILE)
    with pytest.raises(SystemExit) as stopped:
        use.run(["--function", function, "--log", "log"])
    assert stopped.value.code == 2
    assert capsys.readouterr().err == f"activepool: {line}\n"
    first, *_, last = (folder / "log").read_text().splitlines()
    assert (first, last) == ("Traceback (most recent call last):", f"activepool: {line}")


def test_without_a_log_the_traceback_is_on_the_terminal(folder, capsys):
    (folder / "mine.py").write_text(USERS_FILE)
    with pytest.raises(SystemExit):
        use.run(["--function", "halve"])
    printed = capsys.readouterr().err
    assert printed.startswith("Traceback")
    assert printed.endswith("activepool: mine.py:6: ZeroDivisionError: division by zero\n")


@pytest.mark.parametrize("log", [["--log", "logs/copy.log"], ["--log=logs/copy.log"]])
def test_a_wrong_command_line_reaches_the_log(folder, capsys, log):
    with pytest.raises(SystemExit) as stopped:
        run_copy("--sed", "1", *log)
    assert stopped.value.code == 2
    assert (folder / "logs/copy.log").read_text() == capsys.readouterr().err
    assert "copy: unrecognized arguments: --sed 1" in (folder / "logs/copy.log").read_text()


def test_a_wrong_command_line_without_a_log_is_one_line(capsys):
    with pytest.raises(SystemExit):
        run_copy("--sed", "1", "--log")
    assert len(capsys.readouterr().err.splitlines()) == 1
