"""Records of how files were made, and the check of a tree against them."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Annotated, Any

import pytest

from activepool.compute.kernels import kernels
from activepool.errors import InputError
from activepool.io.files import write_json
from activepool.programs.command_line import CommandLine, input_files
from activepool.programs.stage import Earlier, Input, Json, Output
from activepool.programs.stage import stage as declared
from activepool.records.provenance import (
    Record,
    file_state,
    known_digests,
    record_path,
    require_as_written,
)
from activepool.records.verification import TEMPORARY, Allowances, verify
from activepool.stages.gather_scores import gather_scores
from activepool.stages.select import select

DEPENDS_ON = {"copy": "settings 1, code 2"}


@declared
def join(
    sources: list[Input],
    joined: Output,
    second: Output | None = None,
    more: Annotated[dict[str, Any] | None, Json(files=lambda content: content["files"])] = None,
    seed: int = 0,
) -> None:
    """Join files."""
    content = b"".join(Path(source).read_bytes() for source in sources)
    for output in map(Path, filter(None, (joined, second))):
        output.parent.mkdir(exist_ok=True)
        output.write_bytes(content)


@pytest.fixture
def stage(tmp_path, monkeypatch):
    """A function that runs the stage above, in tmp_path."""
    monkeypatch.chdir(tmp_path)
    return lambda *words: join.run(["--provenance", json.dumps(DEPENDS_ON), *words])


@pytest.fixture
def tree(stage, tmp_path):
    """A chain of two stages: results/a and results/b of given, results/deep/c of a."""
    (tmp_path / "given").write_text("some bytes")
    stage("--sources", "given", "--joined", "results/a", "--second", "results/b", "--seed", "3")
    stage("--sources", "results/a", "--joined", "results/deep/c", "--log", "results/logs/c.log")
    return tmp_path


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_record_tells_how_the_files_were_made(tree):
    record = Record.read(record_path("results/a"))
    assert record_path("results/a").as_posix() == "results/provenance/a.json"
    assert record.stage == "join"
    assert record.arguments == {"seed": 3}
    assert record.depends_on == DEPENDS_ON
    assert record.inputs == {"given": digest("some bytes")}
    assert record.outputs == {path: file_state(path) for path in ("results/a", "results/b")}
    assert {"python", "numpy", "torch"} <= set(record.versions)
    assert record.kernels == kernels()
    assert record.seconds >= 0
    assert 10 < record.peak_memory_mb < 1e5
    assert Record.read(record_path("results/deep/c")).arguments == {"seed": 0}


def test_the_memory_of_the_process_that_starts_a_stage_is_not_its_own():
    program = "from activepool.records.provenance import Stopwatch; print(Stopwatch().peak_memory_mb)"
    ballast = b"x" * 10**9
    peak = float(subprocess.check_output([sys.executable, "-c", program]))
    assert peak < len(ballast) / 2e6


def test_files_in_a_value_of_another_form_are_inputs_and_the_value_is_a_setting(stage, tmp_path):
    for name in ("given", "other"):
        (tmp_path / name).write_text(name)
    stage("--sources", "given", "--more", '{"files": ["other", "none"]}', "--joined", "a")
    record = Record.read(record_path("a"))
    assert record.inputs == {"given": digest("given"), "other": digest("other")}
    assert record.arguments["more"] == {"files": ["other", "none"]}


def test_what_was_precomputed_in_shards_is_an_input_of_its_gathering_and_then_of_the_selection(tmp_path):
    names = ("features", "validation", "labelled", "scores", "0-of-2", "1-of-2")
    files = {name: str(tmp_path / name) for name in names}
    for file in files.values():
        Path(file).touch()
    shards = [files["0-of-2"], files["1-of-2"]]
    given = CommandLine(gather_scores).parse_args(["--shards", *shards, "--scores", files["scores"]])
    assert input_files(gather_scores, given) == shards

    words = [word for name in names[:4] for word in (f"--{name}", files[name])]
    words += ["--strategy", "coreset", "--selected", "selected", "--labelled-with-picks", "next"]
    words += ["--seed", "0", "--round", "1", "--budget", "2"]
    given = CommandLine(select).parse_args(words)
    assert input_files(select, given) == [files[name] for name in names[:3]] + [files["scores"]]


def test_without_provenance_there_is_no_record(tmp_path, monkeypatch):
    (tmp_path / "given").touch()
    monkeypatch.chdir(tmp_path)
    join.run(["--sources", "given", "--joined", "a"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "given"]


def test_only_the_main_process_of_several_writes_a_record(stage, tmp_path, monkeypatch):
    (tmp_path / "given").touch()
    monkeypatch.setenv("RANK", "1")
    stage("--sources", "given", "--joined", "a")
    assert not record_path("a").exists()


def test_a_digest_comes_from_the_record_only_while_size_and_time_are_as_left(tree):
    path = tree / "results/a"
    state = path.stat()
    record = json.loads(record_path("results/a").read_text())
    record["outputs"]["results/a"]["sha256"] = "from the record"
    record_path("results/a").write_text(json.dumps(record))
    assert known_digests(["results/a"]) == {"results/a": "from the record"}
    path.write_text("more bytes")
    os.utime(path, ns=(0, state.st_mtime_ns + 1))
    assert known_digests(["results/a"]) == {"results/a": digest("more bytes")}
    path.write_text("other bytes")
    os.utime(path, ns=(0, state.st_mtime_ns))
    assert known_digests(["results/a"]) == {"results/a": digest("other bytes")}


@pytest.mark.parametrize(
    ("content", "how"),
    [
        ("SOME bytes", "has changed since"),
        ("some byt", "was cut or written again, 8 instead of 10 bytes, since"),
        ("", "was cut or written again, 0 instead of 10 bytes, since"),
        ("some bytes and more", "has changed since"),
    ],
)
def test_a_file_that_is_not_as_its_stage_wrote_it_stops_the_stage_that_reads_it(
    tree, stage, capsys, content, how
):
    Path("results/a").write_text(content)
    with pytest.raises(SystemExit) as ended:
        stage("--sources", "given", "results/a", "--joined", "results/d")
    assert ended.value.code == 2
    line = f"activepool: results/a: {how} stage 'join' wrote it \\(.*\\); delete the file, and run again\n"
    assert re.fullmatch(line, capsys.readouterr().err)
    assert not Path("results/d").exists()


def test_all_changed_files_are_named(tree, stage, capsys):
    for name in ("results/a", "results/b"):
        Path(name).write_text("others")
    with pytest.raises(SystemExit):
        stage("--sources", "results/a", "results/b", "--joined", "results/d")
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[1] for line in lines] == ["results/a", "results/b"]


def test_a_file_of_an_earlier_run_is_compared_as_well(tree, capsys):
    @declared
    def extend(joined: Output, earlier: Earlier | None = None) -> None:
        """Extend an earlier file."""
        Path(joined).write_text("new")

    Path("results/a").write_text("SOME bytes")
    with pytest.raises(SystemExit):
        extend.run(
            ["--provenance", json.dumps(DEPENDS_ON), "--joined", "results/d", "--earlier", "results/a"]
        )
    assert capsys.readouterr().err.startswith("activepool: results/a: has changed since stage 'join' wrote")
    assert not Path("results/d").exists()


def test_files_that_were_copied_or_written_again_with_the_same_bytes_have_not_changed(tree, stage):
    os.utime("results/a", ns=(0, 0))
    Path("given").write_text("the user's own, in other words")
    stage("--sources", "given", "results/a", "--joined", "results/d")
    assert Path("results/d").read_text() == "the user's own, in other wordssome bytes"


def test_of_two_records_of_a_file_the_one_that_fits_counts(tree, stage):
    shutil.copy(record_path("results/a"), record_path("results/z"))
    Path("given").write_text("newer")
    stage("--sources", "given", "--joined", "results/a", "--second", "results/b")
    stage("--sources", "results/a", "--joined", "results/d")
    assert Path("results/d").read_text() == "newer"


def test_an_unreadable_record_does_not_stop_a_stage(tree, stage):
    record_path("results/a").write_text("{")
    stage("--sources", "results/a", "--joined", "results/d")
    assert Record.read(record_path("results/d")).inputs == {"results/a": digest("some bytes")}


def test_a_tree_as_it_was_left_fits(tree):
    assert (tree / "results/logs/c.log").is_file()
    for name in ("deep/.c.1.partial", "deep/weights.state"):
        (tree / "results" / name).touch()
    findings = verify("results")
    assert findings.misfits == []
    assert findings.verified == 3


def test_a_moved_tree_fits(tree, monkeypatch):
    shutil.copytree(tree, tree / "elsewhere", copy_function=shutil.copyfile)
    monkeypatch.chdir(tree / "elsewhere")
    assert verify("results").misfits == []


def cut(folder):
    (folder / "results/deep/c").write_text("some")


def edit(folder):
    path = folder / "results/a"
    state = path.stat()
    path.write_text("same bytes")
    os.utime(path, ns=(0, state.st_mtime_ns))


def lose(folder):
    (folder / "results/b").unlink()


def give_another(folder):
    (folder / "given").write_text("other")


def add(folder):
    (folder / "results/deep/d").touch()


def spoil_the_record(folder):
    (folder / "results/deep/provenance/c.json").write_text('{"stage": 1}')


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (cut, ["results/deep/c: was cut or written again, 4 instead of 10 bytes, since stage"]),
        (edit, ["results/a: has changed since stage", "results/deep/c: made from another results/a"]),
        (lose, ["results/b: is missing, although other files of its stage"]),
        (give_another, ["results/a: made from another given than the one that is there"]),
        (add, ["results/deep/d: no record says how it was made"]),
        (
            spoil_the_record,
            ["results/deep/provenance/c.json: not a record", "results/deep/c: no record says"],
        ),
    ],
)
def test_what_does_not_fit_is_named(tree, damage, words):
    damage(tree)
    misfits = verify("results").misfits
    assert len(misfits) == len(words)
    for misfit, expected in zip(misfits, words, strict=True):
        assert misfit.startswith(expected)


@pytest.mark.parametrize(
    ("damage", "remedies"),
    [
        (cut, ["delete the file, and run again"]),
        (edit, ["delete the file, and run again", "delete results/deep/c first"]),
        (lose, ["run again to make it"]),
        (add, ["delete it, or move it elsewhere"]),
    ],
)
def test_what_does_not_fit_gets_its_remedy(tree, damage, remedies):
    damage(tree)
    for misfit, remedy in zip(verify("results").misfits, remedies, strict=True):
        assert misfit.endswith(f"; {remedy}") or misfit.endswith(f", {remedy}")


def test_each_record_is_read_once_for_all_files(tree, stage, monkeypatch):
    read, counted = Record.read, []
    monkeypatch.setattr(Record, "read", lambda path: counted.append(path) or read(path))
    assert known_digests(["results/a", "results/b"]) == {
        f"results/{name}": digest(Path(f"results/{name}").read_text()) for name in "ab"
    }
    require_as_written(["results/a", "results/b"])
    assert counted == [record_path("results/a")] * 2


def test_many_files_of_another_input_are_one_line(tree, stage):
    stage("--sources", "results/a", "--joined", "results/d")
    edit(tree)
    assert verify("results").misfits[1].startswith("results/deep/c and 1 more: made from another results/a")


def test_files_of_different_kernels_fit_and_are_told(tree, stage, monkeypatch):
    assert verify("results").mixtures == []
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Other")
    stage("--sources", "results/a", "--joined", "results/d")
    findings = verify("results")
    assert len(findings.mixtures) == 1
    assert "kernels, environment variables: " in findings.mixtures[0]
    assert "OPENBLAS_CORETYPE=Other" in findings.mixtures[0]
    assert "(1, such as results/d)" in findings.mixtures[0]


def test_a_record_from_before_kernels_were_recorded_is_read(tree):
    path = record_path("results/a")
    content = json.loads(path.read_text())
    del content["kernels"]
    path.write_text(json.dumps(content))
    findings = verify("results")
    assert (findings.verified, findings.misfits, findings.mixtures) == (3, [], [])


def test_temporary_files_may_be_gone_and_what_was_made_of_them_fits(tree):
    (tree / "results/a").unlink()
    (tree / "results/b").unlink()
    findings = verify("results", Allowances(temporary=("results/?",)))
    assert (findings.verified, findings.misfits) == (1, [])


def test_files_that_are_lost_are_named_one_by_one(tree):
    (tree / "results/a").unlink()
    (tree / "results/b").unlink()
    findings = verify("results")
    made = Record.read(record_path("results/a")).started
    assert findings.verified == 1
    assert findings.misfits == [
        f"{path}: is missing; stage 'join' made it ({made}); make it again, or delete "
        "results/provenance/a.json"
        for path in ("results/a", "results/b")
    ]


def test_what_people_may_delete_is_no_problem_but_is_named(tree):
    allowed = Allowances(dispensable=("results/?",))
    (tree / "results/b").unlink()
    findings = verify("results", allowed)
    assert (findings.verified, findings.misfits, findings.gone) == (2, [], ["results/b"])
    (tree / "results/a").unlink()
    findings = verify("results", allowed)
    assert (findings.verified, findings.misfits, findings.gone) == (1, [], ["results/a", "results/b"])
    (tree / "results/deep/c").write_bytes(b"another")
    assert len(verify("results", allowed).misfits) == 1


def test_all_temporary_files_of_the_rules_may_be_gone():
    rules = Path(__file__).parents[2].glob("workflow/rules/*.smk")
    temporary = [
        path
        for file in rules
        for path in re.findall(r'temp\(\s*f?"([^"]+)"', file.read_text(encoding="utf-8"))
    ]
    assert len(temporary) == 4
    for path in temporary:
        name = re.sub(r"\{+\w+\}+", "0", path.replace("{ROUND}", "results/e/random/seed0/round01"))
        assert any(fnmatchcase(name, pattern) for pattern in TEMPORARY), path


def test_what_no_stage_makes_is_no_problem_if_it_is_allowed(tree):
    for name in ("deep/d", "e"):
        (tree / "results" / name).touch()
    findings = verify("results", Allowances(unrecorded=("*/deep/?",), ignored=("*/e",)))
    assert (findings.misfits, findings.unrecorded) == ([], ["results/deep/d"])
    assert len(verify("results").misfits) == 2


def test_inputs_that_may_change_are_no_problem(tree):
    give_another(tree)
    assert verify("results", Allowances(changing={"join": "g*"})).misfits == []
    edit(tree)
    misfits = verify("results", Allowances(changing={"join": "g*"})).misfits
    assert [line.partition(": ")[0] for line in misfits] == ["results/a", "results/deep/c"]
    assert len(verify("results", Allowances(changing={"join": "*"})).misfits) == 1
    assert len(verify("results", Allowances(changing={"other": "*"})).misfits) == 3


def test_files_made_on_request_may_be_older_than_their_inputs_and_are_named(tree):
    allowed = Allowances(requested=("join",))
    assert verify("results", allowed).outdated == []
    give_another(tree)
    findings = verify("results", allowed)
    assert findings.misfits == []
    line = "results/a: made from another given than the one that is there"
    assert findings.outdated == [line]
    edit(tree)
    assert len(verify("results", allowed).misfits) == 1


def test_no_folder_is_a_clear_error(tmp_path):
    with pytest.raises(InputError, match="nothing: there is no such folder"):
        verify(tmp_path / "nothing")


@pytest.mark.parametrize(
    ("key", "value"),
    [("inputs", None), ("inputs", [1]), ("kernels", "a"), ("outputs", {"a": {}}), ("outputs", [])],
)
def test_a_record_with_parts_of_other_types_is_told(tmp_path, key, value):
    state = {"sha256": "0", "size": 1, "modified": 2}
    content = {"stage": "a", "arguments": {}, "depends_on": {}, "inputs": {}, "outputs": {"x": state}}
    content |= {"versions": {}, "kernels": {}, "started": "", "seconds": 1.0, "peak_memory_mb": 1.0}
    write_json(tmp_path / "x.json", content)
    assert Record.read(tmp_path / "x.json").outputs["x"].size == 1
    for changed in ({key: value}, {"outputs": {"x": state | {"size": "1"}}}):
        write_json(tmp_path / "x.json", content | changed)
        with pytest.raises(InputError, match=r"x.json: not a record of activepool"):
            Record.read(tmp_path / "x.json")
