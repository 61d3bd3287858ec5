"""Records of how files were made, and what stages do with them."""

import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from records.recorded import DEPENDS_ON, join

from activepool.compute.kernels import kernels
from activepool.errors import InputError
from activepool.io.files import write_json
from activepool.programs.command_line import CommandLine, input_files
from activepool.programs.stage import Earlier, Output
from activepool.programs.stage import stage as declared
from activepool.records.provenance import (
    Record,
    file_state,
    input_digests,
    record_path,
    records_beside,
)
from activepool.stages.gather_scores import gather_scores
from activepool.stages.select import select


def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def digests_of(*paths):
    return input_digests(paths, records_beside(paths))


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
    program = "from activepool.records.provenance import peak_memory_mb; print(peak_memory_mb())"
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
    arguments = CommandLine(gather_scores).parse_args(["--shards", *shards, "--scores", files["scores"]])
    assert input_files(gather_scores, arguments) == shards

    words = [word for name in names[:4] for word in (f"--{name}", files[name])]
    words += ["--strategy", "coreset", "--selected", "selected", "--labelled-with-picks", "next"]
    words += ["--seed", "0", "--round", "1", "--budget", "2"]
    arguments = CommandLine(select).parse_args(words)
    assert input_files(select, arguments) == [files[name] for name in names[:3]] + [files["scores"]]


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
    assert digests_of("results/a") == {"results/a": "from the record"}
    path.write_text("more bytes")
    os.utime(path, ns=(0, state.st_mtime_ns + 1))
    assert digests_of("results/a") == {"results/a": digest("more bytes")}
    path.write_text("other bytes")
    os.utime(path, ns=(0, state.st_mtime_ns))
    assert digests_of("results/a") == {"results/a": digest("other bytes")}


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


def test_a_stage_reads_each_record_beside_its_inputs_once(tree, stage, monkeypatch):
    read, paths = Record.read, []
    monkeypatch.setattr(Record, "read", lambda path: paths.append(path) or read(path))
    stage("--sources", "results/a", "results/b", "--joined", "other/d")
    assert paths == [record_path("results/a")]
    assert read(record_path("other/d")).inputs == {
        f"results/{name}": digest(Path(f"results/{name}").read_text()) for name in "ab"
    }


@pytest.mark.parametrize(
    ("key", "value"),
    [("inputs", None), ("inputs", [1]), ("kernels", "a"), ("outputs", {"a": {}}), ("outputs", [])],
)
def test_a_record_with_values_of_wrong_types_is_reported(tmp_path, key, value):
    state = {"sha256": "0", "size": 1, "modified": 2}
    content = {"stage": "a", "arguments": {}, "depends_on": {}, "inputs": {}, "outputs": {"x": state}}
    content |= {"versions": {}, "kernels": {}, "started": "", "seconds": 1.0, "peak_memory_mb": 1.0}
    write_json(tmp_path / "x.json", content)
    assert Record.read(tmp_path / "x.json").outputs["x"].size == 1
    for changed in ({key: value}, {"outputs": {"x": state | {"size": "1"}}}):
        write_json(tmp_path / "x.json", content | changed)
        with pytest.raises(InputError, match=r"x.json: not a record of activepool"):
            Record.read(tmp_path / "x.json")
